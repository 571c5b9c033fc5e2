/* aggTrades, trades and historicalTrades (Binance's documentation). */
#include "exchange_asked.h"
#include "market_number.h"

static void side_add(struct buf *out, const char *maker, bool is_maker, const char *rest)
{
	buf_printf(out, ",\"%s\":%s,\"%s\":true}", maker, is_maker ? "true" : "false", rest);
}

static void order_add(const struct asked *q, const struct market_order *o)
{
	struct buf *out = &q->answer->body;

	buf_printf(out, "{\"a\":%lld", (long long)o->id);
	asked_number_add(out, "p", o->price, NUMBER_PLACES);
	asked_number_add(out, "q", o->quantity, NUMBER_PLACES);
	buf_printf(out, ",\"f\":%lld,\"l\":%lld,\"T\":", (long long)o->first_id,
		(long long)o->last_id);
	asked_time_add(q, o->trade_us);
	side_add(out, "m", o->maker, "M");
}

struct orders_range {
	size_t first, end; /* indices of trades */
	size_t limit;
};

/* Without a lower bound the last ones count. */
static void last_orders(const struct market_trades *l, struct orders_range *range)
{
	range->first = range->end;
	for (size_t n = 0; n < range->limit && range->first > 0; n++)
		range->first = market_trades_order_before(l, range->first);
}

static int orders_range(
	const struct asked *q, const struct market_symbol *s, struct orders_range *range)
{
	const struct market_trades *l = &s->trades;
	int64_t from_id = -1, from_us, to_us;

	if (rest_param_integer(q->request, "fromId", &from_id, q->answer) ||
		asked_bound(q, "startTime", &from_us) || asked_bound(q, "endTime", &to_us) ||
		asked_limit(q, &range->limit))
		return -1;
	if (from_id >= 0 && (from_us >= 0 || to_us >= 0))
		return rest_error(
			q->answer, 400, -1128, "Combination of optional parameters invalid.");
	if (from_us >= 0 && to_us >= 0 && from_us > to_us)
		return rest_error(q->answer, 400, -1127, "Invalid interval: startTime > endTime.");
	/* Of an order that still fills nothing is known yet. */
	range->end = s->order_open ? market_trades_order_before(l, l->count) : l->count;
	if (to_us >= 0 && market_trades_find_time(l, to_us + 1) < range->end)
		range->end = market_trades_find_time(l, to_us + 1);
	if (from_id >= 0)
		range->first = market_trades_find_order(l, from_id);
	else if (from_us >= 0)
		range->first = market_trades_find_time(l, from_us);
	else
		last_orders(l, range);
	return 0;
}

int exchange_orders_serve(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	const struct market_symbol *s;
	struct orders_range range;
	size_t n = 0;

	if (asked_symbol(q, &s) || orders_range(q, s, &range))
		return -1;
	buf_add_char(out, '[');
	for (size_t i = range.first; i < range.end && n < range.limit; n++) {
		struct market_order o;

		i = market_trades_order(&s->trades, i, &o);
		if (n > 0)
			buf_add_char(out, ',');
		order_add(q, &o);
	}
	buf_add_char(out, ']');
	return 0;
}

int exchange_trades_serve(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	const struct market_symbol *s;
	const struct market_trades *l;
	int64_t from_id = -1;
	size_t limit, i;

	if (asked_symbol(q, &s) || asked_limit(q, &limit) ||
		rest_param_integer(q->request, "fromId", &from_id, q->answer))
		return -1;
	l = &s->trades;
	i = from_id >= 0 ? market_trades_find_id(l, from_id)
			 : l->count - (limit < l->count ? limit : l->count);
	buf_add_char(out, '[');
	for (size_t n = 0; i < l->count && n < limit; i++, n++) {
		const struct market_tick *t = &l->items[i];

		if (n > 0)
			buf_add_char(out, ',');
		buf_printf(out, "{\"id\":%lld", (long long)t->id);
		asked_number_add(out, "price", t->price, NUMBER_PLACES);
		asked_number_add(out, "qty", t->quantity, NUMBER_PLACES);
		asked_number_add(out, "quoteQty", t->price * t->quantity, QUOTE_PLACES);
		buf_add_str(out, ",\"time\":");
		asked_time_add(q, (int64_t)t->trade_us);
		side_add(out, "isBuyerMaker", t->maker, "isBestMatch");
	}
	buf_add_char(out, ']');
	return 0;
}
