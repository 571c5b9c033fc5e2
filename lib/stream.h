/*
 * stream: the table of stream kinds. A new stream is a row here, its members in event.c and a migration: what differs between
 * streams elsewhere is said by the columns. Constant; any thread.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>

enum stream_kind {
	STREAM_MINI_TICKER,
	STREAM_KLINE_1S,
	STREAM_TRADE,
	STREAM_AGG_TRADE,
	STREAM_TICKER,
	STREAM_COUNT
};

/* What an event says of its second (lib/second), and so which ids it counts on. */
enum stream_says {
	SAYS_NOTHING,
	SAYS_SAMPLE, /* the last price at an instant */
	SAYS_TRADE,
	SAYS_AGG_TRADE,
	SAYS_KLINE,
};

struct stream {
	enum stream_kind kind;
	const char *name;  /* setting, topic suffix, and behind the exchange's '@': "miniTicker" */
	const char *event; /* member "e" of its events: "24hrMiniTicker" */
	const char *raw_table; /* in PostgreSQL; of SAYS_KLINE the candle itself: "candle_1s" */
	enum stream_says says;
	bool whole; /* where it is heard without a hole, nothing is missing in the candles */
	const char *
		history; /* suffix of the topic that brings its past from REST or files; NULL: its past can't be had */
	enum stream_kind filled_by; /* through whose history a gap of it is repaired */
};

extern const struct stream stream_table[STREAM_COUNT]; /* index = kind */

const struct stream *stream_find(const char *name); /* NULL: none */
/* Splits an exchange stream name "btcusdt@kline_1s" (not terminated). NULL: not in the table.
 * `symbol_len` is set to the bytes before '@'. */
const struct stream *stream_of_name(const char *name, size_t len, size_t *symbol_len);
