#include "clock.h"
#include "test.h"
#include <time.h>

static void wall_clock_is_the_hosts(void **state)
{
	int64_t before = (int64_t)time(NULL) * SECOND_US, now = clock_wall_us();

	(void)state;
	/* time() may stand a tick behind clock_gettime(). */
	assert_true(now >= before - SECOND_US && now < before + HOUR_US);
}

static void monotonic_clock_never_goes_back(void **state)
{
	int64_t last = clock_mono_us(), boot = clock_boot_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_mono_us(), now_boot = clock_boot_us();
		assert_true(now >= last && now_boot >= boot);
		last = now;
		boot = now_boot;
	}
}

static void floors_towards_minus_infinity(void **state)
{
	(void)state;
	assert_int_equal(clock_floor(0, SECOND_US), 0);
	assert_int_equal(clock_floor(999999, SECOND_US), 0);
	assert_int_equal(clock_floor(1000000, SECOND_US), 1000000);
	assert_int_equal(clock_floor(1723161255343000, DAY_US), 1723075200000000);
	assert_int_equal(clock_floor(-1, SECOND_US), -1000000);
	assert_int_equal(clock_floor(-1000000, SECOND_US), -1000000);
	assert_int_equal(clock_floor(-1000001, SECOND_US), -2000000);
}

static void floor_does_not_overflow(void **state)
{
	(void)state;
	assert_true(clock_floor(INT64_MIN, DAY_US) < INT64_MIN + DAY_US);
	assert_int_equal(clock_floor(INT64_MIN, DAY_US) % DAY_US, 0);
	assert_true(clock_floor(INT64_MAX, DAY_US) > INT64_MAX - DAY_US);
	assert_int_equal(clock_floor(INT64_MAX, INT64_MAX), INT64_MAX);
}

static void reads_times_of_the_exchange(void **state)
{
	(void)state;
	assert_int_equal(clock_from_exchange(1723161255343), 1723161255343000);
	assert_int_equal(clock_from_exchange(1735689600000000), 1735689600000000);
	assert_int_equal(clock_from_exchange(99999999999999), 99999999999999000);
	assert_int_equal(clock_from_exchange(100000000000000), 100000000000000);
	assert_int_equal(clock_from_exchange(0), 0);
	assert_int_equal(clock_from_exchange(INT64_MAX), INT64_MAX);
	assert_int_equal(clock_from_exchange(-1), -1);
	assert_int_equal(clock_from_exchange(INT64_MIN), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_clock_is_the_hosts),
		cmocka_unit_test(monotonic_clock_never_goes_back),
		cmocka_unit_test(floors_towards_minus_infinity),
		cmocka_unit_test(floor_does_not_overflow),
		cmocka_unit_test(reads_times_of_the_exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
