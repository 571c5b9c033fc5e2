/*
 * sink_minute: the open minute of a symbol, folded in memory as its seconds are settled, so that the bar is written once, at its end,
 * and no second is read again for it.
 *
 * The same fold as SQL's (fold_columns in sql/migration), which decides where the two could differ: whenever seconds of the minute
 * came by another way than through here the minute is folded in the database (sink_bars). Passive; the owner's thread.
 */
#pragma once
#include "candle.h"
#include <stdbool.h>
#include <stdint.h>

#define MINUTE_NONE INT64_MIN

struct sink_minute {
	int64_t open_us; /* MINUTE_NONE: none is open */
	bool traded;     /* a second with trades, or that does not know, was added */
	bool overflow;   /* a sum is out of range: only PostgreSQL can do it */
	bool any;
	bool corrected; /* a correction is among the seconds */
	int klines;     /* closed ones among them */
	struct candle bar;
};

/* What a fold is made of, as the column `made` has it: a bar given at its level stands behind the first of these only. */
enum sink_made { MADE_OF_PARTS = 0, MADE_OF_KLINES = 1, MADE_WITH_CORRECTION = 2 };

void sink_minute_begin(struct sink_minute *m, int64_t open_us);
/* Seconds of this minute, ascending. */
void sink_minute_add(struct sink_minute *m, const struct candle *second);
enum sink_made sink_minute_made(const struct sink_minute *m);
