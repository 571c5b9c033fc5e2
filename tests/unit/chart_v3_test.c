/* Goal: klines: pages by rows over whatever is missing, the open bar, time zones, and Binance's refusals. */
#include "chart_rows.h"

static const char *klines(const char *query)
{
	get("/api/v3/klines", query);
	if (a.status != 200)
		fail_msg("%s", a.body.data);
	return readable(a.body.data, a.body.len);
}

/* The open times of the rows: seconds since D. */
static const char *opens(const char *query)
{
	static char out[1 << 16];
	size_t n = 0;

	out[0] = '\0';
	for (const char *p = klines(query); (p = strstr(p, "[@")) != NULL; p++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s", n ? " " : "",
			(int)strcspn(p + 2, ","), p + 2);
	return out;
}

static void header_is(const char *line)
{
	if (!strstr(a.headers, line))
		fail_msg("no %s in %s", line, a.headers);
}

static void rows_are_the_exchanges(void **state)
{
	(void)state;
	database_needed();
	database_run("UPDATE candle_1s SET taker_volume = 0.5, taker_quote = 5.123456789 WHERE "
		     "symbol = 'A' AND "
		     "open_us = " US("2"));
	assert_string_equal(klines("symbol=A&interval=1s&startTime=1723161602000&limit=2"),
		"[[@2,\"11.00000000\",\"11.00000000\",\"10.50000000\",\"10.50000000\",\"2."
		"00000000\",@2.999,"
		"\"21.50000000\",3,\"0.50000000\",\"5.12345678\",\"0\"],"
		"[@3,\"10.50000000\",\"10.50000000\",\"10.50000000\",\"10.50000000\",\"0."
		"00000000\",@3.999,"
		"\"0.00000000\",0,\"0.00000000\",\"0.00000000\",\"0\"]]");
	header_is("X-Pricegraph-Gaps: 0\r\n");
	header_is("X-Pricegraph-Incomplete: 0\r\n");
	header_is("X-Pricegraph-Unknown: 0\r\n");
	header_is("X-Pricegraph-As-Of: 1723161900000\r\n");
	get("/api/v3/uiKlines", "symbol=A&interval=1s&startTime=1723161602000&limit=1");
	assert_non_null(strstr(a.body.data, "[[1723161602000,"));
}

static void times_may_be_microseconds(void **state)
{
	struct request rq = {.method = "GET",
		.prefix = "/",
		.path = "/api/v3/klines",
		.query = "symbol=A&interval=1m&startTime=1723161600000000"
			 "&endTime=1723161600000000",
		.if_none_match = "",
		.accept = "",
		.prefer = "",
		.last_event_id = "",
		.origin = "",
		.time_unit = "MICROSECOND"};

	(void)state;
	database_needed();
	buf_reset(&a.body);
	a.headers[0] = '\0';
	pg_to_chart_answer(chart, 0, &rq, &a);
	assert_non_null(strstr(a.body.data, "[[1723161600000000,\"10."));
	assert_non_null(strstr(a.body.data, ",1723161659999999,"));
}

static void bounds_choose_the_rows(void **state)
{
	(void)state;
	assert_string_equal(opens("symbol=A&interval=1s&limit=3"), "292 293 294");
	assert_string_equal(opens("symbol=A&interval=1s&limit=2&endTime=1723161610500"), "9 10");
	assert_string_equal(opens("symbol=A&interval=1s&limit=2&endTime=1723161610000"), "9 10");
	assert_string_equal(
		opens("symbol=A&interval=1s&startTime=1723161604001&endTime=1723161606000"), "5 6");
	assert_string_equal(opens("symbol=A&interval=1s&startTime=1723161604000&limit=2"), "4 5");
	assert_string_equal(opens("symbol=A&interval=1s&startTime=0&limit=2"), "1 2");
	assert_string_equal(opens("symbol=A&interval=1s&endTime=0"), "");
	assert_string_equal(
		opens("symbol=A&interval=1s&startTime=1723161606000&endTime=1723161604000"), "");
	assert_string_equal(opens("symbol=A&interval=1s&startTime=1823161606000"), "");
	assert_string_equal(opens("symbol=NONE&interval=1s"), "");
	assert_string_equal(opens("symbol=NEW&interval=1m&startTime=0"), "");
}

static void a_page_is_full_whatever_is_missing(void **state)
{
	(void)state;
	/* Heard 0..20 and 5000..5300. */
	assert_string_equal(opens("symbol=B&interval=1s&startTime=0&limit=20"),
		"3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 5000 5001 5002");
	header_is("X-Pricegraph-Gaps: 1\r\n");
	header_is("X-Pricegraph-Incomplete: 0\r\n");
	assert_string_equal(
		opens("symbol=B&interval=1s&endTime=1723166601000&limit=5"), "17 18 19 5000 5001");
	header_is("X-Pricegraph-Gaps: 1\r\n");
	assert_string_equal(
		opens("symbol=B&interval=1s&startTime=1723161700000&limit=3"), "5000 5001 5002");
	header_is("X-Pricegraph-Gaps: 1\r\n");
	assert_string_equal(
		opens("symbol=B&interval=1s&startTime=1723166600000&limit=3"), "5000 5001 5002");
	header_is("X-Pricegraph-Gaps: 0\r\n");
	/* Flat rows before the open bar, which has nothing yet, and before the second in which listening stopped. */
	assert_string_equal(opens("symbol=B&interval=1s&limit=1"), "5294");
	assert_string_equal(opens("symbol=B&interval=1s&limit=1&endTime=1723161620000"), "19");
	database_run("UPDATE span SET to_us = to_us + 500000 WHERE session = 'b1'");
	database_run("UPDATE subscription SET to_us = to_us + 500000 WHERE session = 'b1'");
	assert_string_equal(opens("symbol=B&interval=1s&limit=1&endTime=1723161620000"), "19");
	assert_string_equal(opens("symbol=B&interval=1s&limit=1&endTime=1723161683000"), "19");
	assert_string_equal(opens("symbol=B&interval=1s&limit=1&endTime=1723161684000"), "19");
	database_run("UPDATE span SET to_us = to_us - 500000 WHERE session = 'b1'");
	database_run("UPDATE subscription SET to_us = to_us - 500000 WHERE session = 'b1'");
	/* A row that was removed by hand is missing too. */
	assert_string_equal(
		opens("symbol=A&interval=1s&startTime=1723161799000&limit=2"), "199 201");
}

