/* When a PING is due, what its PONG says, and when a connection counts as silent. */
#include "daemon/feed_watch.h"
#include "test.h"
#include <string.h>

#define VENUE 1723161255000000LL

static struct feed_watch started(void)
{
	struct feed_watch w = {.ping_every_us = 5, .silence_us = 15};
	feed_watch_start(&w, 100);
	return w;
}

static void test_ping(void **state)
{
	struct feed_watch w = started();
	char payload[FEED_PING_SIZE] = "";

	(void)state;
	assert_int_equal(feed_watch_check(&w, 104, VENUE, payload), FEED_WATCH_FINE);
	assert_int_equal(feed_watch_check(&w, 105, VENUE, payload), FEED_WATCH_PING);
	assert_string_equal(payload, "1723161255000000");
	assert_int_equal(feed_watch_check(&w, 106, VENUE, payload), FEED_WATCH_FINE);
	assert_int_equal(feed_watch_check(&w, 110, 0, payload), FEED_WATCH_PING);
	assert_string_equal(payload, "0");
}

static int64_t pong(struct feed_watch *w, const char *text)
{
	return feed_watch_pong(w, text, strlen(text));
}

static void test_pong(void **state)
{
	struct feed_watch w = started();
	char payload[FEED_PING_SIZE];

	(void)state;
	assert_int_equal(pong(&w, "1723161255000000"), -1); /* nothing was sent */
	assert_int_equal(feed_watch_check(&w, 105, VENUE, payload), FEED_WATCH_PING);
	assert_int_equal(feed_watch_check(&w, 110, VENUE + 5, payload), FEED_WATCH_PING);
	assert_int_equal(pong(&w, ""), -1);
	assert_int_equal(pong(&w, "x"), -1);
	assert_int_equal(pong(&w, "-5"), -1);
	assert_int_equal(pong(&w, "0"), -1);
	assert_int_equal(pong(&w, "1723161255000006"), -1); /* later than any PING */
	assert_int_equal(pong(&w, "99999999999999999999999999"), -1);
	assert_true(pong(&w, payload) == VENUE + 5);
	assert_int_equal(pong(&w, "1723161255000000"), -1); /* says nothing new */
	feed_watch_start(&w, 200);
	assert_int_equal(pong(&w, payload), -1); /* of the connection before */
}

static void test_silence(void **state)
{
	struct feed_watch w = started();
	char payload[FEED_PING_SIZE];

	(void)state;
	feed_watch_read(&w, 110);
	assert_int_not_equal(feed_watch_check(&w, 124, VENUE, payload), FEED_WATCH_SILENT);
	assert_int_equal(feed_watch_check(&w, 125, VENUE, payload), FEED_WATCH_SILENT);
	assert_int_not_equal(feed_watch_check(&w, 126, VENUE, payload), FEED_WATCH_SILENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_pong),
		cmocka_unit_test(test_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
