#include "market_symbol.h"
#include <ctype.h>
#include <stdio.h>
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
	snprintf(s->kline_name, sizeof(s->kline_name), "%s@kline_1s", s->lower);
	snprintf(s->ticker_name, sizeof(s->ticker_name), "%s@miniTicker", s->lower);
	market_window_init(&s->window, phase_of(s->name));
	s->last_trade_us = -1;
	s->close_us = MARKET_NEVER;
}

void market_symbol_done(struct market_symbol *s)
{
	market_bars_done(&s->bars);
	market_window_done(&s->window);
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

int market_symbol_add(struct market_symbol *s, const struct market_trade *t)
{
	int64_t second = clock_floor(t->trade_us, SECOND_US);

	if (late(s, t))
		return 0;
	if (market_bars_add(&s->bars, t) || market_window_add(&s->window, t))
		return -1;
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

bool market_symbol_slot(struct market_symbol *s, struct market_stats *out)
{
	bool changed = s->last_trade_us >= 0 && market_window_end(&s->window, s->slot_us, out);

	s->slot_us += SLOT_US;
	return changed;
}
