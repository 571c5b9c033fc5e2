/*
 * exchange_rest: the REST endpoints of the model exchange (Binance's documentation): /api/v3/ping, time,
 * klines, uiKlines, exchangeInfo, aggTrades, trades, historicalTrades, avgPrice, depth and the
 * tickers.
 *
 * All answers come from the market as it is at that moment. One owning thread; never blocks.
 */
#pragma once
#include "market.h"
#include "rest_param.h"

/* Fills `a` (body initialised, empty) with status, weight and JSON body. `clock_us`: the venue's
 * clock. */
void exchange_rest(const struct market *m, int64_t clock_us, const struct rest_request *r,
	struct rest_answer *a);
