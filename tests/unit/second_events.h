/* Events of one second and what is seen of them. */
#pragma once
#include "clock.h"
#include "second.h"
#include "test.h"
#include <string.h>

#define OPEN_US (1723161255 * SECOND_US)

static inline struct decimal dec(const char *text)
{
	struct decimal d;

	assert_int_equal(decimal_parse(&d, text, strlen(text)), 0);
	return d;
}

static inline struct event sample(int at_ms, const char *price)
{
	struct event ev = {.kind = STREAM_MINI_TICKER, .event_us = OPEN_US + at_ms * MS_US};

	ev.mini_ticker = (struct event_mini_ticker){
		.close = dec(price), .open = dec("1"), .high = dec("99999"), .low = dec("0.5")};
	return ev;
}

static inline struct event trade(int64_t id, const char *price, const char *quantity)
{
	struct event ev = {.kind = STREAM_TRADE, .event_us = OPEN_US + 5 * SECOND_US};

	ev.trade = (struct event_trade){.id = id,
		.trade_us = OPEN_US + id % 1000 * MS_US,
		.price = dec(price),
		.quantity = dec(quantity),
		.buyer_is_maker = id % 2 == 1};
	return ev;
}

/* An aggregate `id` of the trades first..last. */
static inline struct event agg_trade(int64_t id, int64_t first, int64_t last, const char *price)
{
	struct event ev = {.kind = STREAM_AGG_TRADE, .event_us = OPEN_US + 5 * SECOND_US};

	ev.agg_trade = (struct event_agg_trade){.id = id,
		.first_id = first,
		.last_id = last,
		.trade_us = OPEN_US + id % 1000 * MS_US,
		.price = dec(price),
		.quantity = dec("2"),
		.buyer_is_maker = id % 2 == 1};
	return ev;
}

static inline struct event kline(bool closed, int stated_ms, const char *close, int64_t trades)
{
	struct event ev = {.kind = STREAM_KLINE_1S, .event_us = OPEN_US + stated_ms * MS_US};

	ev.kline = (struct event_kline){.open_us = OPEN_US,
		.open = dec("10"),
		.high = dec("30"),
		.low = dec("5"),
		.close = dec(close),
		.volume = dec("3"),
		.quote = dec("33"),
		.taker_volume = dec("1"),
		.taker_quote = dec("11"),
		.trades = trades,
		.first_id = trades ? 100 : -1,
		.last_id = trades ? 100 + trades - 1 : -1,
		.closed = closed};
	return ev;
}

static inline void add(struct second *s, struct event ev, int expected)
{
	struct err e = {0};

	assert_int_equal(second_add(s, &ev, &e), expected);
	assert_string_equal(e.text, "");
}

static inline struct candle visible(const struct second *s)
{
	struct candle c;

	assert_true(second_visible(s, &c));
	assert_int_equal(c.open_us, OPEN_US);
	return c;
}

static inline void assert_decimal(const struct decimal *d, const char *expected)
{
	struct decimal e = dec(expected);

	assert_int_equal(decimal_cmp(d, &e), 0);
}

static inline void assert_prices(const struct candle *c, const char *const ohlc[4])
{
	assert_decimal(&c->open, ohlc[0]);
	assert_decimal(&c->high, ohlc[1]);
	assert_decimal(&c->low, ohlc[2]);
	assert_decimal(&c->close, ohlc[3]);
}
