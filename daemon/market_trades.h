/*
 * market_trades: the trades of one symbol that REST still knows, and their aggregates: the fills of
 * one order at one price are one aggTrade (Binance's documentation).
 *
 * Ids of trades and of orders ascend. Memory: `max` trades of 48 bytes; when they are there the
 * older half goes. One owning thread.
 */
#pragma once
#include "err.h"
#include "market_item.h"
#include <stddef.h>

struct market_tick { /* a trade as it is kept */
	__int128 quantity;
	int64_t id, order, price;
	uint64_t trade_us : 63, maker : 1;
};

struct market_order { /* an aggTrade */
	__int128 quantity;
	int64_t id, first_id, last_id, price, trade_us;
	bool maker;
};

struct market_trades {             /* zeroed it is empty */
	struct market_tick *items; /* ascending */
	size_t count, room, max;
};

void market_trades_done(struct market_trades *l);
/* Takes a trade whose `order` is set. `max` 0 keeps none. -1: no memory, unchanged. */
must_check int market_trades_add(struct market_trades *l, const struct market_trade *t);
/* The index of the first trade with that id, of that order, or made at that time, or behind it. */
size_t market_trades_find_id(const struct market_trades *l, int64_t id);
size_t market_trades_find_order(const struct market_trades *l, int64_t order);
size_t market_trades_find_time(const struct market_trades *l, int64_t t_us);
/* Where the order begins that the trade before index `i` belongs to; 0 if there is none. */
size_t market_trades_order_before(const struct market_trades *l, size_t i);
/* Adds up the order that begins at index `i`, which is there; returns the index behind it. */
size_t market_trades_order(const struct market_trades *l, size_t i, struct market_order *out);
/* Is `next` of the same order as `o`? */
bool market_order_goes_on(const struct market_order *o, const struct market_trade *next);
/* Begins (`o` of no id) or goes on with the trade's order. */
void market_order_add(struct market_order *o, const struct market_trade *t);
