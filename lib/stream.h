/*
 * stream: the table of stream kinds. A new stream is a row here, a parser in event.c and a
 * migration. Constant; any thread.
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
	STREAM_COUNT
};

struct stream {
	enum stream_kind kind;
	const char *name;  /* setting, topic suffix, and behind the exchange's '@': "miniTicker" */
	const char *event; /* member "e" of its events: "24hrMiniTicker" */
	const char *raw_table; /* in PostgreSQL; of kline_1s the candle itself: "candle_1s" */
	bool has_history; /* its past can be had from REST or from files: there is a topic for it */
};

extern const struct stream stream_table[STREAM_COUNT]; /* index = kind */

const struct stream *stream_find(const char *name); /* NULL: none */
/* Splits an exchange stream name "btcusdt@kline_1s" (not terminated). NULL: not in the table.
 * `symbol_len` is set to the bytes before '@'. */
const struct stream *stream_of_name(const char *name, size_t len, size_t *symbol_len);
