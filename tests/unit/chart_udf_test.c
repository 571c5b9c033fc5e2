/* Goal: TradingView's UDF: every answer of its contract, numbers and errors in its form. */
#include "chart_rows.h"

static const char *text(const char *path, const char *query)
{
	get(path, query);
	if (a.status != 200)
		fail_msg("%s", a.body.data);
	return a.body.data;
}

#define HISTORY "/udf/history"

static void gives_bars_of_a_range(void **state)
{
	(void)state;
	assert_string_equal(
		text(HISTORY, "symbol=A&resolution=1S&from=1723161601&to=1723161604&countback="),
		"{\"s\":\"ok\",\"t\":[1723161601,1723161602,1723161603],\"o\":[10,11,10.5],\"h\":["
		"12,11,10.5],"
		"\"l\":[9,10.5,10.5],\"c\":[11,10.5,10.5],\"v\":[1.5,2,0]}\n");
	assert_non_null(strstr(a.headers, "X-Pricegraph-Gaps: 0\r\n"));
	assert_non_null(strstr(text(HISTORY, "symbol=Replay-T:A&resolution=1&from=-5&to=4102444800&"
					     "currencyCode=&unitId="),
		"\"t\":[1723161600,1723161660,1723161720,1723161780,1723161840]"));
	/* What nobody stated is 0 here. */
	assert_non_null(strstr(
		text(HISTORY, "symbol=A&resolution=S&from=1723161702&to=1723161703"), "\"v\":[0]"));
}

static void countback_comes_before_from(void **state)
{
	(void)state;
	assert_non_null(strstr(
		text(HISTORY, "symbol=B&resolution=1S&from=1723166600&to=1723166602&countback=4"),
		"\"t\":[1723161618,1723161619,1723166600,1723166601]"));
	assert_non_null(strstr(text(HISTORY, "symbol=B&resolution=1S&to=1723166602&countback=1"),
		"\"t\":[1723166601]"));
	assert_non_null(strstr(
		text(HISTORY, "symbol=A&resolution=1S&from=0&to=1723161603&countback=100000"),
		"\"t\":[1723161601,1723161602]"));
}

static void says_where_the_data_are(void **state)
{
	(void)state;
	/* In the gap of B, before all, after all. */
	assert_string_equal(text(HISTORY, "symbol=B&resolution=1S&from=1723162000&to=1723162100"),
		"{\"s\":\"no_data\",\"nextTime\":1723161619}\n");
	assert_string_equal(text(HISTORY, "symbol=B&resolution=1&from=1723162000&to=1723162200"),
		"{\"s\":\"no_data\",\"nextTime\":1723161600}\n");
	assert_string_equal(text(HISTORY, "symbol=B&resolution=1S&from=0&to=1723161600"),
		"{\"s\":\"no_data\"}\n");
	assert_string_equal(text(HISTORY, "symbol=B&resolution=1S&to=1723161600&countback=10"),
		"{\"s\":\"no_data\"}\n");
	assert_string_equal(text(HISTORY, "symbol=B&resolution=1S&from=1823161600&to=1823161700"),
		"{\"s\":\"no_data\",\"nextTime\":1723166894}\n");
	assert_string_equal(text(HISTORY, "symbol=NONE&resolution=1D&from=0&to=1823161700"),
		"{\"s\":\"no_data\"}\n");
}

static void knows_every_resolution(void **state)
{
	static const char *const known[] = {"1S", "1", "3", "5", "15", "30", "60", "120", "240",
		"360", "480", "720", "D", "1D", "3D", "W", "1W", "M", "1M"};
	char query[100];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(query, sizeof(query), "symbol=A&resolution=%s&to=1723161900&countback=2",
			known[i]);
		assert_non_null(strstr(text(HISTORY, query), "{\"s\":\"ok\""));
	}
}

static void tells_what_it_supports(void **state)
{
	(void)state;
	text("/udf/config", "");
	assert_non_null(
		strstr(a.body.data, "\"supports_search\":true,\"supports_group_request\":false"));
	assert_non_null(strstr(a.body.data, "\"supported_resolutions\":[\"1S\",\"1\","));
	assert_string_equal(text("/udf/time", ""), "1723161902");
	assert_string_equal(a.content_type, "text/plain; charset=utf-8");
}

