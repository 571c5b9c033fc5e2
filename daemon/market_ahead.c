#include "market_ahead.h"
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024

struct market_ahead_entry {
	struct market_item item;
	uint64_t following; /* the symbol's next trade; 0 = none */
};

static struct market_ahead_entry *entry_at(const struct market_ahead *a, uint64_t n)
{
	return &a->ring[n & (a->room - 1)];
}

int market_ahead_init(struct market_ahead *a, struct market_source source, size_t symbols)
{
	*a = (struct market_ahead){.source = source, .first = 1, .next = 1, .room = ROOM_FIRST};
	a->symbols = calloc(symbols + 1, sizeof(*a->symbols));
	a->ring = aligned_alloc(_Alignof(struct market_ahead_entry), a->room * sizeof(*a->ring));
	return a->symbols && a->ring ? 0 : -1;
}

void market_ahead_done(struct market_ahead *a)
{
	for (uint64_t n = a->first; a->ring && n < a->next; n++)
		free(entry_at(a, n)->item.text);
	free(a->ring);
	free(a->symbols);
	memset(a, 0, sizeof(*a));
}

static int ring_grow(struct market_ahead *a)
{
	uint64_t room = 2 * a->room;
	struct market_ahead_entry *more;

	if (a->next - a->first < a->room)
		return 0;
	more = aligned_alloc(_Alignof(struct market_ahead_entry), room * sizeof(*more));
	if (!more)
		return -1;
	for (uint64_t n = a->first; n < a->next; n++)
		more[n & (room - 1)] = *entry_at(a, n);
	free(a->ring);
	a->ring = more;
	a->room = room;
	return 0;
}

static int item_read(struct market_ahead *a, struct err *e)
{
	struct market_ahead_entry *entry;
	struct market_ahead_symbol *s;
	int rc;

	if (ring_grow(a))
		return err_set(e, "no memory");
	entry = entry_at(a, a->next);
	entry->following = 0;
	rc = a->source.next(a->source.ctx, &entry->item, e);
	a->ended = rc == 0;
	if (rc <= 0)
		return rc;
	if (entry->item.kind == MARKET_TRADE) {
		s = &a->symbols[entry->item.trade.symbol];
		if (s->last)
			entry_at(a, s->last)->following = a->next;
		else
			s->first = a->next;
		s->last = a->next;
	}
	a->next++;
	return 0;
}

int market_ahead_fill(struct market_ahead *a, int64_t until_us, struct err *e)
{
	while (!a->ended && a->next - a->first < AHEAD_ITEMS_MAX &&
		(a->next == a->first || entry_at(a, a->next - 1)->item.at_us < until_us)) {
		if (item_read(a, e))
			return -1;
	}
	return 0;
}

const struct market_item *market_ahead_peek(const struct market_ahead *a)
{
	return a->next > a->first ? &entry_at(a, a->first)->item : NULL;
}

struct market_item market_ahead_take(struct market_ahead *a)
{
	struct market_ahead_entry *entry = entry_at(a, a->first++);
	struct market_ahead_symbol *s;

	if (entry->item.kind == MARKET_TRADE) {
		s = &a->symbols[entry->item.trade.symbol];
		s->first = entry->following;
		if (!s->first)
			s->last = 0;
	}
	return entry->item;
}

const struct market_trade *market_ahead_coming(const struct market_ahead *a, size_t symbol)
{
	uint64_t first = a->symbols[symbol].first;

	return first ? &entry_at(a, first)->item.trade : NULL;
}
