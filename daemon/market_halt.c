#include "market_halt.h"
#include "clock.h"
#include <stdlib.h>

int market_halt(
	struct market_symbol *s, struct market_pause span, bool rows, enum market_status status)
{
	if (!rows) {
		struct market_pause *more =
			realloc(s->hidden, (s->hidden_count + 1) * sizeof(*more));

		if (!more)
			return -1;
		s->hidden = more;
		s->hidden[s->hidden_count++] = span;
	}
	s->halt = span;
	s->status = status;
	return 0;
}

static bool within(const struct market_symbol *s, int64_t t_us)
{
	return t_us >= s->halt.from_us && t_us < s->halt.to_us;
}

bool market_halt_takes(struct market_symbol *s, struct market_item *item)
{
	struct market_trade *t = &item->trade;

	if (within(s, t->trade_us)) {
		s->trades_halted++;
		s->orders_halted += t->order != s->order_halted;
		s->order_halted = t->order;
		return true;
	}
	if (s->trades_halted == 0)
		return false;
	t->id -= s->trades_halted;
	t->order -= t->order > 0 ? s->orders_halted : 0;
	free(item->text); /* it holds another id */
	item->text = NULL;
	item->text_len = 0;
	return false;
}

bool market_halt_next(const struct market_symbol *s, struct market_trade *next)
{
	next->id -= s->trades_halted;
	next->order -= next->order > 0 ? s->orders_halted : 0;
	return !within(s, next->trade_us);
}

void market_halt_tick(struct market_symbol *s, int64_t now_us)
{
	if (s->status == MARKET_TRADING || now_us < s->halt.to_us)
		return;
	s->status = MARKET_TRADING;
}

bool market_hidden(const struct market_symbol *s, int64_t from_us, int64_t to_us)
{
	for (size_t i = 0; i < s->hidden_count; i++) {
		if (from_us >= s->hidden[i].from_us && to_us <= s->hidden[i].to_us)
			return true;
	}
	return false;
}

static __int128 times(__int128 *number, int64_t millionths)
{
	__int128 before = *number;

	*number = before / 1000000 * millionths + before % 1000000 * millionths / 1000000;
	return *number - before;
}

void market_restate(struct market_symbol *s, struct market_pause span, int64_t millionths)
{
	struct market_bar_list *seconds = &s->bars.seconds, *minutes = &s->bars.minutes;

	for (size_t i = market_bar_list_find(seconds, span.from_us);
		i < seconds->count && seconds->items[i].open_us < span.to_us; i++) {
		struct market_bar *b = &seconds->items[i], *minute;
		size_t at = market_bar_list_find(minutes, clock_floor(b->open_us, MINUTE_US));

		minute = &minutes->items[at];
		minute->volume += times(&b->volume, millionths);
		minute->quote += times(&b->quote, millionths);
		minute->taker_volume += times(&b->taker_volume, millionths);
		minute->taker_quote += times(&b->taker_quote, millionths);
	}
}
