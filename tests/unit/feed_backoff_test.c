/* How long the feed stays away, by reason. */
#include "clock.h"
#include "daemon/feed_backoff.h"
#include "test.h"
#include <stdio.h>

static int64_t wait_of(struct feed_socket_closed why)
{
	struct feed_backoff b;
	feed_backoff_init(&b, 7);
	return feed_backoff_wait_us(&b, &why, SECOND_US);
}

static void test_growth(void **state)
{
	struct feed_backoff b;
	struct feed_socket_closed why = {.opened = true, .code = 1006};
	int64_t now_us = SECOND_US, most_us = 0;

	(void)state;
	feed_backoff_init(&b, 7);
	int64_t first_us = feed_backoff_wait_us(&b, &why, now_us);
	assert_true(first_us >= SECOND_US / 2 && first_us <= SECOND_US);
	for (int i = 0; i < 100; i++) {
		int64_t wait_us = feed_backoff_wait_us(&b, &why, now_us);
		assert_true(wait_us >= SECOND_US / 2 && wait_us <= MINUTE_US);
		most_us = wait_us > most_us ? wait_us : most_us;
	}
	assert_true(most_us > 20 * SECOND_US);
	/* 30 s of data: from the beginning again */
	feed_backoff_good(&b, now_us);
	feed_backoff_good(&b, now_us + 31 * SECOND_US);
	assert_true(feed_backoff_wait_us(&b, &why, now_us + 31 * SECOND_US) <= SECOND_US);
}

static void test_refusals(void **state)
{
	(void)state;
	assert_true(wait_of((struct feed_socket_closed){.status = 451}) == 5 * MINUTE_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 403}) == MINUTE_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 429}) == MINUTE_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 418}) == 2 * MINUTE_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 503}) <= SECOND_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 429, .retry_after_s = 100}) ==
		    100 * SECOND_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 429, .retry_after_s = 5}) ==
		    MINUTE_US);
	assert_true(wait_of((struct feed_socket_closed){.status = 503, .retry_after_s = 9}) ==
		    9 * SECOND_US);
	assert_true(wait_of((struct feed_socket_closed){
			    .status = 418, .retry_after_s = 2000000000}) == 3 * DAY_US);
}

static int64_t wait_of_close(int code, const char *reason)
{
	struct feed_socket_closed why = {.opened = true, .code = code};
	snprintf(why.reason, sizeof(why.reason), "%s", reason);
	return wait_of(why);
}

/* After most closes the first attempt comes within a second; where going on would mean a ban, later. */
static void test_close_codes(void **state)
{
	static const int plain[] = {1000, 1001, 1002, 1005, 1006, 1011, 4000};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_in_range(wait_of_close(plain[i], ""), SECOND_US / 2, SECOND_US);
	assert_in_range(wait_of_close(1008, "Pong timeout"), SECOND_US / 2, SECOND_US);
	assert_int_equal(wait_of_close(1008, "Too many requests"), 10 * SECOND_US);
	assert_int_equal(wait_of_close(1008, "disconnected"), 10 * SECOND_US);
	assert_int_equal(wait_of_close(1009, ""), 10 * SECOND_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_close_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
