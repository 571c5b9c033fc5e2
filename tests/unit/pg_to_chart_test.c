/* Goal: the other answers, and what happens when something is wrong. */
#include "cgi/chart_endpoint.h"
#include "chart_rows.h"

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

static void lists_prices(void **state)
{
	(void)state;
	database_needed();
	/* D + 300 s: five minutes into the hour; yesterday's candles begin 24 hours before that, to the minute. */
	database_run(
		"INSERT INTO candle_1m (open_us, symbol, venue, open, high, low, close, volume, "
		"quote, trades, origin, revision) "
		"VALUES (" US(
			"-86100") ", 'A', 'replay-t', 8, 8, 8, 8, 1, 1, 1, 4, 1), "
				  "(" US("-86160") ", 'A', 'replay-t', 7, 7, 7, 7, 1, 1, 1, 4, 1)");
	database_run(
		"INSERT INTO candle_1h (open_us, symbol, venue, open, high, low, close, volume, "
		"quote, trades, origin, revision) "
		"VALUES (" US(
			"-3600") ", 'A', 'replay-t', 9, 9, 9, 9.5, 1, 1, 1, 4, 1), "
				 "(" US("-86400") ", 'A', 'replay-t', 6, 6, 6, 6, 1, 1, 1, 4, 1), "
						  "(" US("-82800") ", 'A', 'replay-t', 6, 6, 6, "
								   "6.5, 1, 1, 1, 4, 1)");
	database_run("INSERT INTO candle_1d (open_us, symbol, venue, open, high, low, close, "
		     "volume, quote, trades, origin, revision) "
		     "VALUES (" US("-864000") ", 'NONE', 'replay-t', 3, 3, 3, 3, 1, 1, 1, 4, 1)");
	get("/api/v1/symbols", "fields=last,change");
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body.data,
		"\"streams\":[\"kline_1s\",\"miniTicker\"],\"last\":\"17.00000000\",\"change\":{"
		"\"absolute\":\"9.00000000\",\"percent\":\"112.500\"}}"));
	/* No trade for a day: the last price is older, and nothing has changed since then. */
	assert_non_null(strstr(a.body.data, "\"last\":\"3.00000000\",\"change\":null}"));
	assert_non_null(
		strstr(a.body.data, "\"streams\":[\"kline_1s\"],\"last\":null,\"change\":null}"));
	assert_null(strstr(a.body.data, "spark"));
	get("/api/v1/symbols", "fields=spark");
	IS("spark", "{\"from\":@-82800,\"step\":3600000}");
	assert_non_null(
		strstr(a.body.data, "\"spark\":[\"6.50000000\",null,null,null,null,null,null,null,"
				    "null,null,null,null,null,null,null,null,null,null,null,null,"
				    "null,null,\"9.50000000\",\"17.00000000\"]}"));
	/* The next minute has a second of its own, and the one before is told with the minutes. */
	database_run("UPDATE span SET to_us = " US("361") " WHERE to_us = " US("300"));
	second("A", 361, "30, 31, 29, 30.5, 1, 30, 1, 4", 9);
	get("/api/v1/symbols", "fields=last");
	assert_non_null(strstr(a.body.data, "\"last\":\"30.50000000\"}"));
	refuses("GET", "/api/v1/symbols", "fields=last,price", 400, "'fields'");
	refuses("GET", "/api/v1/symbols", "fields=", 400, "'fields'");
	refuses("GET", "/api/v1/symbols", "fields=last,", 400, "'fields'");
	database_run("UPDATE span SET to_us = " US("300") " WHERE to_us = " US("361"));
	database_run("DELETE FROM candle_1s WHERE open_us = " US("361"));
	database_run("DELETE FROM candle_1m WHERE open_us < " US("0"));
	database_run("DELETE FROM candle_1h WHERE open_us < " US("0"));
	database_run("DELETE FROM candle_1d WHERE open_us < " US("0"));
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
		"{\"stream\":\"miniTicker\",\"state\":\"silent\",\"sessions\":1,\"symbols\":1,"
		"\"alive_age_ms\":"));
	assert_non_null(strstr(member("feed"), "\"lag_ms\":2000,\"records_per_s\":0,"
					       "\"open_gaps\":0,\"ended\":false}"));
	assert_non_null(strstr(member("sink"), "{\"state\":\"never ran\",\"lag_ms\":"));
	assert_non_null(strstr(member("sink"),
		",\"committed_age_ms\":null,\"partitions_owned\":0,\"commits\":160,"
		"\"records\":187,\"records_per_s\":0,\"quarantined\":0}"));
	IS("backfill", "{\"running\":false,\"records\":0,\"records_per_s\":0,\"gaps\":{\"open\":{"
		       "\"count\":2,\"ms\":4990300}},\"oldest\":{\"symbol\":\"B\",\"stream\":"
		       "\"kline_1s\",\"from\":@20,\"to\":@5000,\"cause\":\"stopped\","
		       "\"state\":\"open\"}}");
	IS("kept_from", "{\"events\":null,\"1s\":null,\"1m\":null,\"1h\":null,\"1d\":null}");
	database_run("INSERT INTO horizon (venue, level, from_us) VALUES ('replay-t', '1s', " US(
		"7") ")");
	get("/api/v1/status", "");
	IS("kept_from", "{\"events\":null,\"1s\":@7,\"1m\":null,\"1h\":null,\"1d\":null}");
	database_run("DELETE FROM horizon");
	get("/healthz", "");
	assert_int_equal(a.status, 503); /* the clock stands, and nobody said why */
	get("/metrics", "");
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body.data, "\npricegraph_chart_requests_total "));
}

