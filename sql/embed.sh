#!/bin/sh
# Prints the given .sql files as C strings, sql_<base name>, for inclusion by the program that runs them.
set -eu
for file in "$@"; do
	name=$(basename "$file" .sql)
	printf '__attribute__((unused)) static const char sql_%s[] =\n' "$name"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^.*$/\t"&\\n"/' "$file"
	printf '\t"";\n\n'
done
