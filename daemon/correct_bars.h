/*
 * correct_bars: what is asked about bars of 1m and above before they are changed at their level. main's thread of pricegraphctl; blocks on
 * PostgreSQL.
 */
#pragma once
#include "interval.h"
#include "pg.h"

#define CORRECT_BARS_MAX 400 /* of one question */

struct correct_bars {
	struct pg *pg;
	const char *venue, *symbol;
	enum ladder level; /* 1m or above */
};

/* Which of the bars have finer candles beneath them. */
must_check int correct_bars_over(const struct correct_bars *b, const int64_t *starts, size_t count,
	bool *out, struct err *e);
/* Which of *count bars are there and have nothing finer beneath them: how many goes to *count, their starts to `out`, ascending. */
must_check enum pg_failure correct_bars_alone(const struct correct_bars *b, const int64_t *starts,
	size_t *count, int64_t *out, struct err *e);
