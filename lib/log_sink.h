/*
 * log_sink: one place that log lines go to, which never blocks its writer.
 *
 * stderr is written through an own non-blocking description, or by poll where there can't be one:
 * the flag of the shared description is not ours to change. syslog is a Unix socket (/dev/log), datagrams
 * or a stream as its server likes; where nobody listens it is tried again once a second. A line that does not fit is dropped and
 * counted; the first time, the sink is given LOG_SINK_GRACE_MS to take it, then no more until it
 * has taken a line again. When it takes lines again, it is told how many it missed. Owned by the
 * logging thread between open and close.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a whole line; below PIPE_BUF, so that a pipe takes it whole or not at all. */
#define LOG_LINE_SIZE 1536
#define LOG_SINK_GRACE_MS 20

/* How a line looks to the sink. */
enum log_form {
	LOG_PLAIN,    /* time program[pid] level thread event pairs */
	LOG_JOURNALD, /* <priority>level thread event pairs; sd-daemon(3) */
	LOG_RFC3164,  /* as syslog(3) writes it to /dev/log: local time, no host */
	LOG_RFC5424,
};

struct log_sink {
	const char *name; /* "stderr", "file" or "syslog" */
	int fd;           /* -1: closed */
	int level;        /* enum log_level; less urgent lines are not for this sink */
	enum log_form form;
	bool by_poll;     /* `fd` blocks: ask before each write */
	const char *path; /* of a file or of syslog's socket, lent; NULL: stderr */
	bool is_syslog;
	bool is_stream;      /* of syslog */
	int64_t retry_at_us; /* of syslog; monotonic: when connecting is tried next */
	bool stuck;
	unsigned long dropped, told; /* lines not taken; of them already told to the sink */
	unsigned long reported;      /* of them already told to the other sinks */
	char rest[LOG_LINE_SIZE];    /* what a partial write left over */
	size_t rest_len;
};

/* Standard error; NULL environment JOURNAL_STREAM = not journald. Always succeeds. */
void log_sink_open_stderr(struct log_sink *s);
/* Appends to `path` (lent), made with mode 0640 if absent. -1: `e` names it. */
must_check int log_sink_open_file(struct log_sink *s, const char *path, struct err *e);
/* The Unix socket at `path` (lent). Nobody has to listen there yet. -1: no socket can have this path. */
must_check int log_sink_open_syslog(
	struct log_sink *s, const char *path, enum log_form form, struct err *e);
void log_sink_close(struct log_sink *s);
/* Opens the file's path anew, keeps the old one if that fails; connects syslog anew with the next line. */
void log_sink_reopen(struct log_sink *s);
/* Writes one whole line, '\n' included, or drops and counts it. False: dropped. Waits at most the
 * grace. */
bool log_sink_write(struct log_sink *s, const char *line, size_t len);
