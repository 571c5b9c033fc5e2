/*
 * log_line: one event on its way to the sinks, and its form as text. Passive values, any thread.
 */
#pragma once
#include "log_sink.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_TEXT_SIZE 1200
#define LOG_NAME_SIZE 32

struct log_line {
	int64_t wall_us;
	int level; /* enum log_level */
	char thread[16];
	char text[LOG_TEXT_SIZE]; /* event and pairs, not yet escaped */
};

/* Who writes: what all lines of a process share. */
struct log_writer {
	char program[LOG_NAME_SIZE]; /* "collector" */
	int facility;                /* syslog's: 3 = daemon, 16 = local0; RFC 5424 section 6.2.1 */
};

/* "error" "warn" "info" "debug" */
const char *log_line_level_name(int level);
/* "event pairs", cut to fit. */
void log_line_fill(struct log_line *l, const char *event, const char *format, va_list args);
/* A line of the logging thread's own. */
void log_line_own(struct log_line *l, int level, const char *event, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Writes the line as the sink wants it, control characters escaped, ended by '\n'. Returns its
 * length. */
size_t log_line_print(const struct log_line *l, const struct log_writer *by, enum log_form form,
	char out[LOG_LINE_SIZE]);
/* syslog's number of "daemon", "user" or "local0" to "local7"; -1: another name. */
int log_line_facility(const char *name);
