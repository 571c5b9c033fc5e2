/*
 * inifile: walks an ini file (libinih) and names the line of what is wrong in it.
 *
 * " ;" begins a comment, also behind a value; an indented line goes on with the key above it. A
 * line holds at most INIFILE_LINE_BYTES_MAX bytes. Main's thread, at start and reload: libinih's
 * options are globals.
 */
#pragma once
#include "err.h"
#include <stdbool.h>

#define INIFILE_LINE_BYTES_MAX 65000

struct inifile_line {
	const char *section, *key, *text; /* lent for the call */
	int number;                       /* of the line, from 1 */
	bool further;                     /* an indented line behind `key` */
};

/* Takes one line; -1 with `e` ends the walk. */
typedef int inifile_take(void *arg, const struct inifile_line *line, struct err *e);

/* Calls `take` for each key in order. -1: `e` is "path:line: reason", or "path: reason" if the file
 * can't be read. */
must_check int inifile_read(const char *path, inifile_take *take, void *arg, struct err *e);
