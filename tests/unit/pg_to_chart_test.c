/* Goal: every answer of pricegraph-chart, from hand-made rows in a real PostgreSQL, equals what the rules say, worked out by hand. */
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

#define ENDED "true, (" D " + 302) * 1000000::bigint, 0, (" D " + 900) * 1000000::bigint"

/*
 * A: kline_1s heard 0.5..100.3 and 110.6..300, miniTicker 0.5..300; as_of 300, so settled up to 295. The recording ended at 302.
 * Candles: 1, 2, 50, 102 (sample, in the gap), 120, 200 (removed), 250, 294, and 296, which is not settled.
 */
static void make_a(void)
{
	span("kline_1s", "k1", "0.5", "100.3", ENDED);
	span("kline_1s", "k2", "110.6", "300", ENDED);
	span("miniTicker", "m1", "0.5", "300", ENDED);
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
	span("kline_1s", "b1", "0", "20", ENDED);
	span("kline_1s", "b2", "5000", "5300", ENDED);
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
	if (settings_set(settings, "venue.name=replay-t", &e) != 0 ||
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
		.path = path,
		.query = query,
		.if_none_match = if_none_match,
		.accept = "",
		.prefer = "",
		.last_event_id = ""};

	database_needed();
	buf_reset(&a.body);
	a.etag[0] = a.headers[0] = '\0';
	pg_to_chart_answer(chart, 0, &rq, &a);
	assert_false(a.body.failed);
}

static const char *get(const char *path, const char *query)
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
static const char *member(const char *name)
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

static void answers_the_newest_seconds(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=10");
	assert_int_equal(a.status, 200);
	IS("venue", "\"replay-t\"");
	IS("symbol", "\"A\"");
	IS("interval", "\"1s\"");
	IS("as_of", "@300");
	IS("lag_ms", "2000");
	IS("state", "\"replay\"");
	IS("ended", "true");
	IS("from", "@291");
	IS("to", "@301");
	IS("columns", "[\"t\",\"o\",\"h\",\"l\",\"c\",\"v\",\"q\",\"n\",\"origin\",\"complete\"]");
	IS("candles",
		"[" FLAT("291", "18.00000000", "true") "," FLAT(
			"292", "18.00000000", "true") "," FLAT("293", "18.00000000",
			"true") ",[@294,\"19.00000000\",\"20.00000000\",\"19.00000000\",\"19."
				"50000000\",\"3.00000000\",\"58.123456789\",2,\"trade\",true]]");
	IS("gaps", "[]");
	IS("revision", "\"1.20\"");
	IS("cursor", "\"c1:replay-t:1:3.miniTicker.100.kline_1s.50\"");
	IS("open",
		"{\"from\":@295,\"t\":@300,\"base\":null,\"before\":{\"t\":@295,\"base\":null}}");
}

static void shows_gaps_and_what_only_samples_cover(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=8&end=1723161705000");
	IS("from", "@97");
	IS("to", "@105");
	IS("candles", "[" FLAT("97", "14.00000000", "true") "," FLAT(
			      "98", "14.00000000", "true") "," FLAT("99", "14.00000000",
			      "true") "," UNKNOWN("100", "14.00000000") "," UNKNOWN("101",
			      "14.00000000") ",[@102,\"15.00000000\",\"15.00000000\",\"14."
					     "50000000\",\"14.50000000\","
					     "null,null,null,\"sample\",false]," UNKNOWN(
						     "103", "14.50000000") "," UNKNOWN("104",
						     "14.50000000") "]");
	IS("gaps", "[{\"from\":@100.3,\"to\":@105,\"cause\":\"feed\",\"state\":\"open\"}]");
	IS("open", "null");
}

static void begins_with_the_first_candle(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=1500&end=1723161604000");
	IS("from", "@1");
	IS("candles", "[[@1,\"10.00000000\",\"12.00000000\",\"9.00000000\",\"11.00000000\",\"1."
		      "50000000\",\"16.00000000\",2,\"kline\",true],"
		      "[@2,\"11.00000000\",\"11.00000000\",\"10.50000000\",\"10.50000000\",\"2."
		      "00000000\",\"21.50000000\",3,\"kline\",true]," FLAT(
			      "3", "10.50000000", "true") "]");
	get("/api/v1/initial", "symbol=A&interval=1s&end=1723161601000");
	IS("candles", "[]");
	IS("from", "@1");
	IS("to", "@1");
}

