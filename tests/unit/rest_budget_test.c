/* No minute holds more weight than was allowed, whatever its phase; what the exchange tells counts too; bans hold. */
#include "clock.h"
#include "daemon/rest_budget.h"
#include "test.h"
#include <string.h>

#define T0 (5000 * SECOND_US)

static void test_sliding(void **state)
{
	struct rest_budget b;

	(void)state;
	rest_budget_init(&b);
	for (int i = 0; i < 10; i++)
		assert_true(rest_budget_take(&b, 10, 100, T0 + i * SECOND_US) == 0);
	/* the first of them leaves the minute when its second does */
	assert_true(rest_budget_take(&b, 10, 100, T0 + 10 * SECOND_US) == T0 + 60 * SECOND_US);
	assert_true(rest_budget_take(&b, 15, 100, T0 + 10 * SECOND_US) == T0 + 61 * SECOND_US);
	/* others may go further */
	assert_true(rest_budget_take(&b, 1, 101, T0 + 11 * SECOND_US) == 0);
	assert_true(rest_budget_take(&b, 10, 101, T0 + 60 * SECOND_US - 1) != 0);
	assert_true(rest_budget_take(&b, 10, 101, T0 + 60 * SECOND_US) == 0);
	/* after a long pause all is free */
	assert_true(rest_budget_take(&b, 100, 100, T0 + 300 * SECOND_US) == 0);
	rest_budget_done(&b);
}

static void test_every_minute(void **state)
{
	struct rest_budget b;
	static int taken[700];

	(void)state;
	rest_budget_init(&b);
	memset(taken, 0, sizeof(taken));
	for (int s = 0; s < 600; s++)
		for (int i = 0; i < 50; i++)
			if (rest_budget_take(&b, 4, 1000, T0 + s * SECOND_US + i) == 0)
				taken[s] += 4;
	for (int from = 0; from < 540; from++) {
		int sum = 0;
		for (int s = from; s < from + 60; s++)
			sum += taken[s];
		assert_true(sum <= 1000);
		assert_true(sum >= 900 || from > 530);
	}
	rest_budget_done(&b);
}

static void test_heavy(void **state)
{
	struct rest_budget b;

	(void)state;
	rest_budget_init(&b);
	assert_true(rest_budget_take(&b, 80, 60, T0) == 0); /* nothing else is under way */
	assert_true(rest_budget_take(&b, 80, 60, T0 + SECOND_US) == T0 + 60 * SECOND_US);
	assert_true(rest_budget_take(&b, 80, 60, T0 + 60 * SECOND_US) == 0);
	rest_budget_done(&b);
}

static void test_told(void **state)
{
	struct rest_budget b;

	(void)state;
	rest_budget_init(&b);
	assert_true(rest_budget_take(&b, 2, 100, T0) == 0);
	rest_budget_told(&b, 95, T0 + 20 * SECOND_US); /* others behind our address */
	assert_true(rest_budget_take(&b, 4, 100, T0) == 0);
	assert_true(rest_budget_take(&b, 4, 100, T0) == T0 + 20 * SECOND_US);
	assert_true(rest_budget_take(&b, 4, 100, T0 + 20 * SECOND_US) == 0);
	rest_budget_told(&b, 3, T0 + 80 * SECOND_US);
	assert_true(rest_budget_take(&b, 80, 100, T0 + 20 * SECOND_US) == 0);
	rest_budget_done(&b);
}

static void test_banned(void **state)
{
	struct rest_budget b;

	(void)state;
	rest_budget_init(&b);
	rest_budget_ban(&b, T0 + 7);
	rest_budget_ban(&b, T0 + 3); /* never shorter */
	assert_true(rest_budget_take(&b, 1, 100, T0) == T0 + 7);
	assert_true(rest_budget_take(&b, 1, 100, T0 + 7) == 0);
	rest_budget_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sliding),
		cmocka_unit_test(test_every_minute),
		cmocka_unit_test(test_heavy),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_banned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
