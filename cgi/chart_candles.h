/*
 * chart_candles: candle rows as the statements chart_bars_*, chart_window_*, chart_open and chart_previous* give them.
 */
#pragma once
#include "candle.h"
#include "chart_bars.h"
#include "chart_head.h"

struct chart_source { /* whose candles; lent */
	struct chart_reader *reader;
	const struct chart_head *head;
	const char *symbol;
	bool takers; /* whether the takers' sums are wanted; else they are 0 */
};

struct chart_found { /* the last candle before some time */
	bool known;
	enum ladder level;
	int64_t open_us;
	struct chart_close close;
};

/* That chart_candles_read, chart_candles_open will be called with the same in this snapshot (chart_reader_expect). */
void chart_candles_expect(
	const struct chart_source *s, const struct interval *iv, struct chart_range span);
void chart_candles_expect_open(const struct chart_source *s, const struct chart_open_parts *parts);

/* All: 0, or -1 and the answer is filled. */
/* Puts what is stored in [from, to) into its buckets. */
must_check int chart_candles_read(const struct chart_source *s, const struct interval *iv,
	struct chart_range span, struct chart_bars *out);
/* The last candle of `level` in a span: stored rows only. */
must_check int chart_candles_last(const struct chart_source *s, enum ladder level,
	struct chart_range span, struct chart_found *out);
/* The first one. */
must_check int chart_candles_first(const struct chart_source *s, enum ladder level,
	struct chart_range span, struct chart_found *out);
/* The first candle in a span whose end is settled, as the level of the ladder has it that is read there. Bounds of seconds. */
must_check int chart_candles_after(
	const struct chart_source *s, struct chart_range span, struct chart_found *out);
/* The last candle before t_us, which is a bound of a second, as the highest level of the ladder has it. */
must_check int chart_candles_before(
	const struct chart_source *s, int64_t t_us, struct chart_found *out);
must_check int chart_candles_open(const struct chart_source *s,
	const struct chart_open_parts *parts, struct candle *out, bool *any);