static void leaves_out_what_was_removed(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=3&end=1723161802000");
	IS("candles",
		"[" FLAT("199", "17.00000000", "true") "," FLAT("201", "17.00000000", "true") "]");
}

static void answers_minutes(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1m&limit=20");
	IS("from", "@0");
	IS("to", "@360");
	/* 0: heard from 0.5 on only; 60: the gap; 180: its only candle was removed. */
	IS("candles", "[[@0,\"10.00000000\",\"14.00000000\",\"9.00000000\",\"14.00000000\",\"3."
		      "75000000\",\"41.00000000\",6,\"kline\",false],"
		      "[@60,\"15.00000000\",\"15.00000000\",\"14.50000000\",\"14.50000000\",null,"
		      "null,null,\"sample\",false],"
		      "[@120,\"16.00000000\",\"17.00000000\",\"16.00000000\",\"17.00000000\",\"4."
		      "00000000\",\"66.00000000\",5,\"kline\",true]," FLAT(
			      "180", "17.00000000", "true") "]");
	IS("gaps", "[{\"from\":@100.3,\"to\":@110.6,\"cause\":\"feed\",\"state\":\"open\"}]");
	IS("open", "{\"from\":@295,\"t\":@300,\"base\":null,\"before\":{\"t\":@240,\"base\":[@240,"
		   "\"18.00000000\",\"20.00000000\",\"18.00000000\","
		   "\"19.50000000\",\"4.00000000\",\"76.123456789\",3,\"trade\"]}}");
}

/* 180 has no row in candle_1m (its seconds are all removed, and it was never folded before): covered, so flat. */
static void folds_windows(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=3m&limit=20");
	IS("candles", "[[@0,\"10.00000000\",\"17.00000000\",\"9.00000000\",\"17.00000000\",null,"
		      "null,null,\"sample\",false]]");
	IS("open", "{\"from\":@295,\"t\":@180,\"base\":[@180,\"18.00000000\",\"20.00000000\",\"18."
		   "00000000\",\"19.50000000\",\"4.00000000\","
		   "\"76.123456789\",3,\"trade\"]}");
}

static void the_open_bar_is_one_at_every_interval(void **state)
{
	static const char *const wide[] = {
		"5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"};
	const char *values = ",\"10.00000000\",\"20.00000000\",\"9.00000000\",\"19.50000000\",null,"
			     "null,null,\"sample\"]";
	char query[100];

	(void)state;
	for (size_t i = 1; i < sizeof(wide) / sizeof(wide[0]); i++) {
		snprintf(query, sizeof(query), "symbol=A&interval=%s", wide[i]);
		get("/api/v1/initial", query);
		assert_non_null(strstr(member("open"), values));
		assert_null(strstr(member("open"), "before"));
		IS("candles", "[]");
	}
	get("/api/v1/initial",
		"symbol=A&interval=5m"); /* as_of is on its bound: two bars are open */
	assert_non_null(strstr(member("open"), "{\"from\":@295,\"t\":@300,\"base\":null,\"before\":"
					       "{\"t\":@0,\"base\":[@0,\"10.0000"));
	assert_non_null(strstr(member("open"), values));
}

static void pages_without_overlap_or_hole(void **state)
{
	static char whole[1 << 18], paged[1 << 18], page[1 << 16];
	char query[120];
	long long end_ms = 1723161601000 + 1500000;

	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=1500");
	snprintf(whole, sizeof(whole), "%s", member("candles"));
	whole[strlen(whole) - 1] = '\0'; /* "[...": the pages are put in front of one another */
	paged[0] = '\0';
	for (int n = 0; n < 100; n++) {
		snprintf(query, sizeof(query), "symbol=A&interval=1s&limit=7&end=%lld", end_ms);
		get("/api/v1/initial", query);
		if (strcmp(member("candles"), "[]") == 0)
			break;
		snprintf(page, sizeof(page), "%s", member("candles") + 1);
		page[strlen(page) - 1] = '\0';
		static char joined[1 << 18];
		snprintf(joined, sizeof(joined), "%s%s%s", page, paged[0] ? "," : "", paged);
		memcpy(paged, joined, sizeof(paged));
		end_ms = strtoll(strstr(a.body.data, "\"candles\":[[") + 12, NULL, 10);
	}
	assert_string_equal(paged, whole + 1);
}

