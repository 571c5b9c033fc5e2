/*
 * market_rows: the klines of a symbol as REST gives them: which bars there are in a range, and
 * each of them.
 *
 * From the symbol's first trade on every bar is there in which market time passed, a flat one if
 * nobody traded; none is where the recording paused. The last one is the bar still open. One
 * owning thread.
 */
#pragma once
#include "interval.h"
#include "market.h"

struct market_range {
	const struct interval *interval;
	int64_t offset_us;      /* time zone: bars begin at this much before UTC's */
	int64_t from_us, to_us; /* open times from <= t <= to; -1 = not bounded */
	size_t limit;
};

/* Fills up to `limit` bars, ascending, into `out`: the first of the range if it has a `from`,
 * else its last. A bar's open_us is its bucket's. Returns how many. */
size_t market_rows(const struct market *m, const struct market_symbol *s,
	const struct market_range *range, struct market_bar *out);
/* Where the bar that begins at `open_us` ends. */
int64_t market_rows_end(const struct market_range *range, int64_t open_us);
