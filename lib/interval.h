/*
 * interval: Binance's 16 chart intervals and their buckets (Binance's documentation).
 *
 * Buckets are UTC. 1w begins on Monday, 1M on the first; 3d counts from the epoch (not
 * compared with the exchange's own bars). All but 1M have a fixed width. Constant table.
 */
#pragma once
#include <stdint.h>

/* The levels that are stored. */
enum ladder { LADDER_1S, LADDER_1M, LADDER_1H, LADDER_1D, LADDER_COUNT };

struct interval {
	const char *name; /* "1s" ... "1M" */
	int64_t width_us; /* 0 for 1M */
	enum ladder base; /* the greatest stored level whose bars compose it */
};

#define INTERVAL_COUNT 16
extern const struct interval interval_table[INTERVAL_COUNT]; /* ascending */
extern const int64_t ladder_width_us[LADDER_COUNT];

/* By exact name (case matters: 1m, 1M); NULL if there is none. */
const struct interval *interval_find(const char *name);
/* The start of the bucket that holds `t_us`; of the one that follows bucket `start_us`; and of
 * the one `count` buckets from it (negative = before). Valid for 1970..2200, no overflow beyond:
 * clamped. */
int64_t interval_floor(const struct interval *iv, int64_t t_us);
int64_t interval_next(const struct interval *iv, int64_t start_us);
int64_t interval_step(const struct interval *iv, int64_t start_us, int64_t count);
/* The offset of a time zone as Binance's parameter timeZone writes it: hours or hours:minutes from -12:00 to 14:00. -1: no such; `out_us` untouched. */
int interval_zone(const char *text, int64_t *out_us);
