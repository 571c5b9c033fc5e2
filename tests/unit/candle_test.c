#include "candle.h"
#include "clock.h"
#include "test.h"
#include <string.h>

static struct decimal dec(const char *text)
{
	struct decimal d;

	assert_int_equal(decimal_parse(&d, text, strlen(text)), 0);
	return d;
}

static struct candle example(void)
{
	return (struct candle){
		.open_us = 1723161255000 * MS_US,
		.open = dec("61837.63"),
		.high = dec("61840"),
		.low = dec("61830.5"),
		.close = dec("61838"),
		.has_volume = true,
		.volume = dec("1.5"),
		.quote = dec("92756.123456789"),
		.taker_volume = dec("1"),
		.taker_quote = dec("61838"),
		.trades = 12,
		.first_id = 100,
		.last_id = 111,
		.origin = ORIGIN_KLINE,
		.closed = true,
		.stated_us = 1723161256001 * MS_US,
	};
}

static void names_origins(void **state)
{
	(void)state;
	assert_string_equal(origin_name(ORIGIN_SAMPLE), "sample");
	assert_string_equal(origin_name(ORIGIN_AGG_TRADE), "aggTrade");
	assert_string_equal(origin_name(ORIGIN_TRADE), "trade");
	assert_string_equal(origin_name(ORIGIN_KLINE), "kline");
	assert_string_equal(origin_name(ORIGIN_CORRECTION), "correction");
}

static void prints_json(void **state)
{
	struct candle c = example();
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	candle_add_json(&b, &c);
	assert_string_equal(b.data,
		"1723161255000,\"61837.63000000\",\"61840.00000000\",\"61830.50000000\","
		"\"61838.00000000\",\"1.50000000\",\"92756.123456789\",12,\"kline\"");
	buf_reset(&b);
	c.has_volume = false;
	c.origin = ORIGIN_SAMPLE;
	candle_add_json(&b, &c);
	assert_string_equal(b.data,
		"1723161255000,\"61837.63000000\",\"61840.00000000\",\"61830.50000000\","
		"\"61838.00000000\",null,null,null,\"sample\"");
	buf_done(&b);
}

static void equal_means_every_member(void **state)
{
	const struct candle a = example();
	struct candle b = a;
	struct decimal other = dec("5");

	(void)state;
	assert_true(candle_equal(&a, &b));
#define DIFFERS(member, value)                                                                     \
	do {                                                                                       \
		b = a;                                                                             \
		b.member = value;                                                                  \
		assert_false(candle_equal(&a, &b));                                                \
		assert_false(candle_equal(&b, &a));                                                \
	} while (0)
	DIFFERS(open_us, 0);
	DIFFERS(open, other);
	DIFFERS(high, other);
	DIFFERS(low, other);
	DIFFERS(close, other);
	DIFFERS(has_volume, false);
	DIFFERS(volume, other);
	DIFFERS(quote, other);
	DIFFERS(taker_volume, other);
	DIFFERS(taker_quote, other);
	DIFFERS(trades, 13);
	DIFFERS(first_id, 99);
	DIFFERS(last_id, 99);
	DIFFERS(origin, ORIGIN_TRADE);
	DIFFERS(closed, false);
	DIFFERS(stated_us, 0);
#undef DIFFERS
}

static void unknown_volumes_are_not_compared(void **state)
{
	struct candle a = example(), b;

	(void)state;
	a.has_volume = false;
	b = a;
	b.volume = dec("5");
	b.trades = 13;
	assert_true(candle_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_origins),
		cmocka_unit_test(prints_json),
		cmocka_unit_test(equal_means_every_member),
		cmocka_unit_test(unknown_volumes_are_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
