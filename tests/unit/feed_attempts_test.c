/* No more attempts to connect than the exchange allows, in any five minutes. */
#include "daemon/feed_attempts.h"
#include "test.h"

static void test_window(void **state)
{
	static struct feed_attempts a;
	int64_t now_us = SECOND_US;

	(void)state;
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		assert_int_equal(feed_attempts_wait_us(&a, now_us + i * MS_US), 0);
	now_us += FEED_ATTEMPTS_MAX * MS_US;
	int64_t wait_us = feed_attempts_wait_us(&a, now_us);
	assert_int_equal(wait_us, FEED_ATTEMPTS_US - FEED_ATTEMPTS_MAX * MS_US);
	/* asking costs nothing */
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us - 1), 1);
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us), 0);
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us), MS_US);
}

/* Whoever asks whenever it may: no window of five minutes holds more than 300. */
static void test_any_window(void **state)
{
	static struct feed_attempts a;
	static int64_t at_us[5000];
	int made = 0;
	int64_t now_us = 0;
	unsigned random = 5;

	(void)state;
	while (made < 5000) {
		int64_t wait_us = feed_attempts_wait_us(&a, now_us);
		if (wait_us == 0)
			at_us[made++] = now_us;
		random = random * 1103515245 + 12345;
		now_us += wait_us ? wait_us : (int64_t)(random >> 8) % (2 * SECOND_US);
	}
	for (int i = FEED_ATTEMPTS_MAX; i < made; i++)
		assert_true(at_us[i] - at_us[i - FEED_ATTEMPTS_MAX] >= FEED_ATTEMPTS_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_any_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
