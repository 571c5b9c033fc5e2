/*
 * chart_bars: the bars of an answer: what is stored, and what is made at reading: the flat rows. Pure computations.
 *
 * One bar for each bucket of a window, oldest first. A covered bucket without a candle is flat at the close before it: v, q and n
 * are 0 where kline_1s or trade covered it, unknown where only miniTicker did. A bucket that is not covered wholly is absent, and so is one
 * whose candle was removed by hand.
 */
#pragma once
#include "candle.h"
#include "chart_cover.h"
#include "interval.h"
#include <stdbool.h>
#include <stdint.h>

enum chart_bar_kind { BAR_ABSENT, BAR_STORED, BAR_FLAT, BAR_REMOVED };

struct chart_bar {
	enum chart_bar_kind kind;
	bool complete;        /* all of the bucket is full (chart_cover.h) */
	bool changed;         /* chart_bars_mark */
	int64_t revision;     /* of a stored or removed one */
	struct candle candle; /* open_us is set in every bar */
};

struct chart_bars {
	struct chart_bar *v;
	size_t count;
};

struct chart_close { /* the candle before a window */
	bool known;
	struct decimal close;
	int64_t revision;
};

void chart_bars_done(struct chart_bars *b);
/* All buckets of [from, to), absent. -1: no memory. */
int chart_bars_init(
	struct chart_bars *b, const struct interval *iv, int64_t from_us, int64_t to_us);
/* The bar of the bucket that begins at open_us; NULL if there is none. */
struct chart_bar *chart_bars_find(struct chart_bars *b, int64_t open_us);
/* Whether the first covered bucket has no candle, so that chart_bars_fill needs the close before the window. */
bool chart_bars_need_close(
	const struct chart_bars *b, const struct interval *iv, const struct chart_cover *c);
/* Makes the flat rows and sets `complete`, once the stored and removed ones are in. */
void chart_bars_fill(struct chart_bars *b, const struct interval *iv, const struct chart_cover *c,
	const struct chart_close *before);
/* Makes a bar without a candle flat; its `complete` says whether nobody traded. */
void chart_bars_make_flat(struct chart_bar *bar, const struct decimal *close);
/* Marks what differs from what was answered at revision `since`: stored and removed bars of a later one; every bar, also absent,
 * that a gap of a later one touches, or, if something was given later, what was given; the flat rows on either side of a changed bar, and those at the end, which have no
 * revision of their own. `before` as given to chart_bars_fill. Returns how many are marked. */
size_t chart_bars_mark(struct chart_bars *b, const struct interval *iv, const struct chart_cover *c,
	const struct chart_close *before, int64_t since);
/* Whether the bar is shown: stored, or flat. */
bool chart_bars_shows(const struct chart_bar *bar);
/* Whether there is anything to show. */
bool chart_bars_any(const struct chart_bars *b);
