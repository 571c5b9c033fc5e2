/*
 * chart_json: members that the answers about candles share. Each appends a comma and its member.
 */
#pragma once
#include "chart_view.h"

/* {"venue":...,"symbol":...,"interval":... */
void chart_json_identity(struct buf *b, const struct chart_view *v);
/* {"venue":...,"symbol":...,"interval":...,"as_of"... : how an answer about candles begins. */
void chart_json_begin(struct buf *b, const struct chart_view *v);
/* "columns" and "candles"; of the bars only those marked as changed, if `changed`. */
void chart_json_candles(struct buf *b, const struct chart_bars *bars, bool changed);
/* "removed": starts of bars marked as changed that are there no more. */
void chart_json_removed(struct buf *b, const struct chart_bars *bars);
/* "gaps": from, to, cause, state; with stream and reason too, if `whole`. */
void chart_json_gaps(struct buf *b, const struct chart_gaps *gaps, bool whole);
void chart_json_revision(struct buf *b, const struct chart_head *h);
/* The answer of a symbol: reads cursor and open bar. 0, or -1 and the answer is filled. */
must_check int chart_json_cursor(struct buf *b, struct chart_view *v);
must_check int chart_json_open(struct buf *b, struct chart_view *v);
