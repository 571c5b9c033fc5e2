/* Requests in batches of bytes, at most two a second, and what their answers do. */
#include "daemon/feed_subscribe.h"
#include "test.h"
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_US 10000000

static struct feed_want *wants_of(size_t count, char (*symbols)[SYMBOL_SIZE], size_t symbol_len)
{
	struct feed_want *wants = calloc(count, sizeof(*wants));

	for (size_t i = 0; i < count; i++) {
		snprintf(symbols[i], SYMBOL_SIZE, "%0*zu", (int)symbol_len, i);
		wants[i] = (struct feed_want){(enum stream_kind)(i % STREAM_COUNT), symbols[i]};
	}
	return wants;
}

/* Sends all requests and checks each; returns how many there were. */
static int check_requests(struct feed_subscribe *s)
{
	struct buf out;
	int64_t now_us = 1000;
	size_t names = 0;
	int requests = 0;
	char expected[SYMBOL_SIZE + 32];

	buf_init(&out, 1 << 20);
	while (feed_subscribe_next(s, now_us, &out)) {
		requests++;
		assert_false(out.failed);
		assert_true(out.len <= FEED_REQUEST_BYTES);
		struct json_object *request = json_tokener_parse(out.data);
		assert_string_equal(
			json_object_get_string(json_object_object_get(request, "method")),
			"SUBSCRIBE");
		assert_int_equal(
			json_object_get_int(json_object_object_get(request, "id")), requests);
		struct json_object *params = json_object_object_get(request, "params");
		for (size_t i = 0; i < json_object_array_length(params); i++, names++) {
			snprintf(expected, sizeof(expected), "%s@%s", s->wants[names].symbol,
				stream_table[s->wants[names].stream].name);
			assert_string_equal(
				json_object_get_string(json_object_array_get_idx(params, i)),
				expected);
		}
		json_object_put(request);
		assert_false(feed_subscribe_next(s, now_us + FEED_REQUEST_INTERVAL_US - 1, &out));
		now_us += FEED_REQUEST_INTERVAL_US;
	}
	assert_int_equal(names, s->count);
	buf_done(&out);
	return requests;
}

static void test_batches(void **state)
{
	static char symbols[FEED_STREAMS_MAX][SYMBOL_SIZE];
	struct feed_subscribe s;

	(void)state;
	/* The least and the most that a connection can have: the longest names must fit the table of pending ones. */
	for (size_t len = 1; len < SYMBOL_SIZE; len += SYMBOL_SIZE - 2) {
		struct feed_want *wants = wants_of(FEED_STREAMS_MAX, symbols, len);
		feed_subscribe_init(&s, wants, FEED_STREAMS_MAX, TIMEOUT_US);
		int requests = check_requests(&s);
		assert_true(requests > 1 && requests <= FEED_PENDING_MAX);
		free(wants);
	}
}

static void test_names(void **state)
{
	const struct feed_want wants[] = {
		{STREAM_KLINE_1S, "BTCUSDT"}, {STREAM_TRADE, "1INCH\"\xe8\xbf\x99"}};
	struct feed_subscribe s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	feed_subscribe_init(&s, wants, 2, TIMEOUT_US);
	assert_true(feed_subscribe_next(&s, 1, &out));
	assert_string_equal(out.data, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@kline_1s\","
				      "\"1inch\\\"\xe8\xbf\x99@trade\"],\"id\":1}");
	buf_done(&out);
}

static void test_answers(void **state)
{
	static char symbols[400][SYMBOL_SIZE];
	struct feed_want *wants = wants_of(400, symbols, 20);
	struct feed_subscribe s;

	(void)state;
	feed_subscribe_init(&s, wants, 400, TIMEOUT_US);
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
	assert_false(feed_subscribe_complete(&s));
	for (int id = 3; id <= requests; id++)
		assert_int_equal(
			feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = id}),
			FEED_ACKNOWLEDGED);
	assert_true(feed_subscribe_complete(&s));
	/* A new connection begins anew. */
	feed_subscribe_reset(&s);
	assert_false(feed_subscribe_complete(&s));
	assert_int_equal(check_requests(&s), requests);
	free(wants);
}

static void test_errors(void **state)
{
	const struct feed_want want = {STREAM_TRADE, "A"};
	struct feed_subscribe s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	feed_subscribe_init(&s, &want, 1, TIMEOUT_US);
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.failed = true}),
		FEED_NOBODY_WAITS);
	assert_true(feed_subscribe_next(&s, 1, &out));
	assert_int_equal(feed_subscribe_answer(&s,
				 &(struct feed_answer){.failed = true, .has_id = true, .id = 1}),
		FEED_REFUSED);
	feed_subscribe_reset(&s);
	assert_true(feed_subscribe_next(&s, 1, &out));
	/* without id it is the oldest one's */
	assert_int_equal(
		feed_subscribe_answer(&s, &(struct feed_answer){.failed = true}), FEED_REFUSED);
	buf_done(&out);
}

static void test_expiry(void **state)
{
	const struct feed_want want = {STREAM_TRADE, "A"};
	struct feed_subscribe s;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	feed_subscribe_init(&s, &want, 1, TIMEOUT_US);
	assert_false(feed_subscribe_expired(&s, INT64_MAX));
	assert_true(feed_subscribe_next(&s, 7, &out));
	assert_false(feed_subscribe_expired(&s, 7 + TIMEOUT_US - 1));
	assert_true(feed_subscribe_expired(&s, 7 + TIMEOUT_US));
	assert_int_equal(feed_subscribe_answer(&s, &(struct feed_answer){.has_id = true, .id = 1}),
		FEED_ACKNOWLEDGED);
	assert_false(feed_subscribe_expired(&s, INT64_MAX));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_expiry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
