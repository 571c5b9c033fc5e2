/* Goal: what caches may keep: closed windows by their revision for ever, never a wrong body; entity tags; CSV; Accept. */
#include "chart_rows.h"

#define CLOSED "symbol=A&interval=1s&limit=8&end=1723161705000"
#define FOR_EVER "Cache-Control: public, max-age=31536000, immutable\r\n"
#define NO_CACHE "Cache-Control: no-cache\r\n"

/* The query with the window's revision. Lent until the next call. */
static const char *pinned(const char *query)
{
	static char out[300];
	const char *revision;

	get("/api/v1/initial", query);
	assert_int_equal(a.status, 200);
	revision = member("window_revision");
	snprintf(out, sizeof(out), "%s&revision=%.*s", query, (int)strlen(revision) - 2,
		revision + 1);
	return out;
}

static void a_closed_window_is_kept_by_its_revision(void **state)
{
	static char first[1 << 16], query[300];

	(void)state;
	get("/api/v1/initial", CLOSED);
	IS("closed", "true");
	assert_string_equal(a.headers, NO_CACHE); /* as_of and state are of now */
	snprintf(query, sizeof(query), "%s", pinned(CLOSED));
	get("/api/v1/initial", query);
	assert_string_equal(a.headers, FOR_EVER);
	IS("as_of", "@105");
	IS("lag_ms", "null");
	IS("state", "\"replay\""); /* the feed is silent, but that is no matter of this window */
	IS("revision", "null");
	IS("cursor", "null");
	IS("open", "null");
	assert_non_null(strstr(member("gaps"), "@100.3"));
	snprintf(first, sizeof(first), "%s", a.body.data);
	/* Commits elsewhere and time change nothing. */
	database_run("UPDATE partition SET revision = revision + 1 WHERE venue = 'replay-t'");
	database_run("UPDATE span SET ended = true");
	get("/api/v1/initial", query);
	assert_string_equal(a.headers, FOR_EVER);
	assert_string_equal(a.body.data, first);
	database_run("UPDATE span SET ended = false");
}

/* A correction, the state of a gap, its repair, the close before the window: none of them leaves the address as it was. */
static void what_changed_is_never_kept(void **state)
{
	static const char *const changes[][2] = {
		{"UPDATE candle_1s SET close = 14.75 WHERE symbol = 'A' AND open_us = " US("102"),
			"UPDATE candle_1s SET close = 14.5 WHERE symbol = 'A' AND open_us = " US(
				"102")},
		{"UPDATE gap SET state = 'repairing' WHERE symbol = 'A'",
			"UPDATE gap SET state = 'open' WHERE symbol = 'A'"},
		{"UPDATE gap SET state = 'repaired' WHERE symbol = 'A'",
			"UPDATE gap SET state = 'open' WHERE symbol = 'A'"},
		{"UPDATE candle_1m SET close = 13 WHERE symbol = 'A' AND open_us = " US("0"),
			"UPDATE candle_1m SET close = 14 WHERE symbol = 'A' AND open_us = " US(
				"0")},
	};
	char query[300], revision[60];

	(void)state;
	database_needed();
	snprintf(query, sizeof(query), "%s", pinned(CLOSED));
	snprintf(revision, sizeof(revision), "%s", member("window_revision"));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		database_run(changes[i][0]);
		get("/api/v1/initial", query);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.headers, NO_CACHE);
		assert_string_not_equal(member("window_revision"), revision);
		IS("as_of", "@300");
		database_run(changes[i][1]);
		get("/api/v1/initial", query);
		assert_string_equal(a.headers, FOR_EVER);
	}
}

static void an_open_window_is_never_kept(void **state)
{
	(void)state;
	get("/api/v1/initial", "symbol=A&interval=1s&limit=8&end=1723161894000");
	IS("closed", "true");
	get("/api/v1/initial", "symbol=A&interval=1s&limit=8");
	IS("closed", "false");
	IS("window_revision", "null");
	assert_string_equal(a.headers, NO_CACHE);
	/* as_of is 300, settled up to 295: this bucket may still change */
	get("/api/v1/initial", "symbol=A&interval=1s&limit=8&end=1723161896000"
			       "&revision=1.0123456789abcdef");
	IS("closed", "false");
	assert_string_equal(a.headers, NO_CACHE);
	get("/api/v1/initial", "symbol=A&interval=1m&limit=8&revision=1.0123456789abcdef");
	IS("closed", "false");
	assert_string_equal(a.headers, NO_CACHE);
}

