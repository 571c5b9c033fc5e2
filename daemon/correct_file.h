/*
 * correct_file: a file of corrections (candle_line), whole in memory, in the order of its candles, or told line by line what is wrong with it.
 *
 * Plain, .gz or .zip. At most CORRECT_LINES_MAX candles. main's thread of pricegraphctl; blocks on the disk.
 */
#pragma once
#include "candle_line.h"

#define CORRECT_LINES_MAX 1000000

struct correct_line {
	int64_t number; /* in the file, from 1 */
	struct candle_line is;
};

struct correct_file {
	const char *path;           /* lent */
	struct correct_line *lines; /* by level and time */
	size_t count, room;
	int64_t wrong; /* lines told of */
};

/* Reads all of it. Each wrong line is told to stderr ("file:7: reason"), also a candle given twice. -1: it can't be read, or lines were wrong;
 * what is there is to be freed in any case. `level`: of lines without an interval. */
must_check int correct_file_read(
	struct correct_file *f, const char *path, enum ladder level, struct err *e);
void correct_file_done(struct correct_file *f);
/* Tells of one more wrong line. */
void correct_file_tell(struct correct_file *f, int64_t number, const char *reason);
