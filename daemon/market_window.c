#include "market_window.h"
#include <stdlib.h>
#include <string.h>

void market_window_init(struct market_window *w, int64_t phase_us)
{
	memset(w, 0, sizeof(*w));
	w->phase_us = phase_us;
}

void market_window_done(struct market_window *w)
{
	free(w->slots);
	free(w->highs.items);
	free(w->lows.items);
	memset(w, 0, sizeof(*w));
}

static struct market_slot *slot_at(const struct market_window *w, uint64_t n)
{
	return &w->slots[n & (w->room - 1)];
}

static int slots_grow(struct market_window *w)
{
	uint64_t room = w->room ? 2 * w->room : 64;
	struct market_slot *more;

	if (w->next - w->first < w->room)
		return 0;
	more = aligned_alloc(_Alignof(struct market_slot), room * sizeof(*more));
	if (!more)
		return -1;
	for (uint64_t n = w->first; n < w->next; n++)
		more[n & (room - 1)] = *slot_at(w, n);
	free(w->slots);
	w->slots = more;
	w->room = room;
	return 0;
}

static int ring_grow(struct market_ring *r)
{
	uint64_t room = r->room ? 2 * r->room : 64, *more;

	if (r->next - r->first < r->room)
		return 0;
	more = malloc(room * sizeof(*more));
	if (!more)
		return -1;
	for (uint64_t n = r->first; n < r->next; n++)
		more[n & (room - 1)] = r->items[n & (r->room - 1)];
	free(r->items);
	r->items = more;
	r->room = room;
	return 0;
}

static uint64_t ring_last(const struct market_ring *r)
{
	return r->items[(r->next - 1) & (r->room - 1)];
}

/* Entry `n`, the newest, has risen (`sign` 1) or fallen (-1): those that it outdoes can never be
 * the extreme again. */
static void extreme_update(struct market_window *w, struct market_ring *r, uint64_t n, int sign)
{
	const struct market_slot *newest = slot_at(w, n);

	while (r->next > r->first) {
		const struct market_slot *last = slot_at(w, ring_last(r));

		if (sign > 0 ? last->high > newest->high : last->low < newest->low)
			break;
		r->next--;
	}
	r->items[r->next++ & (r->room - 1)] = n;
}

int market_window_add(struct market_window *w, const struct market_trade *t)
{
	int64_t end_us = market_window_slot_after(w, t->trade_us - 1);
	struct market_slot *s = w->next > w->first ? slot_at(w, w->next - 1) : NULL;
	bool newer = !s || s->end_us < end_us, higher, lower;
	__int128 quote = t->quantity * t->price;

	if (newer) {
		if (slots_grow(w) || ring_grow(&w->highs) || ring_grow(&w->lows))
			return -1;
		s = slot_at(w, w->next++);
		*s = (struct market_slot){.end_us = end_us,
			.open = t->price,
			.high = t->price,
			.low = t->price,
			.first_id = t->id};
	}
	higher = newer || t->price > s->high;
	lower = newer || t->price < s->low;
	s->high = higher ? t->price : s->high;
	s->low = lower ? t->price : s->low;
	s->close = t->price;
	s->last_id = t->id;
	s->trades++;
	s->volume += t->quantity;
	s->quote += quote;
	if (higher)
		extreme_update(w, &w->highs, w->next - 1, 1);
	if (lower)
		extreme_update(w, &w->lows, w->next - 1, -1);
	w->volume += t->quantity;
	w->quote += quote;
	w->trades++;
	w->last_price = t->price;
	w->changed = true;
	return 0;
}

int64_t market_window_slot_after(const struct market_window *w, int64_t t_us)
{
	return clock_floor(t_us - w->phase_us, SLOT_US) + w->phase_us + SLOT_US;
}

static void slot_leave(struct market_window *w)
{
	const struct market_slot *s = slot_at(w, w->first);

	w->volume -= s->volume;
	w->quote -= s->quote;
	w->trades -= s->trades;
	w->before_price = s->close;
	if (w->highs.items[w->highs.first & (w->highs.room - 1)] == w->first)
		w->highs.first++;
	if (w->lows.items[w->lows.first & (w->lows.room - 1)] == w->first)
		w->lows.first++;
	w->first++;
	w->changed = true;
}

void market_window_stats(const struct market_window *w, struct market_stats *out)
{
	*out = (struct market_stats){.open = w->last_price,
		.high = w->last_price,
		.low = w->last_price,
		.close = w->last_price,
		.volume = w->volume,
		.quote = w->quote,
		.before = w->before_price,
		.first_id = -1,
		.last_id = -1,
		.trades = w->trades};
	if (w->next > w->first) {
		out->open = slot_at(w, w->first)->open;
		out->first_id = slot_at(w, w->first)->first_id;
		out->last_id = slot_at(w, w->next - 1)->last_id;
		out->high = slot_at(w, w->highs.items[w->highs.first & (w->highs.room - 1)])->high;
		out->low = slot_at(w, w->lows.items[w->lows.first & (w->lows.room - 1)])->low;
	}
	if (!out->before)
		out->before = out->open;
}

bool market_window_end(struct market_window *w, int64_t end_us, struct market_stats *out)
{
	while (w->next > w->first && slot_at(w, w->first)->end_us <= end_us - WINDOW_US)
		slot_leave(w);
	if (!w->changed)
		return false;
	w->changed = false;
	market_window_stats(w, out);
	return true;
}
