/*
 * log_sinks: the sinks of a process and their levels; every line goes to those that want it.
 *
 * A stuck sink drops for itself only; when it takes lines again it is told how many it missed, and meanwhile the others
 * are. Counted by sink as metrics. Owned by the logging thread between init and done.
 */
#pragma once
#include "log_line.h"
#include "settings.h"

#define LOG_SINKS_MAX 3 /* file, syslog, stderr */

struct log_sinks {
	struct log_sink all[LOG_SINKS_MAX];
	int count;
	char *path, *socket; /* that sinks borrow */
	struct log_writer writer;
};

/* Opens what section [log] asks for. -1: `e` says why; to be given to log_sinks_done as well. */
must_check int log_sinks_init(
	struct log_sinks *k, const struct settings *s, const char *program, struct err *e);
void log_sinks_done(struct log_sinks *k); /* `writer` stays */
/* The least urgent level that any of them wants (enum log_level). */
int log_sinks_level(const struct log_sinks *k);
/* Returns how many sinks dropped it. */
unsigned long log_sinks_write(struct log_sinks *k, const struct log_line *l);
/* Tells each sink that takes lines again what it missed, and the others of one that drops. */
void log_sinks_tell(struct log_sinks *k);
void log_sinks_reopen(struct log_sinks *k);
/* Lines that never came to a sink: the queue was full. Any thread. */
void log_sinks_count_refused(int64_t lines);
