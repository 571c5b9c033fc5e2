/*
 * log_sink: one place that log lines go to, which never blocks its writer.
 *
 * stderr is written through an own non-blocking description, or by poll where there can't be one:
 * the flag of the shared description is not ours to change. A line that does not fit is dropped and
 * counted; the first time, the sink is given LOG_SINK_GRACE_MS to take it, then no more until it
 * has taken a line again. When it takes lines again, it is told how many it missed. Owned by the
 * logging thread between open and close.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>

/* Of a whole line; below PIPE_BUF, so that a pipe takes it whole or not at all. */
#define LOG_LINE_SIZE 1536
#define LOG_SINK_GRACE_MS 20

struct log_sink {
	int fd;           /* -1: closed */
	bool by_poll;     /* `fd` blocks: ask before each write */
	bool journald;    /* wants <level> before the line instead of the time */
	const char *path; /* of a file, lent; NULL: stderr */
	bool stuck;
	unsigned long dropped, told; /* lines not taken; of them already told to the sink */
	char rest[LOG_LINE_SIZE];    /* what a partial write left over */
	size_t rest_len;
};

/* Standard error; NULL environment JOURNAL_STREAM = not journald. Always succeeds. */
void log_sink_open_stderr(struct log_sink *s);
/* Appends to `path` (lent), made with mode 0640 if absent. -1: `e` names it. */
must_check int log_sink_open_file(struct log_sink *s, const char *path, struct err *e);
void log_sink_close(struct log_sink *s);
/* Opens the file's path anew; keeps the old one if that fails. */
void log_sink_reopen(struct log_sink *s);
/* Writes one whole line, '\n' included, or drops and counts it. False: dropped. Waits at most the
 * grace. */
bool log_sink_write(struct log_sink *s, const char *line, size_t len);
