/*
 * second: what is known of one second of one symbol, and the candle that is seen of it.
 *
 * One accumulation per origin, each order-free and blind to repeats: samples open by least and
 * close by greatest event time, trades and aggregated trades by id, kline by version (closed,
 * stated). The visible candle is a function of the accumulations alone: closed kline; else, of
 * aggregated trades, trades and open kline, the one with most trades (an aggregate counts the
 * trades in it), ties to the later named; else the sample. The sink (kafka_to_pg) and
 * the cache (kafka_to_cache) both use this code, so they can't differ. One owning thread.
 */
#pragma once
#include "candle.h"
#include "err.h"
#include "event.h"
#include "idset.h"

struct second {
	int64_t open_us;
	struct second_sample {
		bool any;
		int64_t first_us, last_us;
		struct decimal open, high, low, close;
	} sample;
	struct second_trades {
		struct idset ids;
		int64_t first_key, last_key; /* least and greatest of `ids` */
		int64_t first_id, last_id, count;
		struct decimal open, high, low, close, volume, quote, taker_volume, taker_quote;
	} trades,
		agg_trades; /* of aggregates: `ids` their own, the others those of the trades in them */
	struct second_kline {
		bool any;
		struct candle candle;
	} kline;
};

void second_init(struct second *s, int64_t open_us);
void second_done(struct second *s);
/* Takes the event in; it must belong to this second. 1: an accumulation changed; 0: a repeat or an
 * older version; -1: overflow or no memory, nothing changed. The visible candle may be the same
 * after 1. */
must_check int second_add(struct second *s, const struct event *ev, struct err *e);
/* A candle that is already stored for this second with origin kline or above takes part like a
 * kline of its version. */
void second_add_stored(struct second *s, const struct candle *stored);
/* It has a closed kline or a correction: whatever trades and samples there are, it is seen. */
bool second_is_decided(const struct second *s);
/* False: nothing is known yet; `out` untouched. */
bool second_visible(const struct second *s, struct candle *out);