static void pages_over_a_long_gap(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=B&interval=1s&limit=10&end=1723166600000"); /* up to 5000 */
	/* The candle at 3, and what was listened to behind it. */
	IS("candles",
		"[" FLAT("10", "1.00000000", "true") "," FLAT("11", "1.00000000", "true") "," FLAT(
			"12", "1.00000000", "true") "," FLAT("13", "1.00000000",
			"true") "," FLAT("14", "1.00000000", "true") "," FLAT("15", "1.00000000",
			"true") "," FLAT("16", "1.00000000", "true") "," FLAT("17", "1.00000000",
			"true") "," FLAT("18", "1.00000000", "true") "," FLAT("19", "1.00000000",
			"true") "]");
	IS("gaps", "[{\"from\":@20,\"to\":@5000,\"cause\":\"stopped\",\"state\":\"open\"}]");
	get("/api/v1/initial", "symbol=B&interval=1m&limit=3&end=1723166400000");
	IS("candles", "[[@0,\"1.00000000\",\"1.00000000\",\"1.00000000\",\"1.00000000\",\"1."
		      "00000000\",\"1.00000000\",1,\"kline\",false]]");
}

static void takes_the_close_from_an_older_day(void **state)
{
	(void)state;
	/* B's last candle of the day before 12:00 is known from its hour alone. */
	database_run("BEGIN");
	database_run("UPDATE span SET to_us = " US("46800") " WHERE session = 'b2'");
	database_run("SELECT fold_1h('replay-t', '{B}', ARRAY[" US("3600") "], '{1}')");
	database_run("COMMIT");
	get("/api/v1/initial", "symbol=B&interval=1s&limit=1&end=1723204800000");
	IS("candles", "[" FLAT("43199", "2.00000000", "true") "]");
	database_run("UPDATE span SET to_us = " US("5300") " WHERE session = 'b2'");
}

static void knows_a_symbol_without_candles(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=NEW&interval=1m");
	assert_int_equal(a.status, 200);
	IS("as_of", "@300");
	IS("candles", "[]");
	IS("open",
		"{\"from\":@295,\"t\":@300,\"base\":null,\"before\":{\"t\":@240,\"base\":null}}");
	get("/api/v1/initial", "symbol=NONE&interval=1m");
	assert_int_equal(a.status, 200);
	IS("as_of", "null");
	IS("lag_ms", "null");
	IS("state", "\"stale\"");
	IS("open", "null");
}

static void refuses(
	const char *method, const char *path, const char *query, int status, const char *part)
{
	ask(method, path, query, "");
	assert_int_equal(a.status, status);
	assert_string_equal(a.content_type, "application/problem+json");
	if (!strstr(a.body.data, part) && !strstr(a.headers, part))
		fail_msg("no %s in %s%s", part, a.headers, a.body.data);
}

static void refuses_bad_requests(void **state)
{
	(void)state;
	refuses("GET", "/api/v1/initial", "symbol=X&interval=1m", 400, "\"code\":-1121");
	refuses("GET", "/api/v1/initial", "symbol=a&interval=1m", 400, "\"code\":-1121");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=7m", 400, "\"code\":-1120");
	refuses("GET", "/api/v1/initial", "symbol=A", 400, "'interval'");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1m&limit=1501", 400, "'limit'");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1m&end=-1", 400, "'end'");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1m&color=1", 400, "'color'");
	refuses("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1", 400, "'since'");
	refuses("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.x", 400, "'since'");
	refuses("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.-2", 400,
		"'since'");
	refuses("GET", "/api/v1/periodic", "symbol=A&interval=1m&since=1.1", 400, "'from'");
	refuses("GET", "/api/v1/coverage", "symbol=A&from=5&to=4", 400, "'to'");
	refuses("GET", "/api/v1/symbols", "x=1", 400, "'x'");
	refuses("GET", "/api/v1/nothing", "", 404, "There is no");
	refuses("GET", "", "", 404, "There is no");
	refuses("POST", "/api/v1/initial", "symbol=A&interval=1m", 405, "Allow: GET, HEAD");
}

