#include "exchange_rest.h"
#include "clock.h"
#include "exchange_asked.h"
#include "market_number.h"
#include "market_rows.h"
#include <stdlib.h>
#include <string.h>

struct endpoint {
	const char *path;
	int weight;
	int (*serve)(const struct asked *q);
	const char *params[8];
};

static int serve_ping(const struct asked *q)
{
	buf_add_str(&q->answer->body, "{}");
	return 0;
}

static int serve_time(const struct asked *q)
{
	buf_add_str(&q->answer->body, "{\"serverTime\":");
	asked_time_add(q, q->clock_us);
	buf_add_char(&q->answer->body, '}');
	return 0;
}

static void row_add(
	const struct asked *q, const struct market_range *range, const struct market_bar *b)
{
	struct buf *out = &q->answer->body;
	int64_t end_us = market_rows_end(range, b->open_us);

	buf_add_char(out, '[');
	asked_time_add(q, b->open_us);
	asked_number_add(out, NULL, b->open, NUMBER_PLACES);
	asked_number_add(out, NULL, b->high, NUMBER_PLACES);
	asked_number_add(out, NULL, b->low, NUMBER_PLACES);
	asked_number_add(out, NULL, b->close, NUMBER_PLACES);
	asked_number_add(out, NULL, b->volume, NUMBER_PLACES);
	buf_add_char(out, ',');
	asked_time_add(q, end_us - (q->request->microseconds ? 1 : MS_US));
	asked_number_add(out, NULL, b->quote, QUOTE_PLACES);
	buf_add_char(out, ',');
	buf_add_int(out, b->trades);
	asked_number_add(out, NULL, b->taker_volume, NUMBER_PLACES);
	asked_number_add(out, NULL, b->taker_quote, QUOTE_PLACES);
	buf_add_str(out, ",\"0\"]");
}

static int range_read(
	const struct asked *q, const struct market_symbol **symbol, struct market_range *range)
{
	const char *interval;

	if (rest_param_text(q->request, "interval", &interval, q->answer) ||
		asked_symbol(q, symbol))
		return -1;
	range->interval = interval_find(interval);
	if (!range->interval)
		return rest_error(q->answer, 400, -1120, "Invalid interval.");
	if (asked_bound(q, "startTime", &range->from_us) ||
		asked_bound(q, "endTime", &range->to_us) ||
		rest_param_zone(q->request, "timeZone", &range->offset_us, q->answer) ||
		asked_limit(q, &range->limit))
		return -1;
	return 0;
}

static int serve_klines(const struct asked *q)
{
	const struct market_symbol *symbol;
	struct market_range range = {0};
	struct market_bar *rows;
	size_t count;

	if (range_read(q, &symbol, &range))
		return -1;
	rows = aligned_alloc(_Alignof(struct market_bar), range.limit * sizeof(*rows));
	if (!rows)
		return rest_error(q->answer, 500, -1000,
			"An unknown error occurred while processing the request.");
	count = market_rows(q->market, symbol, &range, rows);
	buf_add_char(&q->answer->body, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&q->answer->body, ',');
		row_add(q, &range, &rows[i]);
	}
	buf_add_char(&q->answer->body, ']');
	free(rows);
	return 0;
}

static const struct endpoint endpoints[] = {
	{"/api/v3/ping", 1, serve_ping, {NULL}},
	{"/api/v3/time", 1, serve_time, {NULL}},
	{"/api/v3/klines", 2, serve_klines,
		{"symbol", "interval", "startTime", "endTime", "timeZone", "limit", NULL}},
	{"/api/v3/uiKlines", 2, serve_klines,
		{"symbol", "interval", "startTime", "endTime", "timeZone", "limit", NULL}},
	{"/api/v3/exchangeInfo", 20, exchange_info_serve,
		{"symbol", "symbols", "permissions", "symbolStatus", "showPermissionSets", NULL}},
	{"/api/v3/aggTrades", 4, exchange_orders_serve,
		{"symbol", "fromId", "startTime", "endTime", "limit", NULL}},
	{"/api/v3/trades", 25, exchange_trades_serve, {"symbol", "limit", NULL}},
	{"/api/v3/historicalTrades", 25, exchange_trades_serve,
		{"symbol", "fromId", "limit", NULL}},
	{"/api/v3/ticker/price", 2, exchange_price_serve,
		{"symbol", "symbols", "symbolStatus", NULL}},
	{"/api/v3/ticker/bookTicker", 2, exchange_book_serve,
		{"symbol", "symbols", "symbolStatus", NULL}},
	{"/api/v3/ticker/24hr", 2, exchange_day_serve,
		{"symbol", "symbols", "type", "symbolStatus", NULL}},
	{"/api/v3/avgPrice", 2, exchange_average_serve, {"symbol", NULL}},
	{"/api/v3/depth", 5, exchange_depth_serve, {"symbol", "limit", "symbolStatus", NULL}},
};

void exchange_rest(const struct market *m, int64_t clock_us, const struct rest_request *r,
	struct rest_answer *a)
{
	struct asked q = {.market = m, .clock_us = clock_us, .request = r, .answer = a};

	a->status = 200;
	a->weight = 1;
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (strcmp(endpoints[i].path, r->path) != 0)
			continue;
		a->weight = endpoints[i].weight;
		if (rest_params_check(r, endpoints[i].params, a) == 0)
			endpoints[i].serve(&q);
		return;
	}
	rest_error(a, 404, -1000, "No such endpoint.");
}
