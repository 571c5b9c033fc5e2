/* ticker/price, ticker/bookTicker, ticker/24hr, avgPrice and depth (Binance's documentation). The
 * book is made of the last trade: it was made at the best bid or the best ask. */
#include "clock.h"
#include "exchange_asked.h"
#include "market_best.h"
#include "market_number.h"
#include <stdlib.h>
#include <string.h>

#define AVERAGE_US (5 * MINUTE_US)

static void name_add(struct buf *out, const struct market_symbol *s)
{
	buf_add_str(out, "{\"symbol\":");
	buf_add_json(out, s->name, strlen(s->name));
}

/* One object, or a list of them. How many; -1: an error was answered. */
static int each_serve(
	const struct asked *q, void (*add)(const struct asked *q, const struct market_symbol *s))
{
	struct buf *out = &q->answer->body;
	bool *chosen = NULL, one;
	size_t count, added = 0;

	if (asked_symbols(q, &chosen, &count, &one))
		return -1;
	if (asked_status(q, chosen)) {
		free(chosen);
		return -1;
	}
	if (!one)
		buf_add_char(out, '[');
	for (size_t i = 0; i < market_symbol_count(q->market); i++) {
		if (!chosen[i])
			continue;
		if (added++ > 0)
			buf_add_char(out, ',');
		add(q, market_symbol_at(q->market, i));
	}
	if (!one)
		buf_add_char(out, ']');
	free(chosen);
	return (int)added;
}

static void price_add(const struct asked *q, const struct market_symbol *s)
{
	name_add(&q->answer->body, s);
	asked_number_add(&q->answer->body, "price", s->window.last_price, NUMBER_PLACES);
	buf_add_char(&q->answer->body, '}');
}

/* 2 for one symbol, 4 for more. */
static int few_or_many(const struct asked *q, int added)
{
	if (added < 0)
		return -1;
	q->answer->weight = rest_param(q->request, "symbol") ? 2 : 4;
	return 0;
}

int exchange_price_serve(const struct asked *q)
{
	return few_or_many(q, each_serve(q, price_add));
}

static void book_members(struct buf *out, const struct market_best *b)
{
	asked_number_add(out, "bidPrice", b->bid, NUMBER_PLACES);
	asked_number_add(out, "bidQty", b->quantity, NUMBER_PLACES);
	asked_number_add(out, "askPrice", b->ask, NUMBER_PLACES);
	asked_number_add(out, "askQty", b->quantity, NUMBER_PLACES);
}

static void book_add(const struct asked *q, const struct market_symbol *s)
{
	struct market_best b;

	market_best_of(s, &b);
	name_add(&q->answer->body, s);
	book_members(&q->answer->body, &b);
	buf_add_char(&q->answer->body, '}');
}

int exchange_book_serve(const struct asked *q)
{
	return few_or_many(q, each_serve(q, book_add));
}

static void change_members(struct buf *out, const struct market_symbol *s,
	const struct market_stats *w, int64_t from_us)
{
	const struct market_bar_list *l = &s->bars.minutes;
	size_t before = market_bar_list_find(l, from_us);
	struct market_best b;

	market_best_of(s, &b);
	asked_number_add(out, "priceChange", w->close - w->open, NUMBER_PLACES);
	buf_add_str(out, ",\"priceChangePercent\":\"");
	number_add_percent(out, w->close - w->open, w->open);
	buf_add_char(out, '"');
	asked_number_add(
		out, "weightedAvgPrice", w->volume ? w->quote / w->volume : 0, NUMBER_PLACES);
	asked_number_add(out, "prevClosePrice", before ? l->items[before - 1].close : w->open,
		NUMBER_PLACES);
	asked_number_add(out, "lastPrice", w->close, NUMBER_PLACES);
	asked_number_add(out, "lastQty", b.last_quantity, NUMBER_PLACES);
	book_members(out, &b);
}

static void day_add(const struct asked *q, const struct market_symbol *s)
{
	struct buf *out = &q->answer->body;
	const char *type = rest_param(q->request, "type");
	bool full = !type || strcmp(type, "FULL") == 0;
	int64_t from_us = q->clock_us - WINDOW_US;
	struct market_stats w = {0};
	struct market_bar sum = {.first_id = -1, .last_id = -1};

	market_window_stats(&s->window, &w);
	market_bar_list_fold(&s->bars.minutes, from_us, q->clock_us + 1, &sum);
	name_add(out, s);
	if (full)
		change_members(out, s, &w, from_us);
	asked_number_add(out, "openPrice", w.open, NUMBER_PLACES);
	asked_number_add(out, "highPrice", w.high, NUMBER_PLACES);
	asked_number_add(out, "lowPrice", w.low, NUMBER_PLACES);
	if (!full)
		asked_number_add(out, "lastPrice", w.close, NUMBER_PLACES);
	asked_number_add(out, "volume", w.volume, NUMBER_PLACES);
	asked_number_add(out, "quoteVolume", w.quote, QUOTE_PLACES);
	buf_add_str(out, ",\"openTime\":");
	asked_time_add(q, from_us);
	buf_add_str(out, ",\"closeTime\":");
	asked_time_add(q, q->clock_us);
	buf_printf(out, ",\"firstId\":%lld,\"lastId\":%lld,\"count\":%lld}",
		(long long)sum.first_id, (long long)sum.last_id, (long long)sum.trades);
}

int exchange_day_serve(const struct asked *q)
{
	const char *type = rest_param(q->request, "type");
	int added;

	if (type && strcmp(type, "FULL") != 0 && strcmp(type, "MINI") != 0)
		return rest_error(q->answer, 400, -1139, "Invalid ticker type.");
	added = each_serve(q, day_add);
	if (added < 0)
		return -1;
	if (!rest_param(q->request, "symbol") && !rest_param(q->request, "symbols"))
		q->answer->weight = 80;
	else
		q->answer->weight = added <= 20 ? 2 : added <= 100 ? 40 : 80;
	return 0;
}

int exchange_average_serve(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	const struct market_symbol *s;
	struct market_bar sum = {0};

	if (asked_symbol(q, &s))
		return -1;
	market_bar_list_fold(&s->bars.seconds, q->clock_us - AVERAGE_US, q->clock_us + 1, &sum);
	buf_add_str(out, "{\"mins\":5");
	asked_number_add(out, "price", sum.volume ? sum.quote / sum.volume : s->window.last_price,
		NUMBER_PLACES);
	buf_add_str(out, ",\"closeTime\":");
	asked_time_add(q, s->last_trade_us > 0 ? s->last_trade_us : q->clock_us);
	buf_add_char(out, '}');
	return 0;
}

static void level_add(struct buf *out, const char *side, int64_t price, __int128 quantity)
{
	buf_printf(out, ",\"%s\":[", side);
	if (price > 0) {
		buf_add_str(out, "[\"");
		number_add(out, price, NUMBER_PLACES);
		buf_add_char(out, '"');
		asked_number_add(out, NULL, quantity, NUMBER_PLACES);
		buf_add_char(out, ']');
	}
	buf_add_char(out, ']');
}

int exchange_depth_serve(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	const struct market_symbol *s;
	int64_t limit = 100;
	struct market_best b;

	if (asked_symbol(q, &s) || rest_param_integer(q->request, "limit", &limit, q->answer))
		return -1;
	q->answer->weight = limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
	market_best_of(s, &b);
	buf_printf(out, "{\"lastUpdateId\":%lld", (long long)s->order.last_id);
	level_add(out, "bids", b.bid, b.quantity);
	level_add(out, "asks", b.ask, b.quantity);
	buf_add_char(out, '}');
	return 0;
}
