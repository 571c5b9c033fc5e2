/*
 * chart_view: the bars of one symbol at one interval, of one snapshot: read from the database and completed by chart_bars and chart_cover.
 */
#pragma once
#include "chart_bars.h"
#include "chart_head.h"
#include "chart_window.h"

struct chart_view {
	struct chart_reader *reader; /* lent, with a snapshot open */
	const char *symbol;          /* lent */
	const struct interval *iv;   /* NULL: no bars are asked for */
	bool takers;                 /* whether the candles' takers' sums are wanted */
	struct chart_head head;
	struct chart_window window;
	struct chart_cover cover;
	struct chart_close before; /* of the candle before the window, where it was needed */
	struct chart_bars bars;    /* of [window.from, window.bars_to) */
	struct chart_gaps gaps;    /* missing in the window, the tail too */
	PGresult *gap_rows;        /* own the texts of `gaps` */
};

/* A zeroed view with reader, symbol and iv set is ready for chart_view_head. */
void chart_view_done(struct chart_view *v);
/* All of these: 0, or -1 and the answer is filled. In this order; the caller sets the window between them. */
must_check int chart_view_head(struct chart_view *v);
must_check int chart_view_load(struct chart_view *v);
/* Of chart_view_load all but the bars. */
must_check int chart_view_gaps(struct chart_view *v);
/* The part of chart_view_load that reads spans, what was given, and gaps of [window.from, window.to) into `cover`, and the revision up to which the answer tells. */
must_check int chart_view_cover(struct chart_view *v);
/* chart_view_load of a page into the past: one that would show nothing begins earlier, so that its bars are the `limit` buckets up to the last candle, or
 * flat row, before it. It shows nothing only where there is nothing older. */
must_check int chart_view_load_page(struct chart_view *v, int64_t limit);
/* The end of what may be shown before t_us: of the bucket of the last candle, or of the time that somebody listened behind it. *out_us -1: nothing. */
must_check int chart_view_skip_before(struct chart_view *v, int64_t t_us, int64_t *out_us);
/* Where there may be something to show at or after t_us, which is settled: the bucket of the next candle, or the time from which somebody
 * listened. *out_us -1: nothing that is settled. */
must_check int chart_view_skip_on(struct chart_view *v, int64_t t_us, int64_t *out_us);
/* The settled part of the bar that holds the window's settled_us. *any false: nothing is known of it. */
must_check int chart_view_open(struct chart_view *v, struct candle *out, bool *any);
/* The same with what is stored of the bar's further seconds, as a bar: flat where its settled part was heard and nothing is stored. After
 * chart_view_load of a window that holds it. */
must_check int chart_view_open_bar(struct chart_view *v, struct chart_bar *out);
