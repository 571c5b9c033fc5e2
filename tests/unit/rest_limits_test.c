/* Goal: what exchangeInfo says of request weight bounds the share of it, and nothing else in it does. */
#include "daemon/rest_budget.h"
#include "daemon/rest_limits.h"
#include "test.h"
#include <limits.h>
#include <string.h>

#define LIMIT(type, interval, count, limit)                                                        \
	"{\"rateLimitType\":\"" type "\",\"interval\":\"" interval "\",\"intervalNum\":" count     \
	",\"limit\":" limit "}"
#define INFO(limits) "{\"timezone\":\"UTC\",\"rateLimits\":[" limits "],\"symbols\":[]}"

static int weight(const char *json)
{
	return rest_limits_weight(json, strlen(json));
}

static void reads_the_weight_of_a_minute(void **state)
{
	(void)state;
	assert_int_equal(
		weight(INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "6000") "," LIMIT("ORDERS",
			"SECOND", "10", "100") "," LIMIT("RAW_REQUESTS", "MINUTE", "5", "300000"))),
		6000);
	assert_int_equal(weight(INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "5", "6000"))), 1200);
	assert_int_equal(weight(INFO(LIMIT("REQUEST_WEIGHT", "SECOND", "10", "50"))), 300);
	assert_int_equal(weight(INFO(LIMIT("REQUEST_WEIGHT", "DAY", "1", "1000"))), 1);
	/* Of several, what all of them leave. */
	assert_int_equal(weight(INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "6000") "," LIMIT(
				 "REQUEST_WEIGHT", "HOUR", "1", "60000"))),
		1000);
}

static void is_not_told(void **state)
{
	static const char *const none[] = {"", "{}", "[]", "{\"rateLimits\":7}", INFO(""),
		INFO("7"), INFO("{}"), INFO(LIMIT("ORDERS", "MINUTE", "1", "5")),
		INFO(LIMIT("REQUEST_WEIGHT", "WEEK", "1", "5")),
		INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "0", "5")),
		INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "-1", "5")),
		INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "0")),
		INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "\"6000\"")),
		INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "9999999999999")),
		"{\"rateLimits\":[" LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "6000")};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(weight(none[i]), 0);
}

static void the_lesser_one_holds(void **state)
{
	struct rest_budget b;

	(void)state;
	rest_budget_init(&b);
	assert_int_equal(rest_budget_share(&b, 6000, 50), 3000);
	assert_true(rest_budget_grant(&b, 1200));
	assert_false(rest_budget_grant(&b, 1200));
	assert_int_equal(rest_budget_granted(&b), 1200);
	assert_int_equal(rest_budget_share(&b, 6000, 50), 600);
	assert_int_equal(rest_budget_share(&b, 1000, 50), 500);
	assert_true(rest_budget_grant(&b, 12000));
	assert_int_equal(rest_budget_share(&b, 6000, 95), 5700);
	rest_budget_done(&b);
}

static void is_noted_for_the_process(void **state)
{
	static const char info[] = INFO(LIMIT("REQUEST_WEIGHT", "MINUTE", "1", "77"));

	(void)state;
	rest_limits_note("{}", 2);
	assert_int_equal(rest_budget_granted(rest_budget_process()), 0);
	rest_limits_note(info, strlen(info));
	rest_limits_note("{}", 2);
	assert_int_equal(rest_budget_granted(rest_budget_process()), 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_weight_of_a_minute),
		cmocka_unit_test(is_not_told),
		cmocka_unit_test(the_lesser_one_holds),
		cmocka_unit_test(is_noted_for_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
