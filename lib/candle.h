/*
 * candle: one bar, as stored and as answered. A plain value.
 */
#pragma once
#include "buf.h"
#include "decimal.h"
#include <stdbool.h>
#include <stdint.h>

enum origin { /* rank of the source; a greater one wins. Stored as this number. */
	ORIGIN_SAMPLE = 1,
	ORIGIN_AGG_TRADE = 2,
	ORIGIN_TRADE = 3,
	ORIGIN_KLINE = 4,
	ORIGIN_CORRECTION = 5,
};

struct candle {
	int64_t open_us;
	struct decimal open, high, low, close;
	bool has_volume; /* false: volume, quote, trades, taker_* are unknown (NULL) */
	struct decimal volume, quote, taker_volume, taker_quote;
	int64_t trades;
	int64_t first_id, last_id; /* trade ids, -1 = none or unknown */
	enum origin origin;
	bool closed;       /* of a kline: x=true */
	int64_t stated_us; /* version of a kline: when the exchange stated it (E); else 0 */
};

const char *origin_name(enum origin o); /* "sample" "aggTrade" "trade" "kline" "correction" */
bool candle_equal(const struct candle *a, const struct candle *b);
/* Appends the API's row without the brackets: t,"o","h","l","c",v,q,n,"origin" (t in ms; v, q
 * strings; v, q, n null when unknown). */
void candle_add_json(struct buf *b, const struct candle *c);
