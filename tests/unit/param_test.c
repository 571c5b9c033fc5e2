/* Goal: parameters by their table: taken, decoded, or refused by name. */
#include "answer_fixture.h"
#include "cgi/param.h"
#include <stdbool.h>
#include <string.h>

static const struct param table[] = {
	{"symbol", PARAM_TEXT, true, 1, 10, NULL, NULL, "help"},
	{"limit", PARAM_INT, false, 1, 1500, NULL, "500", "help"},
	{"end", PARAM_INT, false, -5, 1000, NULL, NULL, "help"},
	{"format", PARAM_ENUM, false, 0, 0, "json|csv", "json", "help"},
	{"interval", PARAM_INTERVAL, false, 0, 0, NULL, NULL, "help"},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static const struct param *shown = table;
static void takes_values_and_defaults(void **state)
{
	struct param_values v;

	(void)state;
	assert_int_equal(param_parse(table, "symbol=BTC%55SDT&end=-5&&", &v, &a), 0);
	assert_string_equal(v.v[0].text, "BTCUSDT");
	assert_int_equal(v.v[0].len, 7);
	assert_false(v.v[1].given);
	assert_int_equal(v.v[1].number, 500);
	assert_true(v.v[2].given);
	assert_int_equal(v.v[2].number, -5);
	assert_string_equal(v.v[3].text, "json");
	assert_int_equal(a.status, 200);
	param_values_done(&v);
}

static void decodes_utf8_and_plus(void **state)
{
	struct param_values v;

	(void)state;
	assert_int_equal(
		param_parse(table, "symbol=%E5%B8%81+x&format=csv&interval=1M", &v, &a), 0);
	assert_string_equal(v.v[0].text, "\xe5\xb8\x81 x");
	assert_false(v.v[2].given);
	assert_string_equal(v.v[3].text, "csv");
	param_values_done(&v);
}

static void refuses(const char *query, const char *code, const char *names)
{
	struct param_values v;

	buf_reset(&a.body);
	a.status = 200;
	assert_int_equal(param_parse(shown, query, &v, &a), -1);
	assert_int_equal(a.status, 400);
	assert_string_equal(a.content_type, "application/problem+json");
	assert_non_null(strstr(a.body.data, code));
	assert_non_null(strstr(a.body.data, names));
}

static void names_what_is_wrong(void **state)
{
	(void)state;
	refuses("", "\"code\":-1102", "Mandatory parameter 'symbol'");
	refuses("limit=5", "\"code\":-1102", "'symbol'");
	refuses("symbol=", "\"code\":-1102", "'symbol'");
	refuses("symbol", "\"code\":-1102", "'symbol'");
	refuses("symbol=B&symbol=B", "\"code\":-1101", "'symbol'");
	refuses("symbol=B&colour=red", "\"code\":-1103", "'colour'");
	refuses("symbol=B&%zz=1", "\"code\":-1103", "'%zz'");
	refuses("symbol=12345678901", "\"code\":-1130", "'symbol'");
	refuses("symbol=B%00", "\"code\":-1130", "'symbol'");
	refuses("symbol=B%4", "\"code\":-1130", "'symbol'");
	refuses("symbol=B%ff", "\"code\":-1130", "'symbol'");
	refuses("symbol=%ED%A0%80", "\"code\":-1130", "'symbol'");
	refuses("symbol=B&limit=0", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=1501", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=", "\"code\":-1105", "Parameter 'limit' was empty.");
	refuses("symbol=B&limit=5x", "\"code\":-1100", "'limit'");
	refuses("symbol=B&limit=+5", "\"code\":-1100", "'limit'");
	refuses("symbol=B&limit=0x10", "\"code\":-1100", "'limit'");
	refuses("symbol=B&limit=99999999999999999999", "\"code\":-1108", "'limit'");
	refuses("symbol=B&end=-", "\"code\":-1100", "'end'");
	refuses("symbol=B&format=js", "\"code\":-1130", "'format'");
	refuses("symbol=B&interval=7m", "\"code\":-1120", "'interval': there is no '7m'");
	refuses("symbol=B&interval=", "\"code\":-1105", "'interval'");
	refuses("symbol=B&interval=1%ff", "\"code\":-1120", "'1\xef\xbf\xbd'");
	refuses("symbol=B&format=json|csv", "\"code\":-1130", "'format'");
}

static const struct param binance[] = {
	{"startTime", PARAM_TIME, false, 0, 7258118400000, NULL, NULL, "help"},
	{"timeZone", PARAM_ZONE, false, 0, 0, NULL, "0", "help"},
	{"symbols", PARAM_NAMES, false, 1, 3, NULL, NULL, "help"},
	{"countback", PARAM_INT_OR_EMPTY, false, 1, 10, NULL, NULL, "help"},
	{"query", PARAM_TEXT, false, 0, 5, NULL, NULL, "help"},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static void takes_times_zones_and_names(void **state)
{
	struct param_values v;

	(void)state;
	assert_int_equal(param_parse(binance,
				 "startTime=1723161600000&timeZone=-1:30&symbols=%5B%22A%22,%20\"\\"
				 "u5e01\"]&countback=&query=",
				 &v, &a),
		0);
	assert_int_equal(v.v[0].number, 1723161600000000);
	assert_int_equal(v.v[1].number, -5400000000);
	assert_int_equal(v.v[2].number, 2);
	assert_memory_equal(v.v[2].text, "A\0\xe5\xb8\x81", 6);
	assert_int_equal(v.v[2].len, 6);
	assert_false(v.v[3].given);
	assert_true(v.v[4].given);
	assert_int_equal(v.v[4].len, 0);
	param_values_done(&v);
	assert_int_equal(param_parse(binance, "startTime=1723161600000123&countback=3", &v, &a), 0);
	assert_int_equal(v.v[0].number, 1723161600000123);
	assert_int_equal(v.v[1].number, 0);
	assert_int_equal(v.v[3].number, 3);
	param_values_done(&v);
}

static void refuses_other_times_zones_and_names(void **state)
{
	(void)state;
	shown = binance;
	refuses("startTime=", "\"code\":-1105", "'startTime'");
	refuses("startTime=1e3", "\"code\":-1100", "'startTime'");
	refuses("startTime=-1", "\"code\":-1130", "'startTime'");
	refuses("startTime=7258118400001", "\"code\":-1130", "'startTime'");
	refuses("startTime=9223372036854775807", "\"code\":-1130", "'startTime'");
	refuses("startTime=9223372036854775808", "\"code\":-1108", "'startTime'");
	refuses("timeZone=", "\"code\":-1105", "'timeZone'");
	refuses("timeZone=14:01", "\"code\":-1130", "'timeZone'");
	refuses("timeZone=UTC", "\"code\":-1130", "'timeZone'");
	refuses("symbols=A,B", "\"code\":-1100", "'symbols'");
	refuses("symbols=\"A\"", "\"code\":-1100", "'symbols'");
	refuses("symbols=[\"A\"", "\"code\":-1100", "'symbols'");
	refuses("symbols=[]", "\"code\":-1130", "'symbols'");
	refuses("symbols=[1]", "\"code\":-1130", "'symbols'");
	refuses("symbols=[\"\"]", "\"code\":-1130", "'symbols'");
	refuses("symbols=[\"A\",\"A\"]", "\"code\":-1151", "multiple times");
	refuses("symbols=[\"A\",\"B\",\"C\",\"D\"]", "\"code\":-1130", "'symbols'");
	refuses("countback=0", "\"code\":-1130", "'countback'");
	refuses("query=abcdef", "\"code\":-1130", "'query'");
	shown = table;
}

static void speaks_tradingview(void **state)
{
	(void)state;
	a.udf = true;
	refuses("symbol=B&limit=0", "\"s\":\"error\",\"errmsg\":\"Data sent", "'limit'");
}

static void quotes_what_it_repeats(void **state)
{
	(void)state;
	refuses("symbol=B&%22%0a=1", "\"code\":-1103", "'\\\"\\n'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_values_and_defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(decodes_utf8_and_plus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_times_zones_and_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			refuses_other_times_zones_and_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(speaks_tradingview, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quotes_what_it_repeats, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