static void an_ended_recording_is_whole(void **state)
{
	(void)state;
	database_needed();
	database_run("UPDATE span SET ended = true");
	get("/healthz", "");
	assert_int_equal(a.status, 200);
	get("/api/v1/initial", "symbol=A&interval=1s&limit=5");
	IS("state", "\"replay\"");
	IS("ended", "true");
	IS("gaps", "[]");
	/* Nothing more can come: all of it is settled. */
	IS("candles",
		"[[@296,\"50.00000000\",\"50.00000000\",\"50.00000000\",\"50.00000000\",\"1."
		"00000000\","
		"\"50.00000000\",1,\"kline\",true]," FLAT("297", "50.00000000", "true") "," FLAT(
			"298", "50.00000000", "true") "," FLAT("299", "50.00000000", "true") "]");
	IS("open", "{\"from\":@300,\"t\":@300,\"base\":null}");
	database_run("UPDATE span SET ended = false");
}

static void a_silent_feed_is_stale(void **state)
{
	char sql[300];

	(void)state;
	database_needed();
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
	database_run("UPDATE span SET speed = 0, ended = false, alive_us = " US(
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

/* The description has every endpoint and its parameters, and every schema that it names. */
static void describes_itself(void **state)
{
	char text[120];

	(void)state;
	get("/openapi.json", "");
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body.data, "\"servers\":[{\"url\":\"/x\"}]"));
	assert_non_null(strstr(a.body.data, "\"/api/v1/live\":{\"get\":{"));
	for (const struct chart_endpoint *const *e = chart_endpoints; *e; e++) {
		const char *described;

		snprintf(text, sizeof(text), "\"%s\":{\"get\":{", (*e)->path);
		described = strstr(a.body.data, text);
		assert_non_null(described);
		for (const struct param *p = (*e)->params; p->name; p++) {
			snprintf(text, sizeof(text), "{\"name\":\"%s\",\"in\":\"query\"", p->name);
			described = strstr(described, text);
			if (!described)
				fail_msg("%s does not say '%s'", (*e)->path, p->name);
		}
		if ((*e)->schema) {
			snprintf(text, sizeof(text), "\"%s\":{", (*e)->schema);
			assert_non_null(strstr(strstr(a.body.data, "\"schemas\":{"), text));
		}
	}
	refuses("GET", "/openapi.json", "x=1", 400, "'x'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_bad_requests),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(lists_symbols),
		cmocka_unit_test(lists_prices),
		cmocka_unit_test(tells_coverage),
		cmocka_unit_test(tells_status_and_health),
		cmocka_unit_test(an_ended_recording_is_whole),
		cmocka_unit_test(a_silent_feed_is_stale),
		cmocka_unit_test(a_lost_connection_is_made_anew),
		cmocka_unit_test(without_a_database_it_says_so),
		cmocka_unit_test(a_slow_statement_is_given_up),
		cmocka_unit_test(an_unknown_venue_is_not_ready),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
