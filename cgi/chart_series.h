/*
 * chart_series: the values of indicators at the bars of an answer, reckoned by PostgreSQL over the bars that the answer shows and as many before
 * them as each indicator needs.
 *
 * What counts is what is shown: a flat row of a bucket in which nobody traded is a bar (volume 0), a bucket that was not collected is none, so that the
 * windows reach over gaps. One worker's thread.
 */
#pragma once
#include "chart_indicator.h"
#include "chart_view.h"

struct chart_series {
	struct chart_indicators asked;
	PGresult *rows[CHART_INDICATORS_MAX]; /* one row for each bar that is shown */
};

/* `asked` is set, the rest zeroed; `v` is loaded. 0, or -1 and the answer is filled. Done with chart_series_done in either case. */
must_check int chart_series_read(struct chart_series *s, const struct chart_view *v);
void chart_series_done(struct chart_series *s);
/* Appends ,"indicators":{...}: arrays parallel to "candles", null where there is no value. Nothing if none was asked for. */
void chart_series_json(struct buf *b, const struct chart_series *s);
/* Appends the names of the columns, and their values at one of the bars shown (from 0), each after a comma. */
void chart_series_csv_names(struct buf *b, const struct chart_series *s);
void chart_series_csv_cells(struct buf *b, const struct chart_series *s, int row);