static void tells_what_a_symbol_is(void **state)
{
	(void)state;
	text("/udf/symbols", "symbol=A&currencyCode=");
	assert_non_null(
		strstr(a.body.data, "{\"name\":\"A\",\"ticker\":\"A\",\"description\":\"A / \""));
	assert_non_null(
		strstr(a.body.data, "\"minmov\":1,\"pricescale\":10,\"volume_precision\":2"));
	assert_null(strstr(a.body.data, "\"s\":"));
	database_run("INSERT INTO symbol_info VALUES ('replay-t', 'B', 1, 'TRADING', "
		     "'{\"baseAsset\":\"BEE\",\"quoteAsset\":\"USD\","
		     "\"filters\":[{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"1.00000000\"},{"
		     "\"filterType\":\"PRICE_FILTER\","
		     "\"tickSize\":\"0.00500000\"}]}')");
	text("/udf/symbols", "symbol=replay-t:B");
	assert_non_null(strstr(a.body.data, "\"description\":\"BEE / USD\""));
	assert_non_null(
		strstr(a.body.data, "\"minmov\":5,\"pricescale\":1000,\"volume_precision\":0"));
	assert_non_null(strstr(a.body.data, "\"currency_code\":\"USD\""));
	database_run("DELETE FROM symbol_info");
}

static void searches(void **state)
{
	(void)state;
	assert_string_equal(text("/udf/search", "query=N&type=&exchange=&limit=30"),
		"[{\"symbol\":\"NEW\",\"full_name\":\"replay-t:NEW\",\"description\":\"NEW / "
		"\",\"exchange\":\"replay-t\",\"ticker\":"
		"\"NEW\",\"type\":\"crypto\"},{\"symbol\":\"NONE\",\"full_name\":\"replay-t:NONE\","
		"\"description\":\"N / ONE\","
		"\"exchange\":\"replay-t\",\"ticker\":\"NONE\",\"type\":\"crypto\"}]\n");
	assert_non_null(strstr(text("/udf/search", "query=b&type=crypto&exchange=REPLAY-T&limit="),
		"[{\"symbol\":\"B\""));
	assert_non_null(strstr(text("/udf/search", "query=%25&limit=5"), "[]"));
	assert_string_equal(text("/udf/search", "query=B&type=stock"), "[]\n");
	assert_string_equal(text("/udf/search", "query=B&exchange=NYSE"), "[]\n");
	text("/udf/search", "limit=2");
	assert_non_null(strstr(a.body.data, "\"B\""));
	assert_null(strstr(a.body.data, "NONE"));
}

static void refuses_in_its_form(void **state)
{
	(void)state;
	refuses("GET", HISTORY, "symbol=NOSUCH&resolution=1&from=1&to=2", 400,
		"\"s\":\"error\",\"errmsg\":\"Parameter 'symbol'");
	refuses("GET", HISTORY, "symbol=other:A&resolution=1&from=1&to=2", 400, "\"code\":-1121");
	refuses("GET", HISTORY, "symbol=A&resolution=7&from=1&to=2", 400, "\"code\":-1120");
	refuses("GET", HISTORY, "symbol=A&resolution=1&from=1", 400, "'to'");
	refuses("GET", HISTORY, "symbol=A&resolution=1&to=1&from=", 400, "'from'");
	refuses("GET", HISTORY, "symbol=A&resolution=1&from=a&to=2", 400,
		"\"errmsg\":\"Illegal characters");
	refuses("GET", HISTORY, "symbol=A&resolution=1&from=1&to=2&x=", 400, "\"s\":\"error\"");
	refuses("GET", "/udf/symbols", "symbol=NOSUCH", 400, "\"s\":\"error\"");
	refuses("GET", "/udf/symbols", "symbol=", 400, "\"s\":\"error\"");
	refuses("GET", "/udf/search", "limit=0", 400, "\"s\":\"error\"");
	refuses("GET", "/udf/nothing", "", 404, "\"s\":\"error\"");
	ask("GET", "/api/v1/initial", "symbol=NOSUCH&interval=1m", "");
	assert_null(strstr(a.body.data, "errmsg"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_bars_of_a_range),
		cmocka_unit_test(countback_comes_before_from),
		cmocka_unit_test(says_where_the_data_are),
		cmocka_unit_test(knows_every_resolution),
		cmocka_unit_test(tells_what_it_supports),
		cmocka_unit_test(tells_what_a_symbol_is),
		cmocka_unit_test(searches),
		cmocka_unit_test(refuses_in_its_form),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
