#!/bin/sh
# Prints the given .json files, which hold one JSON schema each, as one C string: the members of an object, by base name.
set -eu
printf 'static const char chart_schemas[] =\n'
separator=
for file in "$@"; do
	printf '\t"%s\\"%s\\":"\n' "$separator" "$(basename "$file" .json)"
	sed -e 's/^[	 ]*//' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^.*$/\t"&"/' "$file"
	separator=,
done
printf '\t"";\n'
