/*
 * archive_rows: the rows of a file of the exchange's archive, each checked; a header line is passed over, what is wrong is told with file and
 * line and passed over too. One owning thread.
 */
#pragma once
#include "archive_file.h"
#include "history_row.h"

struct archive_rows {
	const char *path; /* lent */
	struct given_kind kind;
	int64_t before_us; /* what is later has not come, or is not over */
	struct archive_file *file;
	struct history_text columns[HISTORY_COLUMNS_MAX];
	int64_t wrong; /* lines */
	void (*tell)(const char *path, int64_t line, const char *reason);
};

/* 1: the next row, lent until the next call; 0: the end; -1: the file can't be read on. */
must_check int archive_rows_next(struct archive_rows *a, struct history_row *row, struct err *e);
