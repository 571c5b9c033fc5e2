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

/* "error" "warn" "info" "debug" */
const char *log_line_level_name(int level);
/* "event pairs", cut to fit. */
void log_line_fill(struct log_line *l, const char *event, const char *format, va_list args);
/* Writes the line as the sink wants it, control characters escaped, ended by '\n'. Returns its
 * length. */
size_t log_line_print(
	const struct log_line *l, const char *program, bool journald, char out[LOG_LINE_SIZE]);
