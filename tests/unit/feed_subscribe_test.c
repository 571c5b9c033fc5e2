/* Requests in batches of bytes, at most two a second; what their answers do; the audit. */
#include "feed_requests.h"

/* Sends all requests for subscriptions and checks each; returns how many there were. */
static int check_requests(struct feed_subscribe *s)
{
	int64_t now_us = 1000, sent_us[FEED_PENDING_MAX];
	size_t names = 0;
	int requests = 0;
	struct json_object *request;

	for (; names < s->count; now_us += SECOND_US / 100) {
		if (!(request = next(s, now_us)))
			continue;
		sent_us[requests++] = now_us;
		/* of any second two */
		if (requests > FEED_REQUESTS_PER_S)
			assert_true(
				now_us - sent_us[requests - 1 - FEED_REQUESTS_PER_S] >= SECOND_US);
		assert_string_equal(method_of(request), "SUBSCRIBE");
		assert_int_equal(
			json_object_get_int(json_object_object_get(request, "id")), requests);
		struct json_object *params = json_object_object_get(request, "params");
		for (size_t i = 0; i < json_object_array_length(params); i++, names++)
			assert_string_equal(
				json_object_get_string(json_object_array_get_idx(params, i)),
				s->entries[names].name);
		json_object_put(request);
	}
	expect_nothing(s);
	return requests;
}

static void test_batches(void **state)
{
	(void)state;
	/* The least and the most that a connection can have: the longest names must fit the table of pending ones. */
	for (size_t len = 4; len < SYMBOL_SIZE; len += SYMBOL_SIZE - 5) {
		struct feed_want *wants = wants_of(FEED_STREAMS_MAX, len);
		struct feed_subscribe s = made(wants, FEED_STREAMS_MAX);
		int requests = check_requests(&s);
		assert_true(requests > 1 && requests <= FEED_PENDING_MAX);
		feed_subscribe_done(&s);
		free(wants);
	}
}

static void test_names(void **state)
{
	const struct feed_want wants[] = {{STREAM_KLINE_1S, "BTCUSDT"},
		{STREAM_TRADE, "1INCH\"\xe8\xbf\x99"}, {STREAM_MINI_TICKER, ""}};
	struct feed_subscribe s = made(wants, 3);
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	assert_true(feed_subscribe_next(&s, 1, &out));
	assert_string_equal(out.data,
		"{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@kline_1s\","
		"\"1inch\\\"\xe8\xbf\x99@trade\",\"!miniTicker@arr\"],\"id\":1}");
	assert_true(feed_subscribe_has_whole(&s));
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	assert_false(feed_subscribe_next(&s, 1 + SECOND_US / 2, &out) &&
		     feed_subscribe_next(&s, 1 + SECOND_US / 2, &out));
	assert_string_equal(out.data, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":2}");
	buf_done(&out);
	feed_subscribe_done(&s);
}

static void test_answers(void **state)
{
	struct feed_want *wants = wants_of(400, 20);
	struct feed_subscribe s = made(wants, 400);

	(void)state;
	assert_false(feed_subscribe_complete(&s));
	int requests = check_requests(&s);
	assert_true(requests >= 3);
	/* in any order; each once */
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = 2}),
		FEED_ACKNOWLEDGED);
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = 2}),
		FEED_NOBODY_WAITS);
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = 99}),
		FEED_NOBODY_WAITS);
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = false}),
		FEED_NOBODY_WAITS);
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = 1}),
		FEED_ACKNOWLEDGED);
	expect_nothing(&s); /* no audit before all is acknowledged */
	for (int id = 3; id <= requests; id++)
		assert_int_equal(
			feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = id}),
			FEED_ACKNOWLEDGED);
	assert_false(feed_subscribe_complete(&s));
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	struct buf list;
	buf_init(&list, 1 << 20);
	for (size_t i = s.count; i > 0; i--) /* in another order */
		buf_printf(&list, "%s\"%s\"", i == s.count ? "[" : ",", s.entries[i - 1].name);
	buf_add_char(&list, ']');
	assert_int_equal(lists(&s, list.data), FEED_ACKNOWLEDGED);
	buf_done(&list);
	assert_true(feed_subscribe_complete(&s));
	/* Named once the owner knows the time. */
	assert_true(feed_subscribe_has_unnamed(&s) && !feed_subscribe_is_named(&s, 0));
	unsigned changes = s.changes;
	feed_subscribe_name(&s);
	assert_true(feed_subscribe_is_named(&s, 399) && s.changes != changes);
	assert_false(feed_subscribe_has_unnamed(&s));
	expect_nothing(&s);
	/* A new connection begins anew. */
	feed_subscribe_reset(&s);
	assert_false(feed_subscribe_complete(&s) || feed_subscribe_is_named(&s, 0));
	assert_int_equal(check_requests(&s), requests);
	feed_subscribe_done(&s);
	free(wants);
}

