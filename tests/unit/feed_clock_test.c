/* The clock that a server's PINGs tell. (The one over REST: tests/e2e/test_feed.py.) */
#include "clock.h"
#include "daemon/feed_clock.h"
#include "test.h"

#define T0_MS "1723161255000"
#define T0_US 1723161255000000LL

static struct feed_clock *ping_clock(void)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);

	assert_int_equal(settings_set(s, "venue.clock=ping", &e), 0);
	struct feed_clock *c = feed_clock_new(s, &e);
	assert_non_null(c);
	settings_free(s);
	return c;
}

static void test_told(void **state)
{
	struct feed_clock *c = ping_clock();

	(void)state;
	assert_int_equal(feed_clock_kind(c), FEED_CLOCK_PING);
	assert_false(feed_clock_known(c));
	assert_int_equal(feed_clock_host_us(c), 0);
	assert_int_equal(feed_clock_ping(c, ""), -1);
	assert_int_equal(feed_clock_ping(c, "172316125500"), -1);
	assert_int_equal(feed_clock_ping(c, "172316125500x"), -1);
	assert_false(feed_clock_known(c));
	/* what a longer PING before has left behind it */
	assert_true(feed_clock_ping(c, T0_MS "7xyz") == T0_US);
	assert_true(feed_clock_known(c));
	assert_true(feed_clock_now_us(c) >= T0_US);
	assert_int_equal(feed_clock_host_us(c), 0);
	/* an earlier one is read, but does not set the clock back */
	assert_true(feed_clock_ping(c, "1723161250000") == T0_US - 5 * SECOND_US);
	assert_true(feed_clock_now_us(c) >= T0_US);
	feed_clock_free(c);
}

static void test_stopped(void **state)
{
	struct feed_clock *c = ping_clock();

	(void)state;
	assert_true(feed_clock_ping(c, T0_MS) == T0_US);
	assert_true(feed_clock_speed(c) > 0);
	feed_clock_stop(c, T0_US + 3);
	assert_true(feed_clock_now_us(c) == T0_US + 3);
	assert_true(feed_clock_speed(c) == 0);
	feed_clock_free(c);
	feed_clock_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