static void periodic_tells_nothing_when_nothing_changed(void **state)
{
	(void)state;
	get("/api/v1/periodic", "symbol=A&interval=1s&from=1723161880000&since=1.8");
	assert_int_equal(a.status, 200);
	IS("candles", "[]");
	IS("removed", "[]");
	IS("gaps", "[]");
	IS("reload", "false");
	IS("revision", "\"1.20\"");
	IS("open",
		"{\"from\":@295,\"t\":@300,\"base\":null,\"before\":{\"t\":@295,\"base\":null}}");
	IS("cursor", "\"c1:replay-t:1:3.miniTicker.100.kline_1s.50\"");
}

static void periodic_tells_changes(void **state)
{
	(void)state;
	get("/api/v1/periodic", "symbol=A&interval=1m&from=1723161600000&since=1.3");
	/* 120 changed at 4; the gap at 5 touches 60; 180 follows 120. */
	IS("candles", "[[@60,\"15.00000000\",\"15.00000000\",\"14.50000000\",\"14.50000000\",null,"
		      "null,null,\"sample\",false],"
		      "[@120,\"16.00000000\",\"17.00000000\",\"16.00000000\",\"17.00000000\",\"4."
		      "00000000\",\"66.00000000\",5,\"kline\",true]," FLAT(
			      "180", "17.00000000", "true") "]");
	get("/api/v1/periodic", "symbol=A&interval=1s&from=1723161798000&since=1.5");
	/* The tombstone of revision 6 and the flats beside it; 250 at 7, 294 at 8, and the flats between. */
	assert_non_null(strstr(member("candles"), FLAT("198", "17.00000000", "true")));
	assert_non_null(strstr(member("candles"), FLAT("249", "17.00000000", "true")));
	assert_non_null(strstr(member("candles"), FLAT("251", "18.00000000", "true")));
	IS("removed", "[@200]");
	get("/api/v1/periodic", "symbol=A&interval=1s&from=1723161798000&since=1.7");
	assert_null(strstr(member("candles"), "@249,"));
	assert_non_null(strstr(member("candles"), FLAT("251", "18.00000000", "true")));
	IS("removed", "[]");
}

static void periodic_asks_for_a_reload(void **state)
{
	(void)state;
	get("/api/v1/periodic", "symbol=A&interval=1s&from=1723161600000&since=2.1");
	IS("reload", "true");
	IS("candles", "[]");
	get("/api/v1/periodic",
		"symbol=B&interval=1s&from=1723161600000&since=1.4"); /* the gap: 4,980 to take away */
	IS("reload", "true");
	get("/api/v1/periodic", "symbol=B&interval=1s&from=1723161600000&since=1.5");
	IS("reload", "false");
	database_run("UPDATE span SET to_us = " US("50000") " WHERE session = 'b2'");
	get("/api/v1/periodic",
		"symbol=B&interval=1s&from=1723161600000&since=1.5"); /* 50,000 buckets */
	IS("reload", "true");
	database_run("UPDATE span SET to_us = " US("5300") " WHERE session = 'b2'");
}

static void periodic_has_a_tag(void **state)
{
	char tag[64];

	(void)state;
	ask("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.3", "");
	snprintf(tag, sizeof(tag), "%s", a.etag);
	assert_true(strncmp(tag, "W/\"", 3) == 0);
	ask("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.3", tag);
	assert_int_equal(a.status, 304);
	assert_int_equal(a.body.len, 0);
	assert_string_equal(a.etag, tag);
	ask("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.4", tag);
	assert_int_equal(a.status, 200);
	database_run("UPDATE partition SET revision = 21 WHERE venue = 'replay-t' AND i = 3");
	ask("GET", "/api/v1/periodic", "symbol=A&interval=1m&from=0&since=1.3", tag);
	assert_int_equal(a.status, 200);
	assert_string_not_equal(a.etag, tag);
	database_run("UPDATE partition SET revision = 20 WHERE venue = 'replay-t' AND i = 3");
}

