/*
 * market_bars: the bars of one symbol, built from its trades: every second and every minute in
 * which somebody traded.
 *
 * Seconds are kept for the last 48 h of market time or more, minutes for ever. One owning thread.
 */
#pragma once
#include "err.h"
#include "market_item.h"
#include <stddef.h>
#include <stdint.h>

struct market_bar {
	__int128 volume, quote, taker_volume, taker_quote; /* 10^-8, quotes 10^-16 */
	int64_t open_us, first_id, last_id, trades;
	int64_t open, high, low, close; /* 10^-8 */
};

struct market_bar_list {
	struct market_bar *items; /* ascending open_us */
	size_t count, room;
};

struct market_bars {
	struct market_bar_list seconds, minutes;
};

void market_bars_done(struct market_bars *b); /* zeroed bars are empty */
/* Takes a trade whose second is not before the newest one. -1: no memory, unchanged. */
must_check int market_bars_add(struct market_bars *b, const struct market_trade *t);
/* The index of the first bar with open_us >= `t_us`; the count if there is none. */
size_t market_bar_list_find(const struct market_bar_list *l, int64_t t_us);
/* Folds the bars of `l` in [from, to) into `out` (open_us = from). Returns how many there were;
 * 0: `out` untouched. */
size_t market_bar_list_fold(
	const struct market_bar_list *l, int64_t from_us, int64_t to_us, struct market_bar *out);
