/*
 * exchange_asked: what a REST endpoint of the model exchange is given, and what they share.
 *
 * All `serve` functions fill the answer's body, or its error and return -1. One owning thread.
 */
#pragma once
#include "market.h"
#include "rest_param.h"

#define ASKED_LIMIT_DEFAULT 500
#define ASKED_LIMIT_MAX 1000

struct asked {
	const struct market *market;
	int64_t clock_us;
	const struct rest_request *request;
	struct rest_answer *answer;
};

/* ms, or us if the request wants them. */
void asked_time_add(const struct asked *q, int64_t us);
/* Appends `,"name":"number"`; the name may be NULL: `,"number"`. */
void asked_number_add(struct buf *out, const char *name, __int128 number, int places);
/* startTime or endTime, in ms or us; -1 = not given. */
int asked_bound(const struct asked *q, const char *name, int64_t *us);
/* limit: 1 or more; what is above the maximum is the maximum. */
int asked_limit(const struct asked *q, size_t *limit);
/* The mandatory parameter symbol. */
int asked_symbol(const struct asked *q, const struct market_symbol **symbol);
/* Which symbols were asked for by `symbol`, `symbols` or neither (all): a flag each, malloc'ed.
 * `count`: how many; `one`: by `symbol`. */
int asked_symbols(const struct asked *q, bool **chosen, size_t *count, bool *one);
/* symbolStatus, if given: other symbols are unchosen; not together with `symbol` or `symbols`. */
int asked_status(const struct asked *q, bool *chosen);

int exchange_info_serve(const struct asked *q);    /* exchangeInfo */
int exchange_orders_serve(const struct asked *q);  /* aggTrades */
int exchange_trades_serve(const struct asked *q);  /* trades, historicalTrades */
int exchange_price_serve(const struct asked *q);   /* ticker/price */
int exchange_book_serve(const struct asked *q);    /* ticker/bookTicker */
int exchange_day_serve(const struct asked *q);     /* ticker/24hr */
int exchange_average_serve(const struct asked *q); /* avgPrice */
int exchange_depth_serve(const struct asked *q);   /* depth: the best bid and ask */
