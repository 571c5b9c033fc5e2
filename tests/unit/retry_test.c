#include "clock.h"
#include "retry.h"
#include "test.h"

static const struct retry_policy policy = {
	.first_us = SECOND_US, .max_us = 60 * SECOND_US, .reset_us = 30 * SECOND_US};

static void delays_grow_within_their_bounds(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		int64_t bound = policy.first_us;
		struct retry r;
		retry_init(&r, &policy, seed);
		for (int i = 0; i < 12; i++) {
			int64_t delay = retry_delay_us(&r, 0);
			assert_in_range(delay, policy.first_us / 2, bound);
			bound = bound * 2 < policy.max_us ? bound * 2 : policy.max_us;
		}
		assert_int_equal(r.attempts, 12);
	}
}

static void delays_are_spread(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct retry r;
		retry_init(&r, &policy, seed);
		for (int i = 0; i < 9; i++)
			(void)retry_delay_us(&r, 0);
		int64_t delay = retry_delay_us(&r, 0);
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
	}
	assert_true(least < 3 * SECOND_US);
	assert_true(most > 57 * SECOND_US);
}

static void a_lasting_success_starts_over(void **state)
{
	struct retry r;

	(void)state;
	retry_init(&r, &policy, 1);
	for (int i = 0; i < 5; i++)
		(void)retry_delay_us(&r, 0);
	retry_good(&r, 1000);
	retry_good(&r, 1000 + policy.reset_us - 1);
	assert_int_equal(r.attempts, 5);
	retry_good(&r, 1000 + policy.reset_us);
	assert_int_equal(r.attempts, 0);
	assert_in_range(retry_delay_us(&r, 0), policy.first_us / 2, policy.first_us);
}

static void a_short_success_does_not(void **state)
{
	struct retry r;

	(void)state;
	retry_init(&r, &policy, 1);
	for (int i = 0; i < 5; i++)
		(void)retry_delay_us(&r, 0);
	retry_good(&r, 1000);
	(void)retry_delay_us(&r, 1000 + policy.reset_us / 2);
	assert_int_equal(r.attempts, 6);
	/* The clock of success began anew with the failure. */
	retry_good(&r, 1000 + policy.reset_us);
	assert_int_equal(r.attempts, 6);
}

static void success_need_not_be_told_again(void **state)
{
	struct retry r;

	(void)state;
	retry_init(&r, &policy, 1);
	for (int i = 0; i < 5; i++)
		(void)retry_delay_us(&r, 0);
	retry_good(&r, 0);
	assert_in_range(
		retry_delay_us(&r, 2 * policy.reset_us), policy.first_us / 2, policy.first_us);
	assert_int_equal(r.attempts, 1);
}

static void odd_policies_do_no_harm(void **state)
{
	const struct retry_policy small = {.first_us = 100, .max_us = 10, .reset_us = 1};
	const struct retry_policy large = {.first_us = 1, .max_us = INT64_MAX, .reset_us = 1};
	const struct retry_policy none = {0};
	struct retry r;

	(void)state;
	retry_init(&r, &small, 1);
	assert_int_equal(retry_delay_us(&r, 0), 10);
	retry_init(&r, &none, 1);
	assert_int_equal(retry_delay_us(&r, 0), 0);
	retry_init(&r, &large, 1);
	for (int i = 0; i < 200; i++)
		assert_true(retry_delay_us(&r, 0) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_grow_within_their_bounds),
		cmocka_unit_test(delays_are_spread),
		cmocka_unit_test(a_lasting_success_starts_over),
		cmocka_unit_test(a_short_success_does_not),
		cmocka_unit_test(success_need_not_be_told_again),
		cmocka_unit_test(odd_policies_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
