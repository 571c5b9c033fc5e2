/*
 * market: the model's market: items of a source become the exchange's events, each at its market
 * time (Binance's documentation).
 *
 * Of trades: a `trade` event at the item's time, and an `aggTrade` when its order is complete; a closed `kline_1s` for each second from the
 * symbol's first trade on (n=0 with the previous close when nobody traded), MARKET_KLINE_DELAY_US
 * behind the second's end; a `miniTicker` at the end of each of the symbol's slots at which its 24
 * h statistics changed, E = the slot's end; `!miniTicker@arr` once a second. A trade that was made before such an end but arrives
 * behind it (E-T was 220 ms in recordings) is waited for: the source is read MARKET_AHEAD_US
 * ahead, so klines and miniTickers hold exactly the trades of their time by T. The order of events
 * depends on the source alone, never on speed, clients or the host. One owning thread; never logs.
 */
#pragma once
#include "market_emit.h"
#include "market_symbol.h"

#define MARKET_KLINE_DELAY_US (4 * MS_US)
#define MARKET_AHEAD_US (5 * SECOND_US)

struct market_span { /* market time that the source knows; the last one is open */
	int64_t from_us, to_us;
};

struct market;
/* `names`: all symbols, `count` of them, copied; the index is market_trade.symbol. Market time
 * begins at `start_us`. Lends what `source` points to until it is freed. NULL: no memory. */
struct market *market_new(
	const char *const *names, size_t count, struct market_source source, int64_t start_us);
/* How many trades of each symbol are kept, before the first one; without it none are. */
void market_trades_keep(struct market *m, size_t max);
void market_free(struct market *m);
/* The market's past, before anything else is asked: a trade that no event tells of, and the end of
 * it, a whole second from which on the source goes on. Trades of one symbol in their order. -1: no
 * memory. */
must_check int market_past(struct market *m, struct market_trade t);
void market_past_end(struct market *m, int64_t start_us);
/* NULL: events are worked out, not given. */
void market_output_set(struct market *m, const struct market_output *output);
/* The market time of what happens next; MARKET_NEVER behind the end. -1 and `e`: the source
 * failed. */
must_check int64_t market_next_us(struct market *m, struct err *e);
/* Does what happens next, if its time is <= `limit_us`. 1: done; 0: nothing is due; -1: the
 * source failed or no memory. */
must_check int market_step(struct market *m, int64_t limit_us, struct err *e);
bool market_ended(const struct market *m);
/* The market time up to which everything happened (after the end: the end). */
int64_t market_reached_us(const struct market *m);
/* Trades left out because a later second or slot of their symbol was begun already. */
int64_t market_late(const struct market *m);
size_t market_symbol_count(const struct market *m);
const struct market_symbol *market_symbol_at(const struct market *m, size_t i);
struct market_symbol *market_symbol_change(struct market *m, size_t i); /* to halt or restate it */
const struct market_symbol *market_symbol_find(
	const struct market *m, const char *name); /* NULL: none */
/* Ascending and disjoint; the last one's to_us is kept at market_reached_us. */
const struct market_span *market_spans(const struct market *m, size_t *count);
