#include "log_line.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *log_line_level_name(int level)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	return names[level];
}

void log_line_fill(struct log_line *l, const char *event, const char *format, va_list args)
{
	int n = snprintf(l->text, sizeof(l->text), "%s%s", event, *format ? " " : "");

	if (n >= 0 && (size_t)n < sizeof(l->text))
		vsnprintf(l->text + n, sizeof(l->text) - (size_t)n, format, args);
}

static size_t print_head(const struct log_line *l, const char *program, bool journald, char *out)
{
	static const int priority[] = {3, 4, 6, 7}; /* syslog's */
	const char *level = log_line_level_name(l->level);
	time_t seconds = (time_t)(l->wall_us / 1000000);
	struct tm tm;
	char date[32];
	int n;

	if (journald) {
		n = snprintf(
			out, LOG_LINE_SIZE, "<%d>%s %s ", priority[l->level], level, l->thread);
		return (size_t)n;
	}
	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(out, LOG_LINE_SIZE, "%s.%06dZ %.*s[%d] %s %s ", date,
		(int)(l->wall_us % 1000000), LOG_NAME_SIZE, program, (int)getpid(), level,
		l->thread);
	return (size_t)n;
}

size_t log_line_print(
	const struct log_line *l, const char *program, bool journald, char out[LOG_LINE_SIZE])
{
	size_t n = print_head(l, program, journald, out);

	for (const char *p = l->text; *p && n < LOG_LINE_SIZE - 6; p++) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c != 0x7f)
			out[n++] = *p;
		else if (c == '\n')
			n += (size_t)snprintf(out + n, LOG_LINE_SIZE - n, "\\n");
		else
			n += (size_t)snprintf(out + n, LOG_LINE_SIZE - n, "\\x%02x", c);
	}
	out[n++] = '\n';
	return n;
}