static void tells_of_what_it_does_not_know(void **state)
{
	(void)state;
	/* 100..104 were heard by miniTicker alone; 102 is a sample. */
	klines("symbol=A&interval=1s&startTime=1723161698000&limit=6");
	assert_non_null(strstr(readable(a.body.data, a.body.len),
		"[@102,\"15.00000000\",\"15.00000000\",\"14.50000000\",\"14.50000000\",\"0."
		"00000000\",@102.999,"
		"\"0.00000000\",0,\"0.00000000\",\"0.00000000\",\"0\"]"));
	header_is("X-Pricegraph-Gaps: 1\r\n");
	header_is("X-Pricegraph-Incomplete: 4\r\n");
	header_is("X-Pricegraph-Unknown: 4\r\n");
}

static void the_last_row_is_the_open_bar(void **state)
{
	(void)state;
	/* Settled up to 295; 296 is stored already and lies in the same minute; 300 is as_of. */
	assert_string_equal(opens("symbol=A&interval=1m&limit=2"), "180 240");
	assert_non_null(strstr(readable(a.body.data, a.body.len),
		"[@240,\"18.00000000\",\"50.00000000\",\"18.00000000\",\"50.00000000\",\"5."
		"00000000\",@299.999,"
		"\"126.12345678\",4,"));
	assert_string_equal(opens("symbol=A&interval=1h&startTime=0"), "0");
	assert_non_null(strstr(klines("symbol=A&interval=1M"), "[[1722470400000,\"10."));
	/* B: settled up to 5295, nothing but flat since 5000. */
	assert_string_equal(opens("symbol=B&interval=1m&limit=2"), "5220 5280");
	assert_non_null(strstr(readable(a.body.data, a.body.len),
		"[@5280,\"2.00000000\",\"2.00000000\",\"2.00000000\",\"2.00000000\",\"0.00000000\","
		"@5339.999,"));
}

static void bars_begin_by_the_clock_of_a_zone(void **state)
{
	(void)state;
	/* 00:05 UTC of the 9th is 08:05 in +8, and 19:05 of the 8th in -5. */
	assert_string_equal(opens("symbol=A&interval=1d&timeZone=8"), "-28800");
	assert_non_null(strstr(readable(a.body.data, a.body.len),
		"[[@-28800,\"10.00000000\",\"50.00000000\",\"9.00000000\",\"50.00000000\",\"0."
		"00000000\",@57599.999,"));
	assert_string_equal(opens("symbol=A&interval=1d&timeZone=-05:00"), "-68400");
	assert_string_equal(opens("symbol=A&interval=1h&timeZone=05:45"), "-2700");
	assert_string_equal(opens("symbol=A&interval=1m&timeZone=05:45&limit=2"), "180 240");
	/* The hours of a shifted day: B has two. */
	assert_string_equal(opens("symbol=B&interval=1h&timeZone=0:45&startTime=0"), "-2700 4500");
	assert_non_null(strstr(klines("symbol=B&interval=1w&timeZone=14"), "[[1722765600000,\"1."));
}

static void refuses_as_the_exchange_does(void **state)
{
	(void)state;
	refuses("GET", "/api/v3/klines", "interval=1m", 400, "\"code\":-1102");
	refuses("GET", "/api/v3/klines", "symbol=A", 400, "\"code\":-1102");
	refuses("GET", "/api/v3/klines", "symbol=NOSUCH&interval=1m", 400,
		"\"code\":-1121,\"msg\":\"Invalid symbol.\"");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1x", 400,
		"\"code\":-1120,\"msg\":\"Invalid interval.\"");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&limit=0", 400, "\"code\":-1130");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&limit=x", 400, "\"code\":-1100");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&startTime=", 400, "\"code\":-1105");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&timeZone=14:01", 400,
		"\"code\":-1130");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&x=1", 400, "\"code\":-1103");
	refuses("GET", "/api/v3/klines", "symbol=A&interval=1m&limit=1&limit=1", 400,
		"\"code\":-1101");
	refuses("GET", "/api/v3/ping", "x=1", 400, "\"code\":-1103");
	refuses("POST", "/api/v3/ping", "", 405, "Allow");
}

static void tells_the_time(void **state)
{
	(void)state;
	assert_string_equal(get("/api/v3/ping", ""), "{}");
	get("/api/v3/time", "");
	assert_string_equal(readable(a.body.data, a.body.len), "{\"serverTime\":@302}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_the_exchanges),
		cmocka_unit_test(times_may_be_microseconds),
		cmocka_unit_test(bounds_choose_the_rows),
		cmocka_unit_test(a_page_is_full_whatever_is_missing),
		cmocka_unit_test(tells_of_what_it_does_not_know),
		cmocka_unit_test(the_last_row_is_the_open_bar),
		cmocka_unit_test(bars_begin_by_the_clock_of_a_zone),
		cmocka_unit_test(refuses_as_the_exchange_does),
		cmocka_unit_test(tells_the_time),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
