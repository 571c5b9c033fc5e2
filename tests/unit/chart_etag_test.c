#include "cgi/chart_etag.h"
#include "test.h"
#include <string.h>

static void is_weak_and_stable(void **state)
{
	char a[CHART_ETAG_SIZE], b[CHART_ETAG_SIZE];

	(void)state;
	chart_etag_of("abc", 3, a);
	chart_etag_of("abc", 3, b);
	assert_string_equal(a, b);
	assert_string_equal(a, "W/\"e71fa2190541574b\""); /* FNV-1a 64 of "abc" */
	chart_etag_of("abd", 3, b);
	assert_string_not_equal(a, b);
}

static void compares_weakly(void **state)
{
	(void)state;
	assert_true(chart_etag_matches("W/\"x\"", "W/\"x\""));
	assert_true(chart_etag_matches("\"x\"", "W/\"x\""));
	assert_true(chart_etag_matches("\"a\", W/\"x\"", "W/\"x\""));
	assert_true(chart_etag_matches(" ,\"a,b\" ,\t\"x\"", "W/\"x\""));
	assert_true(chart_etag_matches("*", "W/\"x\""));
}

static void refuses_others(void **state)
{
	(void)state;
	assert_false(chart_etag_matches("", "W/\"x\""));
	assert_false(chart_etag_matches("\"y\"", "W/\"x\""));
	assert_false(chart_etag_matches("\"xx\"", "W/\"x\""));
	assert_false(chart_etag_matches("x", "W/\"x\""));
	assert_false(chart_etag_matches("\"x", "W/\"x\""));
	assert_false(chart_etag_matches("W/", "W/\"x\""));
	assert_false(chart_etag_matches(", ,", "W/\"x\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_weak_and_stable),
		cmocka_unit_test(compares_weakly),
		cmocka_unit_test(refuses_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
