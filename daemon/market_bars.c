#include "market_bars.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

#define SECONDS_KEPT_US (2 * DAY_US)

void market_bars_done(struct market_bars *b)
{
	free(b->seconds.items);
	free(b->minutes.items);
	memset(b, 0, sizeof(*b));
}

/* Room for one more; of what is older than `keep_us` before `now_us` (0 = nothing) lets go
 * first. */
static int list_grow(struct market_bar_list *l, int64_t now_us, int64_t keep_us)
{
	size_t room = l->room ? 2 * l->room : 64, old;
	struct market_bar *more;

	if (l->count < l->room)
		return 0;
	old = keep_us ? market_bar_list_find(l, now_us - keep_us) : 0;
	if (old > l->room / 4) {
		l->count -= old;
		memmove(l->items, l->items + old, l->count * sizeof(*l->items));
		return 0;
	}
	more = realloc(l->items, room * sizeof(*more));
	if (!more)
		return -1;
	l->items = more;
	l->room = room;
	return 0;
}

/* The newest bar if it is the one that opens at `open_us`, else a new one. There is room. */
static struct market_bar *list_bar(
	struct market_bar_list *l, int64_t open_us, const struct market_trade *t)
{
	struct market_bar *b;

	if (l->count > 0 && l->items[l->count - 1].open_us >= open_us)
		return &l->items[l->count - 1];
	b = &l->items[l->count++];
	*b = (struct market_bar){.open_us = open_us,
		.first_id = t->id,
		.open = t->price,
		.high = t->price,
		.low = t->price};
	return b;
}

static void list_add(struct market_bar_list *l, int64_t open_us, const struct market_trade *t)
{
	struct market_bar *b = list_bar(l, open_us, t);
	__int128 quote = t->quantity * t->price;

	b->last_id = t->id;
	b->trades++;
	b->close = t->price;
	b->high = t->price > b->high ? t->price : b->high;
	b->low = t->price < b->low ? t->price : b->low;
	b->volume += t->quantity;
	b->quote += quote;
	if (!t->maker) {
		b->taker_volume += t->quantity;
		b->taker_quote += quote;
	}
}

int market_bars_add(struct market_bars *b, const struct market_trade *t)
{
	if (list_grow(&b->seconds, t->trade_us, SECONDS_KEPT_US) ||
		list_grow(&b->minutes, t->trade_us, 0))
		return -1;
	list_add(&b->seconds, clock_floor(t->trade_us, SECOND_US), t);
	list_add(&b->minutes, clock_floor(t->trade_us, MINUTE_US), t);
	return 0;
}

size_t market_bar_list_find(const struct market_bar_list *l, int64_t t_us)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->items[mid].open_us < t_us)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void bar_fold(struct market_bar *to, const struct market_bar *b)
{
	to->last_id = b->last_id;
	to->trades += b->trades;
	to->close = b->close;
	to->high = b->high > to->high ? b->high : to->high;
	to->low = b->low < to->low ? b->low : to->low;
	to->volume += b->volume;
	to->quote += b->quote;
	to->taker_volume += b->taker_volume;
	to->taker_quote += b->taker_quote;
}

size_t market_bar_list_fold(
	const struct market_bar_list *l, int64_t from_us, int64_t to_us, struct market_bar *out)
{
	size_t i = market_bar_list_find(l, from_us), n = 0;

	for (; i < l->count && l->items[i].open_us < to_us; i++, n++) {
		if (n == 0) {
			*out = l->items[i];
			out->open_us = from_us;
		} else {
			bar_fold(out, &l->items[i]);
		}
	}
	return n;
}
