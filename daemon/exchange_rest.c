#include "exchange_rest.h"
#include "clock.h"
#include "market_number.h"
#include "market_rows.h"
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 500
#define LIMIT_MAX 1000

struct asked {
	const struct market *market;
	int64_t clock_us;
	const struct rest_request *request;
	struct rest_answer *answer;
};

struct endpoint {
	const char *path;
	int weight;
	int (*serve)(const struct asked *q);
	const char *params[8];
};

static void time_add(const struct asked *q, int64_t us)
{
	buf_add_int(&q->answer->body, q->request->microseconds ? us : us / MS_US);
}

static int serve_ping(const struct asked *q)
{
	buf_add_str(&q->answer->body, "{}");
	return 0;
}

static int serve_time(const struct asked *q)
{
	buf_add_str(&q->answer->body, "{\"serverTime\":");
	time_add(q, q->clock_us);
	buf_add_char(&q->answer->body, '}');
	return 0;
}

static void number_field(struct buf *out, __int128 number, int places)
{
	buf_add_str(out, ",\"");
	number_add(out, number, places);
	buf_add_char(out, '"');
}

static void row_add(
	const struct asked *q, const struct market_range *range, const struct market_bar *b)
{
	struct buf *out = &q->answer->body;
	int64_t end_us = market_rows_end(range, b->open_us);

	buf_add_char(out, '[');
	time_add(q, b->open_us);
	number_field(out, b->open, NUMBER_PLACES);
	number_field(out, b->high, NUMBER_PLACES);
	number_field(out, b->low, NUMBER_PLACES);
	number_field(out, b->close, NUMBER_PLACES);
	number_field(out, b->volume, NUMBER_PLACES);
	buf_add_char(out, ',');
	time_add(q, end_us - (q->request->microseconds ? 1 : MS_US));
	number_field(out, b->quote, QUOTE_PLACES);
	buf_add_char(out, ',');
	buf_add_int(out, b->trades);
	number_field(out, b->taker_volume, NUMBER_PLACES);
	number_field(out, b->taker_quote, QUOTE_PLACES);
	buf_add_str(out, ",\"0\"]");
}

/* startTime or endTime: ms or us. */
static int bound_read(const struct asked *q, const char *name, int64_t *us)
{
	int64_t t = -1;

	if (rest_param_integer(q->request, name, &t, q->answer))
		return -1;
	*us = t < 0 ? -1 : clock_from_exchange(t);
	return 0;
}

static int range_read(
	const struct asked *q, const struct market_symbol **symbol, struct market_range *range)
{
	const char *name, *interval;
	int64_t limit = LIMIT_DEFAULT;

	if (rest_param_text(q->request, "symbol", &name, q->answer) ||
		rest_param_text(q->request, "interval", &interval, q->answer))
		return -1;
	*symbol = market_symbol_find(q->market, name);
	if (!*symbol)
		return rest_error(q->answer, 400, -1121, "Invalid symbol.");
	range->interval = interval_find(interval);
	if (!range->interval)
		return rest_error(q->answer, 400, -1120, "Invalid interval.");
	if (bound_read(q, "startTime", &range->from_us) ||
		bound_read(q, "endTime", &range->to_us) ||
		rest_param_zone(q->request, "timeZone", &range->offset_us, q->answer) ||
		rest_param_integer(q->request, "limit", &limit, q->answer))
		return -1;
	if (limit < 1)
		return rest_error(
			q->answer, 400, -1130, "Data sent for parameter 'limit' is not valid.");
	range->limit = limit > LIMIT_MAX ? LIMIT_MAX : (size_t)limit;
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

/* Where the quote asset begins in a symbol's name. */
static size_t base_len(const char *symbol)
{
	static const char *const quotes[] = {
		"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL"};
	size_t len = strlen(symbol);

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		size_t quote = strlen(quotes[i]);

		if (len > quote && strcmp(symbol + len - quote, quotes[i]) == 0)
			return len - quote;
	}
	return len > 3 ? len - 3 : len;
}

/* The greatest power of ten that divides `number`, if it is below `step`; else `step`. */
static int64_t step_of(__int128 number, int64_t step)
{
	while (step > 1 && number % step != 0)
		step /= 10;
	return step;
}

