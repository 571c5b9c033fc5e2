/* Other wants on a running connection: in which order they are asked for, and what a lost answer does. */
#include "feed_requests.h"

/* All of them subscribed, audited and named. */
static void settle(struct feed_subscribe *s, const char *params, const char *list)
{
	expect(s, "SUBSCRIBE", params);
	assert_int_equal(yes(s), FEED_ACKNOWLEDGED);
	expect(s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(s, list), FEED_ACKNOWLEDGED);
	assert_true(feed_subscribe_complete(s));
	feed_subscribe_name(s);
}

static void test_changes(void **state)
{
	const struct feed_want first[] = {{STREAM_TRADE, "A"}, {STREAM_TRADE, "B"}};
	const struct feed_want second[] = {{STREAM_TRADE, "B"}, {STREAM_TRADE, "C"}};
	struct feed_subscribe s = made(first, 2);

	(void)state;
	settle(&s, "a@trade b@trade", "[\"a@trade\",\"b@trade\"]");
	unsigned changes = s.changes;
	assert_int_equal(feed_subscribe_want(&s, second, 2), 0);
	/* At once out of what the sessions name, and only then unsubscribed; before anything new is asked for. */
	assert_true(s.changes != changes);
	assert_false(feed_subscribe_is_named(&s, 0) || feed_subscribe_complete(&s));
	assert_true(feed_subscribe_is_named(&s, 1));
	expect(&s, "UNSUBSCRIBE", "a@trade");
	expect_nothing(&s);
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	assert_int_equal(s.count, 2);
	settle(&s, "c@trade", "[\"b@trade\",\"c@trade\"]");
	assert_true(feed_subscribe_is_named(&s, 1));
	/* The same again is no change. */
	changes = s.changes;
	assert_int_equal(feed_subscribe_want(&s, second, 2), 0);
	assert_true(feed_subscribe_complete(&s) && s.changes == changes);
	/* Back before it was unsubscribed; and back while the answer is awaited. */
	assert_int_equal(feed_subscribe_want(&s, second, 1), 0);
	assert_int_equal(feed_subscribe_want(&s, second, 2), 0);
	assert_true(feed_subscribe_complete(&s) && feed_subscribe_is_named(&s, 1));
	assert_int_equal(feed_subscribe_want(&s, second, 1), 0);
	expect(&s, "UNSUBSCRIBE", "c@trade");
	assert_int_equal(feed_subscribe_want(&s, second, 2), 0);
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	settle(&s, "c@trade", "[\"b@trade\",\"c@trade\"]");
	/* Gone while its SUBSCRIBE is pending. */
	assert_int_equal(
		feed_subscribe_want(&s, (const struct feed_want[]){{STREAM_TRADE, "D"}}, 1), 0);
	expect(&s, "UNSUBSCRIBE", "b@trade c@trade");
	yes(&s);
	expect(&s, "SUBSCRIBE", "d@trade");
	assert_int_equal(feed_subscribe_want(&s, NULL, 0), 0);
	yes(&s);
	expect(&s, "UNSUBSCRIBE", "d@trade");
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	assert_int_equal(s.count, 0);
	assert_true(feed_subscribe_complete(&s));
	feed_subscribe_done(&s);
}

static void test_full_connection_changes_all(void **state)
{
	struct feed_want *first = wants_of(FEED_STREAMS_MAX, 8),
			 *second = wants_of(FEED_STREAMS_MAX, 9);
	struct feed_subscribe s = made(first, FEED_STREAMS_MAX);
	int64_t now_us = 1;
	size_t held = 0, most = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		while (!feed_subscribe_complete(&s)) {
			struct json_object *request = next(&s, now_us += 2 * SECOND_US);
			struct json_object *params = json_object_object_get(request, "params");
			size_t names = params ? json_object_array_length(params) : 0;
			if (strcmp(method_of(request), "SUBSCRIBE") == 0)
				held += names;
			else
				held -= names;
			most = held > most ? held : most;
			yes(&s);
			json_object_put(request);
		}
		assert_int_equal(held, FEED_STREAMS_MAX);
		assert_int_equal(most, FEED_STREAMS_MAX);
		feed_subscribe_name(&s);
		assert_int_equal(feed_subscribe_want(&s, second, FEED_STREAMS_MAX), 0);
	}
	feed_subscribe_done(&s);
	free(first);
	free(second);
}

static void test_expiry(void **state)
{
	const struct feed_want wants[] = {{STREAM_TRADE, "A"}, {STREAM_TRADE, "B"}};
	struct feed_subscribe s = made(wants, 1);

	(void)state;
	assert_false(feed_subscribe_expired(&s, INT64_MAX));
	int64_t sent_us = expect(&s, "SUBSCRIBE", "a@trade");
	assert_false(feed_subscribe_expired(&s, sent_us + TIMEOUT_US - 1));
	assert_true(feed_subscribe_expired(&s, sent_us + TIMEOUT_US));
	yes(&s);
	assert_false(feed_subscribe_expired(&s, INT64_MAX));
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	lists(&s, "[\"a@trade\"]");
	feed_subscribe_name(&s);
	/* A lost answer on a running connection: asked once more, then it is the connection's fault. */
	assert_int_equal(feed_subscribe_want(&s, wants, 2), 0);
	expect(&s, "SUBSCRIBE", "b@trade");
	assert_true(feed_subscribe_ask_again(&s));
	assert_true(feed_subscribe_is_named(&s, 0));
	expect(&s, "SUBSCRIBE", "b@trade");
	assert_false(feed_subscribe_ask_again(&s));
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_true(feed_subscribe_ask_again(&s));
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	lists(&s, "[\"a@trade\",\"b@trade\"]");
	assert_int_equal(feed_subscribe_want(&s, wants, 1), 0);
	expect(&s, "UNSUBSCRIBE", "b@trade");
	assert_true(feed_subscribe_ask_again(&s));
	expect(&s, "UNSUBSCRIBE", "b@trade");
	yes(&s);
	assert_true(feed_subscribe_complete(&s) && s.count == 1);
	feed_subscribe_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_full_connection_changes_all),
		cmocka_unit_test(test_expiry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
