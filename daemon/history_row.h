/*
 * history_row: one row of the exchange's past, as its REST interface and its archive files give it, and the event object made of it.
 *
 * Columns as Binance documents them: klines openTime,o,h,l,c,v,closeTime,q,n,V,Q[,ignored]; aggTrades a,p,q,f,l,T,m[,M]; trades
 * id,price,qty,quoteQty,time,isBuyerMaker[,isBestMatch]. Bars are of any level of the ladder. Numbers go on as they were written; members that a row does not know (E; of klines f and
 * L) are absent in the event. Times in ms or µs, by magnitude. Passive; lends the texts that it was read from. Any thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "given.h"
#include <stddef.h>
#include <stdint.h>

#define HISTORY_COLUMNS_MAX 16

struct history_text {
	const char *at; /* not terminated */
	size_t len;
};

struct history_row {
	struct given_kind kind;
	int64_t time_us; /* of a kline its open time, of trades T */
	int64_t end_us;  /* of a kline the next one's open time, of trades T */
	int64_t id;      /* of trades: their own; else -1 */
	int64_t trades;  /* of a kline */
	const struct history_text *columns;
};

/* Reads and checks `count` columns, lent as long as `out` is used. -1: `e` names the column; `out` untouched. */
must_check int history_row_read(struct given_kind kind, const struct history_text *columns,
	size_t count, struct history_row *out, struct err *e);
/* Appends the event object. */
void history_row_format(const struct history_row *r, const char *symbol, struct buf *out);
