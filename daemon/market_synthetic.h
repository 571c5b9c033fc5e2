/*
 * market_synthetic: a seeded market that looks like one; its trades are a pure function of (seed,
 * symbol, market time).
 *
 * Ids of trades and of orders (aggTrades) count on without a hole from 2017 on, whatever second is asked for first, so a market
 * that is started again continues the one before. A dozen well-known symbols have their usual
 * prices, steps and rates; any other name gets some of its own. One owning thread.
 */
#pragma once
#include "err.h"
#include "market_cascade.h"
#include "market_item.h"
#include <stddef.h>

struct synthetic_symbol { /* how it trades */
	const char *name;
	double price, trades_a_day,
		notional; /* about; notional: of a usual trade, in the quote asset */
	int price_places,
		quantity_places; /* steps are 10^-places; at most 8 together, as quotes have */
	struct market_cascade cascade;
	uint64_t key;
};

struct market_synthetic;
/* `names` are copied. NULL: no memory. Items begin at `start_us`, a whole second, and never end. */
struct market_synthetic *market_synthetic_new(
	uint64_t seed, const char *const *names, size_t count, int64_t start_us);
void market_synthetic_free(struct market_synthetic *s);
struct market_source market_synthetic_source(struct market_synthetic *s);
/* The trades of one symbol in one second (since the epoch), ascending, lent until the next call.
 * NULL with *count 0 also if there is no memory. */
const struct market_trade *market_synthetic_second(
	struct market_synthetic *s, size_t symbol, int64_t second, size_t *count);
/* E of a trade of time T: 1 or 2 ms later, never before that of an earlier T. */
int64_t market_synthetic_event_us(int64_t trade_us);
