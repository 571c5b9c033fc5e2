/*
 * chart_rows: hand-made rows of three symbols in a real PostgreSQL, and ways to ask pricegraph-chart about them. Included by one .c file a
 * program, which compares the answers with what the rules say, worked out by hand.
 */
#pragma once
#include "cgi/pg_to_chart.h"
#include "clock.h"
#include "database.h"
#include <inttypes.h>

/* All times count from D, 2024-08-09 00:00:00 UTC, a Friday. */
#define D "1723161600"
#define US(s) "((1723161600 + " s ") * 1000000::bigint)::bigint"

static struct settings *settings;
static struct pg_to_chart *chart;
static struct answer a;

static void span(
	const char *stream, const char *session, const char *from, const char *to, const char *rest)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		"INSERT INTO span (venue, stream, i, session, from_us, to_us, ended, clock_us, "
		"speed, alive_us) VALUES "
		"('replay-t', '%s', 3, '%s', ((" D " + %s) * 1000000::bigint)::bigint, ((" D
		" + %s) * 1000000::bigint)::bigint, %s)",
		stream, session, from, to, rest);
	database_run(sql);
}

static void subscribe(const char *stream, const char *session, const char *symbol, const char *from,
	const char *to)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		"INSERT INTO subscription (venue, symbol, stream, session, from_us, to_us) VALUES "
		"('replay-t', '%s', '%s', '%s', ((" D " + %s) * 1000000::bigint)::bigint, ((" D
		" + %s) * 1000000::bigint)::bigint)",
		symbol, stream, session, from, to);
	database_run(sql);
}

/* A second with trades; `values`: open, high, low, close, volume, quote, trades, origin. */
static void second(const char *symbol, int t, const char *values, int revision)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		"INSERT INTO candle_1s (open_us, symbol, venue, open, high, low, close, volume, "
		"quote, trades, origin, closed, stated_us, revision) VALUES "
		"((" D " + %d) * 1000000::bigint, '%s', 'replay-t', %s, true, 0, %d)",
		t, symbol, values, revision);
	database_run(sql);
}

#define ALIVE "false, (" D " + 302) * 1000000::bigint, 0, (" D " + 900) * 1000000::bigint"

/*
 * A: kline_1s heard 0.5..100.3 and 110.6..300, miniTicker 0.5..300; as_of 300, so settled up to 295. The clock stood at 302 when it was last heard.
 * Candles: 1, 2, 50, 102 (sample, in the gap), 120, 200 (removed), 250, 294, and 296, which is not settled.
 */
static void make_a(void)
{
	span("kline_1s", "k1", "0.5", "100.3", ALIVE);
	span("kline_1s", "k2", "110.6", "300", ALIVE);
	span("miniTicker", "m1", "0.5", "300", ALIVE);
	subscribe("kline_1s", "k1", "A", "0.5", "100.3");
	subscribe("kline_1s", "k2", "A", "110.6", "NULL");
	subscribe("miniTicker", "m1", "A", "0.5", "NULL");
	database_run(
		"INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, revision) VALUES "
		"('replay-t', 'A', 'kline_1s', " US("100.3") ", " US("110.6") ", 'feed', 5)");
	second("A", 1, "10, 12, 9, 11, 1.5, 16, 2, 4", 1);
	second("A", 2, "11, 11, 10.5, 10.5, 2, 21.5, 3, 4", 1);
	second("A", 50, "13, 14, 13, 14, 0.25, 3.5, 1, 4", 2);
	second("A", 102, "15, 15, 14.5, 14.5, NULL, NULL, NULL, 1", 3);
	second("A", 120, "16, 17, 16, 17, 4, 66, 5, 4", 4);
	second("A", 200, "90, 90, 90, 90, 1, 90, 1, 4", 6);
	second("A", 250, "18, 18, 18, 18, 1, 18, 1, 4", 7);
	second("A", 294, "19, 20, 19, 19.5, 3, 58.123456789, 2, 3", 8);
	second("A", 296, "50, 50, 50, 50, 1, 50, 1, 4", 9);
	database_run(
		"UPDATE candle_1s SET removed = true WHERE symbol = 'A' AND open_us = " US("200"));
	database_run("SELECT fold_1m('replay-t', '{A,A,A,A}', ARRAY[" US("0") ", " US("60") ", " US(
		"120") ", " US("180") "], '{2,3,4,6}')");
}

/* B: heard 0..20 and 5000..5300, a candle at 3 and at 5000. */
static void make_b(void)
{
	span("kline_1s", "b1", "0", "20", ALIVE);
	span("kline_1s", "b2", "5000", "5300", ALIVE);
	subscribe("kline_1s", "b1", "B", "0", "20");
	subscribe("kline_1s", "b2", "B", "5000", "NULL");
	database_run(
		"INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, revision) VALUES "
		"('replay-t', 'B', 'kline_1s', " US("20") ", " US("5000") ", 'stopped', 5)");
	second("B", 3, "1, 1, 1, 1, 1, 1, 1, 4", 1);
	second("B", 5000, "2, 2, 2, 2, 2, 2, 2, 4", 1);
	database_run(
		"SELECT fold_1m('replay-t', '{B,B}', ARRAY[" US("0") ", " US("4980") "], '{1,1}')");
	database_run("SELECT fold_1h('replay-t', '{B}', ARRAY[" US("0") "], '{1}')");
}