static void test_refused_name_is_found(void **state)
{
	const struct feed_want wants[] = {{STREAM_TRADE, "A"}, {STREAM_TRADE, "B"},
		{STREAM_TRADE, "BAD"}, {STREAM_TRADE, "D"}};
	struct feed_subscribe s = made(wants, 4);

	(void)state;
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.failed = true}),
		FEED_NOBODY_WAITS);
	expect(&s, "SUBSCRIBE", "a@trade b@trade bad@trade d@trade");
	/* without id it is the oldest one's */
	assert_int_equal(
		feed_subscribe_answer(&s, &(struct feed_answer){.failed = true}), FEED_ASK_AGAIN);
	expect(&s, "SUBSCRIBE", "a@trade b@trade");
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	expect(&s, "SUBSCRIBE", "bad@trade d@trade");
	assert_int_equal(no(&s), FEED_ASK_AGAIN);
	expect(&s, "SUBSCRIBE", "bad@trade");
	assert_int_equal(no(&s), FEED_ASK_AGAIN);
	expect(&s, "SUBSCRIBE", "d@trade");
	assert_int_equal(yes(&s), FEED_ACKNOWLEDGED);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(&s, "[\"a@trade\",\"b@trade\",\"d@trade\"]"), FEED_ACKNOWLEDGED);
	assert_true(feed_subscribe_complete(&s));
	feed_subscribe_name(&s);
	assert_true(feed_subscribe_is_named(&s, 3) && !feed_subscribe_is_named(&s, 2));
	/* A new connection tries it again. */
	feed_subscribe_reset(&s);
	expect(&s, "SUBSCRIBE", "a@trade b@trade bad@trade d@trade");
	feed_subscribe_done(&s);
}

static void test_all_refused(void **state)
{
	struct feed_want *wants = wants_of(100, 6);
	struct feed_subscribe s = made(wants, 100);
	int64_t now_us = 1;
	int requests = 0;
	enum feed_answered answered = FEED_ASK_AGAIN;

	(void)state;
	while (answered == FEED_ASK_AGAIN) {
		json_object_put(next(&s, now_us += 2 * SECOND_US));
		answered = no(&s);
		requests++;
	}
	assert_int_equal(answered, FEED_REFUSED);
	assert_true(requests < 20);
	feed_subscribe_done(&s);
	/* the only one that there is */
	s = made(wants, 1);
	json_object_put(next(&s, 1));
	assert_int_equal(no(&s), FEED_REFUSED);
	feed_subscribe_done(&s);
	free(wants);
}

static void test_audit(void **state)
{
	const struct feed_want wants[] = {{STREAM_TRADE, "A"}, {STREAM_TRADE, "\xe8\xbf\x99"}};
	struct feed_subscribe s = made(wants, 2);

	(void)state;
	expect(&s, "SUBSCRIBE", "a@trade \xe8\xbf\x99@trade");
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	/* one is missing, one nobody asked for; names may be escaped */
	assert_int_equal(lists(&s, "[\"\\u8fd9@trade\",\"x@trade\",5]"), FEED_ASK_AGAIN);
	assert_false(feed_subscribe_complete(&s));
	expect(&s, "SUBSCRIBE", "a@trade");
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(&s, "[\"\xe8\xbf\x99@trade\"]"), FEED_ASK_AGAIN);
	assert_true(feed_subscribe_complete(&s)); /* given up */
	feed_subscribe_name(&s);
	assert_true(!feed_subscribe_is_named(&s, 0) && feed_subscribe_is_named(&s, 1));
	feed_subscribe_done(&s);
	/* None at all is there. */
	s = made(wants, 1);
	expect(&s, "SUBSCRIBE", "a@trade");
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(&s, "[]"), FEED_ASK_AGAIN);
	expect(&s, "SUBSCRIBE", "a@trade");
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(&s, "[]"), FEED_REFUSED);
	/* An answer that is no list says nothing about them. */
	feed_subscribe_reset(&s);
	expect(&s, "SUBSCRIBE", "a@trade");
	yes(&s);
	expect(&s, "LIST_SUBSCRIPTIONS", "");
	assert_int_equal(lists(&s, "null"), FEED_ACKNOWLEDGED);
	assert_true(feed_subscribe_complete(&s));
	feed_subscribe_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refused_name_is_found),
		cmocka_unit_test(test_all_refused),
		cmocka_unit_test(test_audit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
