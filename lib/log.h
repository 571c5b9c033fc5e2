/*
 * log: one event is one line; one thread writes; callers never wait.
 *
 * A line: level, thread, event, key=value... Callers format into a bounded queue (its
 * maximum in lines is a setting); when it is full the line is dropped and counted, and
 * the count is logged once there is room. Sinks, each with a level of its own: stderr (journald's <N> prefix when
 * JOURNAL_STREAM is set), a file (append, one write(2) a line, so that lines of several
 * processes never mix) and syslog (RFC 3164 or 5424 into a Unix socket). A stuck sink drops for itself only, and the others
 * are told of it. Repeats of one event are rate-limited
 * with a count.
 *
 * Any thread may call log_*; log_start and log_stop belong to main. Before log_start and
 * after log_stop lines go straight to stderr.
 */
#pragma once
#include "err.h"
#include "settings.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

must_check int log_start(const struct settings *s, const char *program, struct err *e);
/* Writes what is queued (at most 2 s), joins the thread. */
void log_stop(void);
/* The file sink opens its path anew within a second, after a rotation, and syslog is connected anew. Safe in a signal handler. */
void log_reopen(void);
/* Names the calling thread in its lines (at most 15 bytes; also the kernel's thread name). */
void log_thread_name(const char *name);
/* `event` is a stable identifier ("feed_connected"); `format` gives " key=value" pairs,
 * printf-style. Values that may hold blanks: quote with \"%s\"; newlines are escaped by the writer.
 */
void log_event(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Lines dropped so far because the queue or a sink was full. */
unsigned long log_dropped(void);

#define log_error(event, ...) log_event(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) log_event(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...) log_event(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_event(LOG_DEBUG, event, __VA_ARGS__)
