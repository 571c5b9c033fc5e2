#include "log_sinks.h"
#include "metrics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS 4
#define WARN 1

METRIC_COUNTERS(metric_lines, "pricegraph_log_lines_total", "Log lines written, by sink.", "sink",
	LOG_SINKS_MAX);
METRIC_COUNTERS(metric_dropped, "pricegraph_log_dropped_total",
	"Log lines dropped because the queue was full or the sink did not take them.", "sink",
	LOG_SINKS_MAX + 1);

static int level_of(const char *name)
{
	int level = 0;

	while (level < LEVELS - 1 && strcmp(log_line_level_name(level), name) != 0)
		level++;
	return level;
}

/* The sink just opened is in use from now on, with its own level or the common one. */
static void add(struct log_sinks *k, const struct settings *s, const char *level_key)
{
	const char *level = settings_text(s, "log", level_key);

	if (strcmp(level, "same") == 0)
		level = settings_text(s, "log", "level");
	k->all[k->count++].level = level_of(level);
}

static int copy_text(char **to, const char *text, struct err *e)
{
	*to = strdup(text);
	return *to ? 0 : err_set(e, "no memory");
}

static int add_file(struct log_sinks *k, const struct settings *s, struct err *e)
{
	if (copy_text(&k->path, settings_text(s, "log", "file"), e) < 0 ||
		log_sink_open_file(&k->all[k->count], k->path, e) < 0)
		return -1;
	add(k, s, "file_level");
	return 0;
}

static int add_syslog(struct log_sinks *k, const struct settings *s, struct err *e)
{
	bool old = strcmp(settings_text(s, "log", "syslog_format"), "rfc3164") == 0;

	if (copy_text(&k->socket, settings_text(s, "log", "syslog"), e) < 0)
		return -1;
	if (log_sink_open_syslog(&k->all[k->count], k->socket, old ? LOG_RFC3164 : LOG_RFC5424, e) <
		0)
		return -1;
	add(k, s, "syslog_level");
	return 0;
}

int log_sinks_init(
	struct log_sinks *k, const struct settings *s, const char *program, struct err *e)
{
	*k = (struct log_sinks){
		.writer.facility = log_line_facility(settings_text(s, "log", "syslog_facility"))};
	snprintf(k->writer.program, sizeof(k->writer.program), "%s", program);
	if (*settings_text(s, "log", "file") && add_file(k, s, e) < 0)
		return -1;
	if (*settings_text(s, "log", "syslog") && add_syslog(k, s, e) < 0)
		return -1;
	if (settings_bool(s, "log", "stderr")) {
		log_sink_open_stderr(&k->all[k->count]);
		add(k, s, "stderr_level");
	}
	return 0;
}

void log_sinks_done(struct log_sinks *k)
{
	while (k->count > 0)
		log_sink_close(&k->all[--k->count]);
	free(k->path);
	free(k->socket);
	k->path = k->socket = NULL;
}

int log_sinks_level(const struct log_sinks *k)
{
	int level = 0;

	for (int i = 0; i < k->count; i++)
		if (k->all[i].level > level)
			level = k->all[i].level;
	return level;
}

static bool write_to(struct log_sinks *k, struct log_sink *s, const struct log_line *l)
{
	char text[LOG_LINE_SIZE];
	size_t len = log_line_print(l, &k->writer, s->form, text);

	return log_sink_write(s, text, len);
}

/* A line of the log's own: if it is not taken, nobody missed it. */
static bool write_news(struct log_sinks *k, struct log_sink *s, const struct log_line *l)
{
	unsigned long dropped = s->dropped;
	bool taken = write_to(k, s, l);

	s->dropped = dropped;
	return taken;
}

static void tell(struct log_sinks *k, struct log_sink *s)
{
	struct log_line l;

	if (s->dropped == s->told)
		return;
	log_line_own(&l, WARN, "log_dropped", "lines=%lu cause=sink", s->dropped - s->told);
	if (write_news(k, s, &l))
		s->told = s->dropped;
}

unsigned long log_sinks_write(struct log_sinks *k, const struct log_line *l)
{
	unsigned long dropped = 0;

	for (int i = 0; i < k->count; i++) {
		struct log_sink *s = &k->all[i];

		if (l->level > s->level)
			continue;
		if (write_to(k, s, l)) {
			metric_add(metric_of(&metric_lines, (size_t)i, s->name), 1);
			tell(k, s);
		} else {
			metric_add(metric_of(&metric_dropped, (size_t)i, s->name), 1);
			dropped++;
		}
	}
	return dropped;
}

/* A stuck sink may never take the news itself: the others do. */
static void report(struct log_sinks *k, struct log_sink *s)
{
	struct log_line l;

	if (s->dropped == s->reported)
		return;
	log_line_own(
		&l, WARN, "log_sink_drops", "sink=%s lines=%lu", s->name, s->dropped - s->reported);
	s->reported = s->dropped;
	for (int i = 0; i < k->count; i++)
		if (&k->all[i] != s && l.level <= k->all[i].level)
			write_news(k, &k->all[i], &l);
}

void log_sinks_tell(struct log_sinks *k)
{
	for (int i = 0; i < k->count; i++) {
		tell(k, &k->all[i]);
		report(k, &k->all[i]);
	}
}

void log_sinks_reopen(struct log_sinks *k)
{
	for (int i = 0; i < k->count; i++)
		log_sink_reopen(&k->all[i]);
}

void log_sinks_count_refused(int64_t lines)
{
	metric_add(metric_of(&metric_dropped, LOG_SINKS_MAX, "queue"), lines);
}
