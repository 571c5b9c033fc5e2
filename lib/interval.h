/*
 * interval: Binance's 16 chart intervals and their buckets (Binance's documentation).
 *
 * Buckets are UTC, unless shifted by a time zone. 1w begins on Monday, 1M on the first; 3d counts from the epoch (not
 * compared with the exchange's own bars). All but 1M have a fixed width. Constant table; a shifted one is a value of its user's.
 */
#pragma once
#include <stdint.h>

/* The levels that are stored. */
enum ladder { LADDER_1S, LADDER_1M, LADDER_1H, LADDER_1D, LADDER_COUNT };

struct interval {
	const char *name; /* "1s" ... "1M" */
	int64_t width_us; /* 0 for 1M */
	enum ladder base; /* the greatest stored level each of whose bars lies in one bucket */
	int64_t shift_us; /* so much earlier than in UTC do the buckets begin; 0 <= shift < width, of 1M -12 to 14 hours */
};

#define INTERVAL_COUNT 16
extern const struct interval interval_table[INTERVAL_COUNT]; /* ascending */
extern const int64_t ladder_width_us[LADDER_COUNT];
extern const char *const ladder_name[LADDER_COUNT]; /* "1s" "1m" "1h" "1d" */

/* The level whose bars are of that interval; -1: none is stored. */
int ladder_find(const char *name);

/* By exact name (case matters: 1m, 1M); NULL if there is none. */
const struct interval *interval_find(const char *name);
/* The start of the bucket that holds `t_us`; of the one that follows bucket `start_us`; and of
 * the one `count` buckets from it (negative = before). Valid for 1970..2200, no overflow beyond:
 * clamped. */
int64_t interval_floor(const struct interval *iv, int64_t t_us);
int64_t interval_year(int64_t t_us); /* the start of the year */
int64_t interval_next(const struct interval *iv, int64_t start_us);
int64_t interval_step(const struct interval *iv, int64_t start_us, int64_t count);
/* The interval whose buckets begin by the clock of a time zone that is `zone_us` ahead of UTC, a multiple of a minute (interval_zone). Valid from
 * 1970-01-02 on. */
struct interval interval_shifted(const struct interval *iv, int64_t zone_us);
/* The offset of a time zone as Binance's parameter timeZone writes it: hours or hours:minutes from -12:00 to 14:00. -1: no such; `out_us` untouched. */
int interval_zone(const char *text, int64_t *out_us);
