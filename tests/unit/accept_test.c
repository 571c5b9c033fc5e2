/* Goal: Accept as RFC 9110 has it: the most exact range decides, q=0 refuses. */
#include "cgi/accept.h"
#include "test.h"

static void takes(const char *accept, const char *type)
{
	if (!accept_one(accept, type))
		fail_msg("'%s' refuses %s", accept, type);
}

static void leaves(const char *accept, const char *type)
{
	if (accept_one(accept, type))
		fail_msg("'%s' takes %s", accept, type);
}

static void nothing_said_is_all(void **state)
{
	(void)state;
	takes("", "text/csv");
	takes("  ", "text/csv");
	takes(" , ,", "text/csv");
}

static void ranges(void **state)
{
	(void)state;
	takes("*/*", "application/json");
	takes("text/html, */*;q=0.1", "application/json");
	takes("application/json", "application/json");
	takes("Application/JSON; charset=utf-8", "application/json");
	takes("application/*", "application/json");
	takes("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/csv");
	takes("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
		"text/plain; version=0.0.4; charset=utf-8");
	leaves("text/html", "application/json");
	leaves("application/jso", "application/json");
	leaves("application/jsonx", "application/json");
	leaves("app/*", "application/json");
	leaves("text/*", "application/json");
	leaves("application/xml;q=0.9,image/*", "application/json");
	leaves("garbage", "application/json");
	leaves(";;;=,=;q", "application/json");
	leaves("*", "application/json");
}

static void zero_refuses(void **state)
{
	(void)state;
	leaves("application/json;q=0", "application/json");
	leaves("*/*, application/json;q=0.000", "application/json");
	leaves("application/json; q=0 , */*", "application/json");
	leaves("*/*;q=0", "application/json");
	leaves("*/*, application/json;charset=x;Q=0.0;y=1", "application/json");
	takes("*/*;q=0, application/*;q=0.5", "application/json");
	takes("application/json;q=0.001, */*;q=0", "application/json");
	takes("application/*;q=0, application/json", "application/json");
	takes("application/json;q=", "application/json");
	takes("application/json;q=0x", "application/json");
	takes("application/json;q", "application/json");
	takes("application/json;", "application/json");
}

static void one_of_several_is_enough(void **state)
{
	(void)state;
	assert_true(accept_any("text/csv", "application/json|text/csv"));
	assert_true(accept_any("application/json", "application/json|text/csv"));
	assert_false(accept_any("text/html", "application/json|text/csv"));
	assert_false(accept_any("text/html", "application/json"));
	assert_true(accept_any("", "application/json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_all),
		cmocka_unit_test(ranges),
		cmocka_unit_test(zero_refuses),
		cmocka_unit_test(one_of_several_is_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
