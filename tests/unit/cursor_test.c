#include "cursor.h"
#include "test.h"
#include <string.h>

static int parse(struct cursor *c, const char *text, struct err *e)
{
	size_t len = strlen(text);
	char *copy = test_malloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '9';
	int result = cursor_parse(c, copy, len, e);
	test_free(copy);
	return result;
}

static void assert_round_trip(const char *text, const char *expected)
{
	struct err e = {0};
	struct cursor c;
	struct buf b;

	assert_int_equal(parse(&c, text, &e), 0);
	buf_init(&b, 10000);
	cursor_format(&c, &b);
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

static void round_trips(void **state)
{
	(void)state;
	assert_round_trip("c1:binance:1", "c1:binance:1");
	assert_round_trip("c1:replay-btc:3:5.miniTicker.120.trade.77",
		"c1:replay-btc:3:5.miniTicker.120.trade.77");
	assert_round_trip("c1:v:0:7.trade.0:2", "c1:v:0:2:7.trade.0");
	assert_round_trip("c1:v:9223372036854775807:0.kline_1s.9223372036854775807",
		"c1:v:9223372036854775807:0.kline_1s.9223372036854775807");
}

static void skips_streams_of_other_versions(void **state)
{
	(void)state;
	assert_round_trip("c1:v:1:5.depth.12.trade.77.avg-Price_2.1", "c1:v:1:5.trade.77");
}

static void fills_in_what_is_absent(void **state)
{
	struct err e = {0};
	struct cursor c;

	(void)state;
	assert_int_equal(parse(&c, "c1:binance:4:5.trade.77", &e), 0);
	assert_string_equal(c.venue, "binance");
	assert_int_equal(c.epoch, 4);
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		assert_int_equal(c.parts[i].present, i == 5);
	assert_int_equal(c.parts[5].next[STREAM_TRADE], 77);
	assert_int_equal(c.parts[5].next[STREAM_KLINE_1S], CURSOR_NONE);
	assert_int_equal(c.parts[0].next[STREAM_TRADE], CURSOR_NONE);
}

static void refuses_what_cannot_be_decoded(void **state)
{
	static const char *const texts[] = {"", "c", "c1", "c1:", "c2:v:1", "c1:v",
		"c1:v:", "c1::1", "c1:v:x", "c1:v:-1", "c1:v:1:", "c1:v:1:8",
		"c1:v:1:99999999999999999999", "c1:v:1:x", "c1:v:1:5.", "c1:v:1:5.trade",
		"c1:v:1:5.trade.", "c1:v:1:5.trade.-1", "c1:v:1:5.trade.9223372036854775808",
		"c1:v:1:5.trade.7x", "c1:v:1:5.trade.7.", "c1:v:1:5.trade.7.trade.8",
		"c1:v:1:5.trade.7:5.kline_1s.8", "c1:v:1:5..7", "c1:v:1:5.tr ade.7", "c1:v v:1",
		"c1:v.1:1", "c1:v:1.5", " c1:v:1", "c1:v:1 ", "c1:v:+1"};
	struct cursor c, before;

	(void)state;
	memset(&c, 0x55, sizeof(c));
	before = c;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct err e = {0};
		assert_int_equal(parse(&c, texts[i], &e), -1);
		assert_memory_equal(e.text, "cursor: ", 8);
	}
	assert_memory_equal(&c, &before, sizeof(c));
}

static void bounds_names(void **state)
{
	char text[VENUE_SIZE + 200] = "c1:";
	struct err e = {0};
	struct cursor c;

	(void)state;
	memset(text + 3, 'v', VENUE_SIZE - 1);
	memcpy(text + 3 + VENUE_SIZE - 1, ":1", 3);
	assert_int_equal(parse(&c, text, &e), 0);
	assert_int_equal(strlen(c.venue), VENUE_SIZE - 1);
	memset(text + 3, 'v', VENUE_SIZE);
	memcpy(text + 3 + VENUE_SIZE, ":1", 3);
	assert_int_equal(parse(&c, text, &e), -1);
	memcpy(text, "c1:v:1:5.", 9);
	memset(text + 9, 's', 100);
	memcpy(text + 109, ".1", 3);
	assert_int_equal(parse(&c, text, &e), -1);
}

static void starts_empty(void **state)
{
	struct cursor c;
	struct buf b;

	(void)state;
	cursor_init(&c, "synthetic", 2);
	buf_init(&b, 1000);
	cursor_format(&c, &b);
	assert_string_equal(b.data, "c1:synthetic:2");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(skips_streams_of_other_versions),
		cmocka_unit_test(fills_in_what_is_absent),
		cmocka_unit_test(refuses_what_cannot_be_decoded),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(starts_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
