/* Goal: periodic: what changed since a revision, and nothing else. */
#include "chart_rows.h"

static void periodic_tells_nothing_when_nothing_changed(void **state)
{
	(void)state;
	get("/api/v1/periodic", "symbol=A&interval=1s&from=1723161880000&since=1.8");
	assert_int_equal(a.status, 200);
	IS("candles", "[]");
	IS("removed", "[]");
	IS("gaps", "[]");
	IS("reload", "false");
	IS("revision", "\"1.8\"");
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
	database_needed();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periodic_tells_nothing_when_nothing_changed),
		cmocka_unit_test(periodic_tells_changes),
		cmocka_unit_test(periodic_asks_for_a_reload),
		cmocka_unit_test(periodic_has_a_tag),
		cmocka_unit_test(a_repair_is_told),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