static void a_repair_is_told(void **state)
{
	(void)state;
	database_run("UPDATE gap SET state = 'repaired', revision = 19 WHERE symbol = 'A'");
	get("/api/v1/periodic", "symbol=A&interval=1m&from=1723161600000&since=1.18");
	IS("gaps", "[]");
	assert_non_null(
		strstr(member("candles"), "\"sample\",true]")); /* minute 60 is complete now */
	get("/api/v1/initial", "symbol=A&interval=1s&limit=2&end=1723161705000");
	IS("candles",
		"[" FLAT("103", "14.50000000", "true") "," FLAT("104", "14.50000000", "true") "]");
	database_run("UPDATE gap SET state = 'open', revision = 5 WHERE symbol = 'A'");
}

static void lists_symbols(void **state)
{
	(void)state;
	get("/api/v1/symbols", "");
	assert_int_equal(a.status, 200);
	IS("venue", "\"replay-t\"");
	IS("as_of", "@300");
	IS("symbols", "[{\"symbol\":\"A\",\"partition\":3,\"from\":@1,\"as_of\":@300,\"streams\":["
		      "\"kline_1s\",\"miniTicker\"]},"
		      "{\"symbol\":\"B\",\"partition\":3,\"from\":@3,\"as_of\":@5300,\"streams\":["
		      "\"kline_1s\"]},"
		      "{\"symbol\":\"NEW\",\"partition\":3,\"from\":null,\"as_of\":@300,"
		      "\"streams\":[\"kline_1s\"]},"
		      "{\"symbol\":\"NONE\",\"partition\":3,\"from\":null,\"as_of\":null,"
		      "\"streams\":[]}]");
	assert_non_null(strstr(a.body.data, "\"intervals\":[\"1s\",\"1m\",\"3m\""));
}

static void tells_coverage(void **state)
{
	(void)state;
	get("/api/v1/coverage", "symbol=B");
	IS("spans", "[{\"from\":@0,\"to\":@20},{\"from\":@5000,\"to\":@5300}]");
	IS("gaps", "[{\"stream\":\"kline_1s\",\"from\":@20,\"to\":@5000,\"cause\":\"stopped\","
		   "\"state\":\"open\",\"reason\":null}]");
	get("/api/v1/coverage", "symbol=B&from=1723161610000&to=1723161700000");
	IS("spans", "[{\"from\":@10,\"to\":@20}]");
	IS("gaps", "[{\"stream\":\"kline_1s\",\"from\":@20,\"to\":@100,\"cause\":\"stopped\","
		   "\"state\":\"open\",\"reason\":null}]");
	get("/api/v1/coverage", "symbol=A");
	IS("spans", "[{\"from\":@0.5,\"to\":@300}]");
}

static void tells_status_and_health(void **state)
{
	(void)state;
	get("/api/v1/status", "");
	assert_int_equal(a.status, 200);
	IS("epoch", "1");
	IS("symbols", "4");
	assert_non_null(strstr(member("feed"),
		"{\"stream\":\"miniTicker\",\"sessions\":1,\"symbols\":1,\"alive_age_ms\":"));
	IS("sink", "{\"partitions_owned\":0,\"commits\":160,\"records\":187,\"quarantined\":0,"
		   "\"gaps\":{\"open\":2}}");
	get("/healthz", "");
	assert_int_equal(a.status, 200); /* ended, not stale */
	get("/metrics", "");
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body.data, "\npricegraph_chart_requests_total "));
}

static void a_silent_feed_is_stale(void **state)
{
	char sql[300];

	(void)state;
	database_run("UPDATE span SET speed = 1, ended = false");
	get("/healthz", "");
	assert_int_equal(a.status, 503);
	IS("status", "\"stale\"");
	get("/api/v1/initial", "symbol=A&interval=1m&limit=1");
	assert_int_equal(a.status, 200);
	IS("state", "\"stale\"");
	IS("ended", "");
	assert_non_null(strstr(member("gaps"), "[{\"from\":@300,\"to\":"));
	assert_non_null(strstr(member("gaps"), "\"cause\":\"feed\",\"state\":\"open\"}]"));
	get("/api/v1/initial",
		"symbol=A&interval=1m&limit=1&end=1723161660000"); /* not of a page of the past */
	IS("gaps", "[]");
	snprintf(sql, sizeof(sql),
		"UPDATE span SET alive_us = %" PRId64 ", clock_us = to_us + 1500000",
		clock_wall_us());
	database_run(sql);
	get("/api/v1/initial", "symbol=A&interval=1m&limit=1");
	IS("state", "\"replay\"");
	IS("gaps", "[]");
	database_run("UPDATE span SET speed = 0, ended = true, alive_us = " US(
		"900") ", clock_us = " US("302"));
}

