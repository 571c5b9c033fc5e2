/*
 * market_event: the texts of the exchange's event objects (Binance's documentation), members and their order
 * as on the wire.
 *
 * Times are printed in ms. Passive, any thread.
 */
#pragma once
#include "buf.h"
#include "market_bars.h"
#include "market_best.h"
#include "market_item.h"
#include "market_trades.h"
#include "market_window.h"

void market_event_trade(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_trade *t);
void market_event_agg_trade(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_order *o);
void market_event_mini_ticker(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_stats *s);
void market_event_ticker(struct buf *out, const char *symbol, int64_t event_us,
	const struct market_stats *s, const struct market_best *b);
/* The closed kline of the second of `b`; of one without trades (trades 0, ids -1) the prices are
 * those to be shown. */
void market_event_kline(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_bar *b);
