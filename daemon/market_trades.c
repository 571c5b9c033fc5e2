#include "market_trades.h"
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

void market_trades_done(struct market_trades *l)
{
	free(l->items);
	memset(l, 0, sizeof(*l));
}

/* Room for one more. */
static int trades_grow(struct market_trades *l)
{
	size_t room = l->room ? 2 * l->room : ROOM_FIRST, old = l->count / 2;
	struct market_tick *more;

	if (l->count == l->max) {
		l->count -= old;
		memmove(l->items, l->items + old, l->count * sizeof(*l->items));
	}
	if (l->count < l->room)
		return 0;
	more = realloc(l->items, room * sizeof(*more));
	if (!more)
		return -1;
	l->items = more;
	l->room = room;
	return 0;
}

int market_trades_add(struct market_trades *l, const struct market_trade *t)
{
	if (l->max < 2)
		return 0;
	if (trades_grow(l))
		return -1;
	l->items[l->count++] = (struct market_tick){.quantity = t->quantity,
		.id = t->id,
		.order = t->order,
		.price = t->price,
		.trade_us = (uint64_t)t->trade_us,
		.maker = t->maker};
	return 0;
}

static int64_t id_of(const struct market_tick *t)
{
	return t->id;
}

static int64_t order_of(const struct market_tick *t)
{
	return t->order;
}

static int64_t time_of(const struct market_tick *t)
{
	return (int64_t)t->trade_us;
}

static size_t find(
	const struct market_trades *l, int64_t (*of)(const struct market_tick *), int64_t key)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (of(&l->items[mid]) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t market_trades_find_id(const struct market_trades *l, int64_t id)
{
	return find(l, id_of, id);
}

size_t market_trades_find_order(const struct market_trades *l, int64_t order)
{
	return find(l, order_of, order);
}

size_t market_trades_find_time(const struct market_trades *l, int64_t t_us)
{
	return find(l, time_of, t_us);
}

size_t market_trades_order_before(const struct market_trades *l, size_t i)
{
	return i == 0 ? 0 : market_trades_find_order(l, l->items[i - 1].order);
}

size_t market_trades_order(const struct market_trades *l, size_t i, struct market_order *out)
{
	const struct market_tick *t = &l->items[i];

	*out = (struct market_order){.id = t->order,
		.first_id = t->id,
		.price = t->price,
		.trade_us = (int64_t)t->trade_us,
		.maker = t->maker};
	for (; i < l->count && l->items[i].order == out->id; i++) {
		out->last_id = l->items[i].id;
		out->quantity += l->items[i].quantity;
	}
	return i;
}

bool market_order_goes_on(const struct market_order *o, const struct market_trade *next)
{
	if (next->order > 0)
		return next->order == o->id;
	return next->trade_us == o->trade_us && next->price == o->price && next->maker == o->maker;
}

void market_order_add(struct market_order *o, const struct market_trade *t)
{
	if (o->id != t->order)
		*o = (struct market_order){.id = t->order,
			.first_id = t->id,
			.price = t->price,
			.trade_us = t->trade_us,
			.maker = t->maker};
	o->last_id = t->id;
	o->quantity += t->quantity;
}
