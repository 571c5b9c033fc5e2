/*
 * chart_state: how fresh an answer is, from the feed's alive records, never from the age of the last trade. Pure computations.
 */
#pragma once
#include "chart_cover.h"
#include <stdbool.h>
#include <stdint.h>

#define CHART_STALE_US                                                                             \
	10000000LL /* wall time without a new alive record, or with T standing still */

struct chart_feed { /* the newest control record that the sink has committed */
	bool known;
	bool ended;       /* cleanly */
	int64_t clock_us; /* the venue's clock when it was produced */
	int64_t alive_us; /* wall clock then */
	double speed; /* venue seconds per wall second; 0: a recording ended and the clock stands */
};

enum chart_state { CHART_LIVE, CHART_STALE, CHART_REPLAY, CHART_SYNTHETIC };

struct chart_freshness {
	enum chart_state state;
	bool ended;           /* a recording is over: nothing will follow, and nothing is missing */
	int64_t venue_now_us; /* -1: not known */
	int64_t lag_us;       /* venue's now - as_of, >= 0; -1: not known */
};

/* Of its answers when they are not stale. */
enum chart_state chart_state_of_venue(const char *venue);
/* `as_of_us` -1: not known. */
struct chart_freshness chart_state_of(
	const char *venue, const struct chart_feed *f, int64_t as_of_us, int64_t wall_us);
const char *chart_state_name(enum chart_state s);
#define CHART_FRESHNESS_SIZE 128
/* ,"as_of":...,"lag_ms":...,"state":...[,"ended":true] (ms rounded down, null where not known); the length. */
size_t chart_state_text(
	char out[CHART_FRESHNESS_SIZE], int64_t as_of_us, const struct chart_freshness *fresh);
/* How much venue time as_of may be behind before that is a gap: `settle_us`, or that many wall seconds where the venue's clock runs faster
 * than the wall's, as the way through Kafka takes wall time. */
int64_t chart_state_allowed_us(const struct chart_feed *f, int64_t settle_us);
/* Appends the gap from as_of to the venue's now, if that is more than chart_state_allowed_us. */
void chart_state_tail_gap(const struct chart_feed *f, const struct chart_freshness *fresh,
	int64_t as_of_us, int64_t settle_us, struct chart_gaps *out);