static void another_question_has_another_revision(void **state)
{
	static const char *const others[] = {CLOSED "&indicators=sma:2", CLOSED "&indicators=ema:2",
		"symbol=A&interval=1s&limit=9"
		"&end=1723161705000",
		"symbol=B&interval=1s&limit=8&end=1723161705000"};
	char revision[60], query[300];

	(void)state;
	get("/api/v1/initial", CLOSED);
	snprintf(revision, sizeof(revision), "%s", member("window_revision"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		get("/api/v1/initial", others[i]);
		assert_string_not_equal(member("window_revision"), revision);
		snprintf(query, sizeof(query), "%s", pinned(others[i]));
		get("/api/v1/initial", query);
		assert_string_equal(a.headers, FOR_EVER);
	}
	for (int i = 0; i < 3; i++) {
		static const char *const bad[] = {"1", "1.0123456789ABCDEF", "1.0123456789abcdef0"};

		snprintf(query, sizeof(query), CLOSED "&revision=%s", bad[i]);
		refuses("GET", "/api/v1/initial", query, 400, "'revision'");
	}
}

static void tags_are_compared(void **state)
{
	char tag[64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *query = i ? CLOSED : "symbol=A&interval=1s&limit=8";

		get("/api/v1/initial", query);
		assert_int_equal(a.status, 200);
		assert_memory_equal(a.etag, "W/\"", 3);
		snprintf(tag, sizeof(tag), "%s", a.etag);
		ask("GET", "/api/v1/initial", query, tag);
		assert_int_equal(a.status, 304);
		assert_string_equal(a.etag, tag);
		assert_int_equal(a.body.len, 0);
		database_run("UPDATE partition SET revision = revision + 1 WHERE i = 3");
		ask("GET", "/api/v1/initial", query, tag);
		assert_int_equal(a.status, i ? 304 : 200); /* what is closed did not change */
	}
	ask("GET", "/api/v1/initial", "symbol=A&interval=1m&limit=8", tag);
	assert_int_equal(a.status, 200);
}

static void lines_hold_the_same(void **state)
{
	(void)state;
	get("/api/v1/initial", CLOSED "&format=csv&indicators=bollinger:2:2,sma:2");
	assert_int_equal(a.status, 200);
	assert_string_equal(a.content_type, "text/csv; charset=utf-8; header=present");
#define UNKNOWN_LINE "14.00000000,14.00000000,14.00000000,14.00000000,,,,,false,14,14,14,14\r\n"
	assert_string_equal(a.body.data,
		"t,o,h,l,c,v,q,n,origin,complete,bollinger:2:2:middle,bollinger:2:2:upper,"
		"bollinger:2:2:lower,sma:2\r\n"
		"1723161697000,14.00000000,14.00000000,14.00000000,14.00000000,0.00000000,"
		"0.00000000,0,,true,14,14,14,14\r\n"
		"1723161698000,14.00000000,14.00000000,14.00000000,14.00000000,0.00000000,"
		"0.00000000,0,,true,14,14,14,14\r\n"
		"1723161699000,14.00000000,14.00000000,14.00000000,14.00000000,0.00000000,"
		"0.00000000,0,,true,14,14,14,14\r\n"
		"1723161700000," UNKNOWN_LINE "1723161701000," UNKNOWN_LINE
		"1723161702000,15.00000000,15.00000000,14.50000000,14.50000000,,,,sample,false,"
		"14.25,14.75,13.75,14.25\r\n"
		"1723161703000,14.50000000,14.50000000,14.50000000,14.50000000,,,,,false,14.5,14.5,"
		"14.5,14.5\r\n"
		"1723161704000,14.50000000,14.50000000,14.50000000,14.50000000,,,,,false,14.5,14.5,"
		"14.5,14.5\r\n");
	get("/api/v1/initial", "symbol=NEW&interval=1m&format=csv&indicators=vwap");
	assert_string_equal(a.body.data, "t,o,h,l,c,v,q,n,origin,complete,vwap\r\n");
}

static void lines_are_kept_by_their_tag(void **state)
{
	char query[300];

	(void)state;
	get("/api/v1/initial", CLOSED "&format=csv");
	assert_string_equal(a.headers, NO_CACHE);
	snprintf(query, sizeof(query), CLOSED "&format=csv&revision=%.*s", (int)strlen(a.etag) - 4,
		a.etag + 3);
	get("/api/v1/initial", query);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.headers, FOR_EVER);
}

static void accepting(const char *accept, const char *query, int status)
{
	struct request rq = {.method = "GET",
		.prefix = "/",
		.path = "/api/v1/initial",
		.query = query,
		.if_none_match = "",
		.accept = accept,
		.prefer = "",
		.last_event_id = ""};

	database_needed();
	buf_reset(&a.body);
	a.etag[0] = a.headers[0] = '\0';
	pg_to_chart_answer(chart, 0, &rq, &a);
	assert_int_equal(a.status, status);
}

static void what_nobody_wants_is_refused(void **state)
{
	(void)state;
	accepting("application/json", CLOSED, 200);
	accepting("text/html,*/*;q=0.1", CLOSED, 200);
	accepting("text/html", CLOSED, 406);
	assert_non_null(strstr(a.body.data, "application/json|text/csv"));
	accepting("text/csv", CLOSED, 406); /* the address decides, not the header */
	accepting("text/csv", CLOSED "&format=csv", 200);
	accepting("text/*", CLOSED "&format=csv", 200);
	accepting("application/json", CLOSED "&format=csv", 406);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_window_is_kept_by_its_revision),
		cmocka_unit_test(what_changed_is_never_kept),
		cmocka_unit_test(an_open_window_is_never_kept),
		cmocka_unit_test(another_question_has_another_revision),
		cmocka_unit_test(tags_are_compared),
		cmocka_unit_test(lines_hold_the_same),
		cmocka_unit_test(lines_are_kept_by_their_tag),
		cmocka_unit_test(what_nobody_wants_is_refused),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
