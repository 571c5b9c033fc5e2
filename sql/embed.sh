#!/bin/sh
# Prints the given .sql files as C strings, sql_<base name>, for inclusion by the program that runs them. With -t first: also as one table,
# sql_files, in the order given, ended by a row of NULL.
set -eu
table=
if [ "${1:-}" = -t ]; then
	table=yes
	shift
fi
for file in "$@"; do
	name=$(basename "$file" .sql)
	printf '__attribute__((unused)) static const char sql_%s[] =\n' "$name"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^.*$/\t"&\\n"/' "$file"
	printf '\t"";\n\n'
done
if [ -n "$table" ]; then
	printf 'static const struct sql_file {\n\tconst char *name, *sql;\n} sql_files[] = {\n'
	for file in "$@"; do
		name=$(basename "$file" .sql)
		printf '\t{"%s", sql_%s},\n' "$name" "$name"
	done
	printf '\t{0, 0},\n};\n'
fi
