#include "sink_minute.h"

#define SECONDS 60

void sink_minute_begin(struct sink_minute *m, int64_t open_us)
{
	*m = (struct sink_minute){.open_us = open_us};
}

static void begin_bar(struct sink_minute *m, const struct candle *second, bool traded)
{
	struct candle *bar = &m->bar;
	enum origin lowest = m->any ? bar->origin : second->origin;

	*bar = *second;
	bar->open_us = m->open_us;
	bar->first_id = bar->last_id = -1;
	bar->closed = false;
	bar->stated_us = 0;
	if (lowest < bar->origin)
		bar->origin = lowest;
	if (!traded)
		bar->volume = bar->quote = bar->taker_volume = bar->taker_quote = decimal_zero;
	m->any = true;
}

static void add_sum(struct sink_minute *m, struct decimal *sum, const struct decimal *part)
{
	if (decimal_add(sum, sum, part) != 0)
		m->overflow = true;
}

static void add_prices(struct candle *bar, const struct candle *second)
{
	if (decimal_cmp(&second->high, &bar->high) > 0)
		bar->high = second->high;
	if (decimal_cmp(&second->low, &bar->low) < 0)
		bar->low = second->low;
	bar->close = second->close;
}

static void add_volumes(struct sink_minute *m, const struct candle *second)
{
	struct candle *bar = &m->bar;

	if (!second->has_volume)
		bar->has_volume = false;
	if (!bar->has_volume)
		return;
	add_sum(m, &bar->volume, &second->volume);
	add_sum(m, &bar->quote, &second->quote);
	add_sum(m, &bar->taker_volume, &second->taker_volume);
	add_sum(m, &bar->taker_quote, &second->taker_quote);
	if (__builtin_add_overflow(bar->trades, second->trades, &bar->trades))
		m->overflow = true;
}

/* A second without a trade gives prices only while no other kind is there. */
void sink_minute_add(struct sink_minute *m, const struct candle *second)
{
	bool traded = !second->has_volume || second->trades != 0;

	if (!m->any || (traded && !m->traded)) {
		begin_bar(m, second, traded);
	} else {
		if (traded == m->traded)
			add_prices(&m->bar, second);
		if (traded)
			add_volumes(m, second);
		if (second->origin < m->bar.origin)
			m->bar.origin = second->origin;
	}
	m->traded = m->traded || traded;
	m->corrected = m->corrected || second->origin == ORIGIN_CORRECTION;
	m->klines += second->origin == ORIGIN_KLINE && second->closed;
}

enum sink_made sink_minute_made(const struct sink_minute *m)
{
	if (m->corrected)
		return MADE_WITH_CORRECTION;
	return m->klines == SECONDS ? MADE_OF_KLINES : MADE_OF_PARTS;
}
