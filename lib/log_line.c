#include "log_line.h"
#include "clock.h"
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

void log_line_own(struct log_line *l, int level, const char *event, const char *format, ...)
{
	va_list args;

	l->wall_us = clock_wall_us();
	l->level = level;
	snprintf(l->thread, sizeof(l->thread), "log");
	va_start(args, format);
	log_line_fill(l, event, format, args);
	va_end(args);
}

int log_line_facility(const char *name)
{
	if (strcmp(name, "user") == 0)
		return 1;
	if (strcmp(name, "daemon") == 0)
		return 3;
	if (strncmp(name, "local", 5) == 0 && name[5] >= '0' && name[5] <= '7' && !name[6])
		return 16 + name[5] - '0';
	return -1;
}

static size_t print_time(const struct log_line *l, char *out, size_t size)
{
	time_t seconds = (time_t)(l->wall_us / 1000000);
	struct tm tm;
	char date[32];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	return (size_t)snprintf(out, size, "%s.%06dZ", date, (int)(l->wall_us % 1000000));
}

/* "Mmm dd hh:mm:ss", in English and local time, as RFC 3164 section 4.1.2 wants it. */
static size_t print_old_time(const struct log_line *l, char *out, size_t size)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(l->wall_us / 1000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return (size_t)snprintf(out, size, "%s %2d %02d:%02d:%02d", months[tm.tm_mon], tm.tm_mday,
		tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The event is the message's type: MSGID is at most 32 visible ASCII characters, which an event is. */
static size_t print_rfc5424(
	const struct log_line *l, const struct log_writer *by, int priority, char *out)
{
	char time[48], host[256] = "-";
	int event = (int)strcspn(l->text, " ");

	print_time(l, time, sizeof(time));
	if (gethostname(host, sizeof(host) - 1) != 0 || !*host)
		snprintf(host, sizeof(host), "-");
	if (event > 32)
		event = 32;
	return (size_t)snprintf(out, LOG_LINE_SIZE, "<%d>1 %s %s pricegraph-%s %d %.*s - %s %s ",
		priority, time, host, by->program, (int)getpid(), event, l->text,
		log_line_level_name(l->level), l->thread);
}

static size_t print_head(
	const struct log_line *l, const struct log_writer *by, enum log_form form, char *out)
{
	static const int severity[] = {3, 4, 6, 7}; /* syslog's */
	const char *level = log_line_level_name(l->level);
	int priority = by->facility * 8 + severity[l->level];
	char time[48];

	switch (form) {
	case LOG_JOURNALD:
		return (size_t)snprintf(
			out, LOG_LINE_SIZE, "<%d>%s %s ", severity[l->level], level, l->thread);
	case LOG_RFC3164:
		print_old_time(l, time, sizeof(time));
		return (size_t)snprintf(out, LOG_LINE_SIZE, "<%d>%s pricegraph-%s[%d]: %s %s ",
			priority, time, by->program, (int)getpid(), level, l->thread);
	case LOG_RFC5424:
		return print_rfc5424(l, by, priority, out);
	case LOG_PLAIN:
		break;
	}
	print_time(l, time, sizeof(time));
	return (size_t)snprintf(out, LOG_LINE_SIZE, "%s %s[%d] %s %s ", time, by->program,
		(int)getpid(), level, l->thread);
}

size_t log_line_print(const struct log_line *l, const struct log_writer *by, enum log_form form,
	char out[LOG_LINE_SIZE])
{
	size_t n = print_head(l, by, form, out);

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