static void symbol_add(struct buf *out, const struct market_symbol *s)
{
	const struct market_bar_list *l = &s->bars.minutes;
	size_t base = base_len(s->name);
	int64_t tick = l->count ? NUMBER_ONE : 1, lot = tick;

	for (size_t i = 0; i < l->count; i++) {
		const struct market_bar *b = &l->items[i];

		tick = step_of(b->low, step_of(b->high, step_of(b->open, step_of(b->close, tick))));
		lot = step_of(b->volume, lot);
	}
	buf_add_str(out, "{\"symbol\":");
	buf_add_json(out, s->name, strlen(s->name));
	buf_add_str(out, ",\"status\":\"TRADING\",\"baseAsset\":");
	buf_add_json(out, s->name, base);
	buf_add_str(out, ",\"baseAssetPrecision\":8,\"quoteAsset\":");
	buf_add_json(out, s->name + base, strlen(s->name + base));
	buf_add_str(out,
		",\"quotePrecision\":8,\"quoteAssetPrecision\":8,\"orderTypes\":[\"LIMIT\","
		"\"MARKET\"],"
		"\"isSpotTradingAllowed\":true,\"isMarginTradingAllowed\":false,\"filters\":["
		"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"");
	number_add(out, tick, NUMBER_PLACES);
	buf_add_str(out, "\",\"maxPrice\":\"92000000000.00000000\",\"tickSize\":\"");
	number_add(out, tick, NUMBER_PLACES);
	buf_add_str(out, "\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":\"");
	number_add(out, lot, NUMBER_PLACES);
	buf_add_str(out, "\",\"maxQty\":\"92000000000.00000000\",\"stepSize\":\"");
	number_add(out, lot, NUMBER_PLACES);
	buf_add_str(out, "\"}],\"permissions\":[],\"permissionSets\":[[\"SPOT\"]]}");
}

/* Is `name` the one of `symbol`, or in the list ["A","B"] of `symbols`, or was neither asked
 * for? */
static bool symbol_asked(const struct rest_request *r, const char *name)
{
	const char *one = rest_param(r, "symbol"), *list = rest_param(r, "symbols"), *at = list;
	size_t len = strlen(name);

	if (one)
		return strcmp(one, name) == 0;
	while (at && (at = strstr(at, name))) {
		if (at > list && at[-1] == '"' && at[len] == '"')
			return true;
		at += len;
	}
	return !list;
}

/* How many names were asked for; -1: `symbols` is no list of texts. */
static int names_asked(const struct rest_request *r)
{
	const char *list = rest_param(r, "symbols");
	int quotes = 0;

	if (!list)
		return rest_param(r, "symbol") ? 1 : 0;
	if (list[0] != '[' || list[strlen(list) - 1] != ']')
		return -1;
	for (; *list; list++)
		quotes += *list == '"';
	return quotes % 2 == 0 && quotes > 0 ? quotes / 2 : -1;
}

static int serve_info(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	int asked = names_asked(q->request), found = 0;

	if (rest_param(q->request, "symbol") && rest_param(q->request, "symbols"))
		return rest_error(
			q->answer, 400, -1128, "Combination of optional parameters invalid.");
	if (asked < 0)
		return rest_error(q->answer, 400, -1100,
			"Illegal characters found in parameter 'symbols'; legal range is "
			"'^\\[(\"[^\"]+\",?)+\\]$'.");
	buf_add_str(out, "{\"timezone\":\"UTC\",\"serverTime\":");
	time_add(q, q->clock_us);
	buf_add_str(out,
		",\"rateLimits\":[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
		"\"intervalNum\":1,\"limit\":6000}],\"exchangeFilters\":[],\"symbols\":[");
	for (size_t i = 0; i < market_symbol_count(q->market); i++) {
		const struct market_symbol *s = market_symbol_at(q->market, i);

		if (!symbol_asked(q->request, s->name))
			continue;
		if (found++ > 0)
			buf_add_char(out, ',');
		symbol_add(out, s);
	}
	buf_add_str(out, "],\"sors\":[]}");
	if (asked > 0 && found < asked)
		return rest_error(q->answer, 400, -1121, "Invalid symbol.");
	return 0;
}

static const struct endpoint endpoints[] = {
	{"/api/v3/ping", 1, serve_ping, {NULL}},
	{"/api/v3/time", 1, serve_time, {NULL}},
	{"/api/v3/klines", 2, serve_klines,
		{"symbol", "interval", "startTime", "endTime", "timeZone", "limit", NULL}},
	{"/api/v3/uiKlines", 2, serve_klines,
		{"symbol", "interval", "startTime", "endTime", "timeZone", "limit", NULL}},
	{"/api/v3/exchangeInfo", 20, serve_info, {"symbol", "symbols", NULL}},
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
