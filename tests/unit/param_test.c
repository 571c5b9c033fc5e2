#include "cgi/param.h"
#include "test.h"
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

static struct answer a;

static int set_up(void **state)
{
	(void)state;
	a = (struct answer){.status = 200};
	buf_init(&a.body, 4000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_done(&a.body);
	return 0;
}

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
	assert_int_equal(param_parse(table, query, &v, &a), -1);
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
	refuses("symbol=B&limit=", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=5x", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=+5", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=0x10", "\"code\":-1130", "'limit'");
	refuses("symbol=B&limit=99999999999999999999", "\"code\":-1130", "'limit'");
	refuses("symbol=B&end=-", "\"code\":-1130", "'end'");
	refuses("symbol=B&format=js", "\"code\":-1130", "'format'");
	refuses("symbol=B&interval=7m", "\"code\":-1120", "'interval': there is no '7m'");
	refuses("symbol=B&interval=", "\"code\":-1120", "'interval'");
	refuses("symbol=B&interval=1%ff", "\"code\":-1120", "'1\xef\xbf\xbd'");
	refuses("symbol=B&format=json|csv", "\"code\":-1130", "'format'");
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
		cmocka_unit_test_setup_teardown(quotes_what_it_repeats, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