static void a_lost_connection_is_made_anew(void **state)
{
	(void)state;
	get("/healthz", "");
	database_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
		     "application_name = 'pricegraph-chart' AND datname = current_database()");
	get("/api/v1/initial", "symbol=A&interval=1s&limit=10");
	assert_int_equal(a.status, 200);
}

static void without_a_database_it_says_so(void **state)
{
	int64_t begin_us = clock_mono_us();

	(void)state;
	database_needed();
	pg_to_chart_free(chart);
	chart = chart_with("host=/nonexistent dbname=x");
	for (int i = 0; i < 3; i++)
		refuses("GET", "/api/v1/initial", "symbol=A&interval=1s", 503, "Retry-After: 1");
	refuses("GET", "/healthz", "", 503, "\"code\":-1001");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1x", 400,
		"-1120"); /* what needs no database is told all the same */
	assert_true(clock_mono_us() - begin_us < SECOND_US);
	get("/metrics", "");
	assert_int_equal(a.status, 200);
	pg_to_chart_free(chart);
	chart = chart_with(database_as("pricegraph_reader"));
}

static void a_slow_statement_is_given_up(void **state)
{
	struct pg *pg = NULL;
	struct err e = {""};

	(void)state;
	database_needed();
	pg_to_chart_free(chart);
	chart = chart_with(database_as("pricegraph_reader options='-c statement_timeout=100'"));
	pg = pg_new(database_as("postgres"), "test");
	assert_int_equal(pg_exec(pg, "BEGIN", &e), PG_OK);
	assert_int_equal(pg_exec(pg, "LOCK TABLE span", &e), PG_OK);
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1s", 503, "\"code\":-1007");
	assert_int_equal(pg_exec(pg, "ROLLBACK", &e), PG_OK);
	pg_free(pg);
	get("/api/v1/initial", "symbol=A&interval=1s");
	assert_int_equal(a.status, 200);
}

static void an_unknown_venue_is_not_ready(void **state)
{
	(void)state;
	database_needed();
	database_run("UPDATE venue SET venue = 'x' WHERE false");
	pg_to_chart_free(chart);
	chart = chart_with(database_as("pricegraph_reader"));
	get("/api/v1/initial", "symbol=A&interval=1s");
	assert_int_equal(a.status, 200);
	assert_int_equal(settings_set(settings, "venue.name=nosuch", &(struct err){""}), 0);
	pg_to_chart_free(chart);
	chart = pg_to_chart_new(settings, 1, &(struct err){""});
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1s", 503, "venue 'nosuch'");
	refuses("GET", "/api/v1/symbols", "", 503, "Retry-After");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_the_newest_seconds),
		cmocka_unit_test(shows_gaps_and_what_only_samples_cover),
		cmocka_unit_test(begins_with_the_first_candle),
		cmocka_unit_test(leaves_out_what_was_removed),
		cmocka_unit_test(answers_minutes),
		cmocka_unit_test(folds_windows),
		cmocka_unit_test(the_open_bar_is_one_at_every_interval),
		cmocka_unit_test(pages_without_overlap_or_hole),
		cmocka_unit_test(pages_over_a_long_gap),
		cmocka_unit_test(takes_the_close_from_an_older_day),
		cmocka_unit_test(knows_a_symbol_without_candles),
		cmocka_unit_test(refuses_bad_requests),
		cmocka_unit_test(periodic_tells_nothing_when_nothing_changed),
		cmocka_unit_test(periodic_tells_changes),
		cmocka_unit_test(periodic_asks_for_a_reload),
		cmocka_unit_test(periodic_has_a_tag),
		cmocka_unit_test(a_repair_is_told),
		cmocka_unit_test(lists_symbols),
		cmocka_unit_test(tells_coverage),
		cmocka_unit_test(tells_status_and_health),
		cmocka_unit_test(a_silent_feed_is_stale),
		cmocka_unit_test(a_lost_connection_is_made_anew),
		cmocka_unit_test(without_a_database_it_says_so),
		cmocka_unit_test(a_slow_statement_is_given_up),
		cmocka_unit_test(an_unknown_venue_is_not_ready),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
