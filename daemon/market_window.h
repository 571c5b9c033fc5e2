/*
 * market_window: the rolling 24 h statistics of one symbol, exact (Binance's documentation).
 *
 * Time is cut into slots of 1 s that end at the symbol's phase: a slot that ends at E holds the
 * trades with E - 1 s < T <= E. A miniTicker is made only at ends of slots, so the window (E - 24
 * h, E] is a whole number of them. Memory: one entry for each slot with a trade, at most 86,400.
 * One owning thread.
 */
#pragma once
#include "clock.h"
#include "err.h"
#include "market_item.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_US DAY_US
#define SLOT_US SECOND_US

struct market_slot {
	__int128 volume, quote; /* 10^-8, 10^-16 */
	int64_t end_us, open, high, low, close;
	int64_t first_id, last_id, trades;
};

struct market_ring { /* of ascending numbers: indices into the slots */
	uint64_t *items;
	uint64_t first, next, room;
};

struct market_window {
	int64_t phase_us;               /* slots end at phase + n s */
	struct market_slot *slots;      /* ring: entry n is slots[n % room] */
	uint64_t first, next, room;     /* room is a power of two */
	struct market_ring highs, lows; /* monotonic: the extremes of what follows each */
	__int128 volume, quote;         /* sums over the slots */
	int64_t trades;                 /* in them */
	int64_t last_price;             /* 0 = no trade yet */
	int64_t before_price;           /* the last one before the window; 0 = none */
	bool changed;                   /* since the last market_window_end */
};

struct market_stats {
	int64_t open, high, low, close;
	__int128 volume, quote;
	int64_t before;                    /* the price before the window; without one the open */
	int64_t first_id, last_id, trades; /* ids -1: none */
};

void market_window_init(struct market_window *w, int64_t phase_us);
void market_window_done(struct market_window *w);
/* Takes a trade of the newest slot or a later one. -1: no memory, unchanged. */
must_check int market_window_add(struct market_window *w, const struct market_trade *t);
/* The first end of a slot behind `t_us`. */
int64_t market_window_slot_after(const struct market_window *w, int64_t t_us);
/* The slot that ends at `end_us` is over: what is older than 24 h leaves. True: the statistics
 * changed since the end before, `out` holds them. If no trade is left they are the last price
 * with volume 0. */
bool market_window_end(struct market_window *w, int64_t end_us, struct market_stats *out);
/* The statistics as they are, whatever was said. */
void market_window_stats(const struct market_window *w, struct market_stats *out);
