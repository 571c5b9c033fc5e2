/*
 * chart_window: which buckets an answer is about: pure computations on times.
 *
 * A bucket is settled when nothing more is expected of it: as_of >= its end + settle, or its
 * sessions have ended. Every second before `settled_us` is stored, if anything was known of it; a
 * bucket of any interval is settled exactly if it ends at or before `settled_us`.
 */
#pragma once
#include "chart_ranges.h"
#include "interval.h"
#include <stdbool.h>
#include <stdint.h>

struct chart_times { /* what the database says of a symbol; -1: not known */
	int64_t as_of_us;
	int64_t first_us; /* start of its first candle */
	int64_t settle_us;
	int64_t settled_us; /* not rounded yet */
};

struct chart_window {
	int64_t from_us, to_us; /* start of the first bucket, end of the last; equal: empty */
	int64_t bars_to_us;     /* the buckets before this are settled; from <= bars_to <= to */
	int64_t settled_us;     /* `from` of the answer's open */
	int64_t newest_us;      /* start of the bucket that holds as_of */
	bool newest;            /* the window reaches the newest bucket */
};

/* The `limit` buckets up to the newest one, or, if `end_us` >= 0, up to the last that starts before it; none before the symbol's first candle.
 * An unknown as_of gives an empty window. */
struct chart_window chart_window_last(
	const struct interval *iv, const struct chart_times *t, int64_t limit, int64_t end_us);
/* The first `limit` buckets that start in [from_us, to_us), none after the newest; none before the symbol's first candle. */
struct chart_window chart_window_from(const struct interval *iv, const struct chart_times *t,
	struct chart_range starts, int64_t limit);
/* From the bucket that holds `from_us` (or the first candle's) to the newest. */
struct chart_window chart_window_since(
	const struct interval *iv, const struct chart_times *t, int64_t from_us);

/* The bar that holds settled_us, whose seconds before it are settled: their range, cut by level of the ladder, so that each level gives what it
 * stores: days [bounds[0], bounds[1]), hours, minutes, seconds up to bounds[4]. Nothing is settled of it when bounds[0] == bounds[4]. */
struct chart_open_parts {
	int64_t bounds[LADDER_COUNT + 1];
	bool shifted; /* it begins by another clock: up to minutes that is for chart_ladder to cut */
};
struct chart_open_parts chart_window_open(const struct interval *iv, const struct chart_window *w);

/* A range of seconds cut by the levels that hold it, as long as its end is settled: seconds [bounds[0], bounds[1]), minutes, hours, days, hours, minutes,
 * seconds up to bounds[7]. */
#define CHART_LADDER_BOUNDS 8
struct chart_ladder_parts {
	int64_t bounds[CHART_LADDER_BOUNDS];
};
struct chart_ladder_parts chart_window_ladder(int64_t from_us, int64_t to_us);

/* Parts of the base level in [from, to): what reading these buckets costs. */
int64_t chart_window_parts(const struct interval *iv, int64_t from_us, int64_t to_us);