static void make_rows(void)
{
	database_run("SELECT venue_ensure('replay-t', 5000000)");
	database_run(
		"SELECT partition_ensure('replay-t', t, (" D
		" + s) * 1000000::bigint) FROM unnest('{candle_1s,candle_1m,candle_1h,candle_1d}'"
		"::text[]) AS t, unnest('{-1,1}'::int[]) AS s");
	database_run(
		"INSERT INTO symbol (venue, symbol, i, first_us) VALUES ('replay-t', 'A', 3, " US(
			"1") "), "
			     "('replay-t', 'B', 3, " US("3") "), ('replay-t', 'NONE', 3, NULL), "
							     "('replay-t', 'NEW', 3, NULL)");
	database_run("INSERT INTO kafka_offset (venue, stream, i, next_offset, replay_from) VALUES "
		     "('replay-t', 'kline_1s', 3, 60, 50), "
		     "('replay-t', 'miniTicker', 3, 120, 100), ('replay-t', 'kline_1s', 4, 7, 7)");
	database_run("UPDATE partition SET revision = 20 WHERE venue = 'replay-t'");
	make_a();
	make_b();
	subscribe("kline_1s", "k2", "NEW", "290", "NULL");
}

static struct pg_to_chart *chart_with(const char *reader)
{
	struct err e = {""};
	char assignment[600];

	snprintf(assignment, sizeof(assignment), "postgres.reader=%s", reader);
	settings_free(settings);
	settings = settings_new(&e);
	assert_non_null(settings);
	/* Rows are changed here without a commit's number. */
	if (settings_set(settings, "venue.name=replay-t", &e) != 0 ||
		settings_set(settings, "chart.keep=0", &e) != 0 ||
		settings_set(settings, assignment, &e) != 0)
		fail_msg("%s", e.text);
	return pg_to_chart_new(settings, 1, &e);
}

static int begin(void **state)
{
	buf_init(&a.body, 8 << 20);
	database_begin(state);
	if (database == NULL)
		return 0;
	make_rows();
	chart = chart_with(database_as("pricegraph_reader"));
	return chart ? 0 : -1;
}

static int end(void **state)
{
	pg_to_chart_free(chart);
	settings_free(settings);
	buf_done(&a.body);
	return database_end(state);
}

static void ask(const char *method, const char *path, const char *query, const char *if_none_match)
{
	struct request rq = {.method = method,
		.prefix = "/x/",
		.path = path,
		.query = query,
		.if_none_match = if_none_match,
		.accept = "",
		.prefer = "",
		.last_event_id = "",
		.time_unit = ""};

	database_needed();
	buf_reset(&a.body);
	a.etag[0] = a.headers[0] = '\0';
	pg_to_chart_answer(chart, 0, &rq, &a);
	assert_false(a.body.failed);
}

__attribute__((unused)) static const char *get(const char *path, const char *query)
{
	ask("GET", path, query, "");
	return a.body.data;
}

/* `text` with every time of these days (ms) as "@" and the seconds since D. Lent until the next call. */
static const char *readable(const char *text, size_t len)
{
	static char out[1 << 20];
	size_t n = 0;

	for (const char *p = text; p < text + len && n < sizeof(out) - 32;) {
		char *rest;

		if (strncmp(p, "1723", 4) != 0) {
			out[n++] = *p++;
			continue;
		}
		double seconds = (double)(strtoll(p, &rest, 10) - 1723161600000) / 1000;
		n += (size_t)snprintf(out + n, 32, "@%.10g", seconds);
		p = rest;
	}
	out[n] = '\0';
	return out;
}

/* The value of a member at the top of the answer, as readable text; "" if there is none. */
__attribute__((unused)) static const char *member(const char *name)
{
	char key[40];
	int depth = 0;
	size_t key_len = (size_t)snprintf(key, sizeof(key), "\"%s\":", name);

	for (const char *p = a.body.data; *p; p++) {
		if (depth == 1 && strncmp(p, key, key_len) == 0) {
			const char *value = p + key_len, *q = value;

			for (depth = 0; depth > 0 || (*q != ',' && *q != '}'); q++)
				depth += (*q == '[' || *q == '{') - (*q == ']' || *q == '}');
			return readable(value, (size_t)(q - value));
		}
		depth += (*p == '[' || *p == '{') - (*p == ']' || *p == '}');
	}
	return "";
}

#define IS(name, expected) assert_string_equal(member(name), expected)
#define FLAT(t, close, complete)                                                                   \
	"[@" t ",\"" close "\",\"" close "\",\"" close "\",\"" close                               \
	"\",\"0.00000000\",\"0.00000000\",0,null," complete "]"
#define UNKNOWN(t, close)                                                                          \
	"[@" t ",\"" close "\",\"" close "\",\"" close "\",\"" close "\",null,null,null,null,"     \
	"false]"

__attribute__((unused)) static void refuses(
	const char *method, const char *path, const char *query, int status, const char *part)
{
	ask(method, path, query, "");
	assert_int_equal(a.status, status);
	assert_string_equal(a.content_type, "application/problem+json");
	if (!strstr(a.body.data, part) && !strstr(a.headers, part))
		fail_msg("no %s in %s%s", part, a.headers, a.body.data);
}
