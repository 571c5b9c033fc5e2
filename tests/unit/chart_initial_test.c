/* Goal: initial: windows, flat rows, gaps, the open bar, paging. */
#include "chart_rows.h"

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
	IS("state", "\"stale\"");
	IS("from", "@291");
	IS("to", "@301");
	IS("columns", "[\"t\",\"o\",\"h\",\"l\",\"c\",\"v\",\"q\",\"n\",\"origin\",\"complete\"]");
	IS("candles",
		"[" FLAT("291", "18.00000000", "true") "," FLAT(
			"292", "18.00000000", "true") "," FLAT("293", "18.00000000",
			"true") ",[@294,\"19.00000000\",\"20.00000000\",\"19.00000000\",\"19."
				"50000000\",\"3.00000000\",\"58.123456789\",2,\"trade\",true]]");
	IS("gaps", "[]");
	IS("revision", "\"1.8\"");
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
	database_needed();
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

/* By hand. 290..293 are flat at 18, 294 closes at 19.5 with typical price (20 + 19 + 19.5) / 3 = 19.5 and volume 3; traded on that
 * day before: 1 at 18 (250), 4 at 50/3 (120), but 102 does not know its volume. */
static void reckons_indicators(void **state)
{
	(void)state;
	get("/api/v1/initial",
		"symbol=A&interval=1s&limit=3&end=1723161895000&indicators=sma:2,ema:2,bollinger:2:"
		"2,rsi:2,vwap,sma:2");
	IS("indicators", "{\"sma:2\":[18,18,18.75],\"ema:2\":[18,18,19],\"bollinger:2:2\":{"
			 "\"middle\":[18,18,18.75],\"upper\":[18,18,20.25],\"lower\":[18,18,17."
			 "25]},\"rsi:2\":[100,100,100],\"vwap\":[null,null,null]}");
	get("/api/v1/initial",
		"symbol=A&interval=1s&limit=3&end=1723161603000&indicators=vwap,sma:2,rsi:2");
	IS("candles", "[[@1,\"10.00000000\",\"12.00000000\",\"9.00000000\",\"11.00000000\",\"1."
		      "50000000\",\"16.00000000\",2,\"kline\",true],"
		      "[@2,\"11.00000000\",\"11.00000000\",\"10.50000000\",\"10.50000000\",\"2."
		      "00000000\",\"21.50000000\",3,\"kline\",true]]");
	IS("indicators", "{\"vwap\":[10.666666666666666,10.666666666666666],\"sma:2\":[null,10.75],"
			 "\"rsi:2\":[null,null]}");
	get("/api/v1/initial", "symbol=NEW&interval=1m&indicators=sma:2,bollinger:2:2");
	IS("indicators",
		"{\"sma:2\":[],\"bollinger:2:2\":{\"middle\":[],\"upper\":[],\"lower\":[]}}");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1s&indicators=sma:201", 400,
		"'indicators'");
	refuses("GET", "/api/v1/initial", "symbol=A&interval=1s&indicators=", 400, "'indicators'");
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
		cmocka_unit_test(reckons_indicators),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
