#include "market_symbol.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static int64_t phase_of(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (int64_t)(h % 1000) * MS_US;
}

void market_symbol_init(struct market_symbol *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	for (size_t i = 0; s->name[i]; i++)
		s->lower[i] = (char)tolower((unsigned char)s->name[i]);
	snprintf(s->trade_name, sizeof(s->trade_name), "%s@trade", s->lower);
	snprintf(s->order_name, sizeof(s->order_name), "%s@aggTrade", s->lower);
	snprintf(s->kline_name, sizeof(s->kline_name), "%s@kline_1s", s->lower);
	snprintf(s->mini_name, sizeof(s->mini_name), "%s@miniTicker", s->lower);
	snprintf(s->ticker_name, sizeof(s->ticker_name), "%s@ticker", s->lower);
	market_window_init(&s->window, phase_of(s->name));
	s->last_trade_us = s->stats_us = -1;
	s->close_us = MARKET_NEVER;
}

const char *market_status_name(enum market_status s)
{
	switch (s) {
	case MARKET_TRADING:
		return "TRADING";
	case MARKET_HALT:
		return "HALT";
	case MARKET_BREAK:
		return "BREAK";
	}
	return "?";
}

void market_symbol_done(struct market_symbol *s)
{
	market_bars_done(&s->bars);
	market_window_done(&s->window);
	market_trades_done(&s->trades);
	free(s->hidden);
}

void market_symbol_begin(struct market_symbol *s, int64_t t_us)
{
	s->begun_us = t_us;
	s->slot_us = market_window_slot_after(&s->window, t_us - 1);
	s->closed_price = s->window.last_price;
	if (s->close_us != MARKET_NEVER)
		s->close_us = t_us;
}

static bool late(const struct market_symbol *s, const struct market_trade *t)
{
	int64_t second = clock_floor(t->trade_us, SECOND_US);
	int64_t slot = market_window_slot_after(&s->window, t->trade_us - 1);

	if (s->last_trade_us < 0)
		return false;
	if (second < clock_floor(s->last_trade_us, SECOND_US) ||
		slot < market_window_slot_after(&s->window, s->last_trade_us - 1))
		return true;
	/* A trade's T may lie just before the second in which time began, by its E. */
	return second < s->close_us && s->close_us != s->begun_us;
}

int market_symbol_add(struct market_symbol *s, struct market_trade *t)
{
	int64_t second = clock_floor(t->trade_us, SECOND_US);

	if (late(s, t))
		return 0;
	if (t->order == 0)
		t->order = s->order.id + !(s->order_open && market_order_goes_on(&s->order, t));
	if (market_bars_add(&s->bars, t) || market_window_add(&s->window, t) ||
		market_trades_add(&s->trades, t))
		return -1;
	market_order_add(&s->order, t);
	s->order_open = true;
	s->last_trade_us = t->trade_us;
	if (second < s->close_us)
		s->close_us = second; /* its first one, or the first behind a jump */
	return 1;
}

struct market_bar market_symbol_close(struct market_symbol *s)
{
	const struct market_bar_list *l = &s->bars.seconds;
	size_t i = market_bar_list_find(l, s->close_us);
	int64_t price = s->closed_price;
	struct market_bar bar = {.open_us = s->close_us,
		.first_id = -1,
		.last_id = -1,
		.open = price,
		.high = price,
		.low = price,
		.close = price};

	if (i < l->count && l->items[i].open_us == s->close_us)
		bar = l->items[i];
	s->closed_price = bar.close;
	s->close_us += SECOND_US;
	return bar;
}

bool market_symbol_order_ends(struct market_symbol *s, const struct market_trade *next)
{
	if (!s->order_open || (next && market_order_goes_on(&s->order, next)))
		return false;
	s->order_open = false;
	return true;
}

bool market_symbol_slot(struct market_symbol *s)
{
	bool changed =
		s->last_trade_us >= 0 && market_window_end(&s->window, s->slot_us, &s->stats);

	s->slot_us += SLOT_US;
	return changed;
}
