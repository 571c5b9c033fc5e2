/* One address after the other, then the back-off and a new look-up; never more attempts than are allowed. */
#include "clock.h"
#include "daemon/feed_dial.h"
#include "test.h"
#include <string.h>

/* A resolver that answers at the second question. */
static int look_ups;
static struct feed_addresses known;

enum feed_resolved feed_resolver_get(
	struct feed_resolver *r, int64_t *ticket, struct feed_addresses *out, struct err *e)
{
	(void)r;
	if (!*ticket) {
		look_ups++;
		*ticket = look_ups;
		return FEED_RESOLVE_WAIT;
	}
	*ticket = 0;
	if (!known.count) {
		err_set(e, "no such host");
		return FEED_UNRESOLVED;
	}
	*out = known;
	return FEED_RESOLVED;
}

static struct feed_attempts attempts;

static int made(void)
{
	int count = 0;

	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		count += attempts.at_us[i] >= 0;
	return count;
}

static const struct feed_socket_closed failed = {.opened = false},
				       lost = {.opened = true, .code = 1006},
				       refused = {.status = 503};

static struct feed_dial start(int addresses)
{
	struct feed_dial d;

	look_ups = 0;
	known = (struct feed_addresses){.count = addresses, .text = {"::1", "127.0.0.1"}};
	feed_attempts_init(&attempts);
	feed_dial_init(&d, NULL, &attempts, 7);
	return d;
}

static void test_addresses_in_turn(void **state)
{
	struct feed_dial d = start(2);
	int64_t now_us = SECOND_US;

	(void)state;
	assert_null(feed_dial_address(&d, now_us)); /* the look-up is under way */
	assert_string_equal(feed_dial_address(&d, now_us), "::1");
	feed_dial_lost(&d, &failed, now_us);
	assert_string_equal(feed_dial_address(&d, now_us), "127.0.0.1");
	feed_dial_lost(&d, &failed, now_us);
	assert_null(feed_dial_address(&d, now_us + SECOND_US / 2 - 1)); /* back-off */
	assert_int_equal(look_ups, 1);
	assert_null(feed_dial_address(&d, now_us + SECOND_US)); /* looked up anew */
	assert_int_equal(look_ups, 2);
	assert_string_equal(feed_dial_address(&d, now_us + SECOND_US), "::1");
	assert_int_equal(made(), 3);
}

/* A server that was reached is not asked again at its other address. */
static void test_no_second_address_after_an_answer(void **state)
{
	const struct feed_socket_closed *ends[] = {&lost, &refused};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct feed_dial d = start(2);
		feed_dial_address(&d, SECOND_US);
		assert_string_equal(feed_dial_address(&d, SECOND_US), "::1");
		feed_dial_lost(&d, ends[i], SECOND_US);
		assert_null(feed_dial_address(&d, SECOND_US + SECOND_US / 2 - 1));
		assert_null(feed_dial_address(&d, 3 * SECOND_US));
		assert_string_equal(feed_dial_address(&d, 3 * SECOND_US), "::1");
	}
}

static void test_no_such_host(void **state)
{
	struct feed_dial d = start(0);

	(void)state;
	assert_null(feed_dial_address(&d, SECOND_US));
	assert_null(feed_dial_address(&d, SECOND_US));
	assert_null(feed_dial_address(&d, SECOND_US + 1));
	assert_int_equal(look_ups, 1); /* the next one after the back-off */
	assert_null(feed_dial_address(&d, 3 * SECOND_US));
	assert_int_equal(look_ups, 2);
	assert_int_equal(made(), 0);
}

static void test_limit(void **state)
{
	struct feed_dial d = start(1);
	int64_t now_us = SECOND_US;

	(void)state;
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		assert_int_equal(feed_attempts_wait_us(&attempts, now_us), 0); /* others' */
	assert_null(feed_dial_address(&d, now_us));
	assert_null(feed_dial_address(&d, now_us));
	assert_null(feed_dial_address(&d, now_us + FEED_ATTEMPTS_US - 1));
	assert_string_equal(feed_dial_address(&d, now_us + FEED_ATTEMPTS_US), "::1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_in_turn),
		cmocka_unit_test(test_no_second_address_after_an_answer),
		cmocka_unit_test(test_no_such_host),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
