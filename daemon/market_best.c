#include "market_best.h"
#include "market_number.h"

#define STEP_MINUTES 240

/* The greatest power of ten that divides `number`, if it is below `step`; else `step`. */
static int64_t step_of(__int128 number, int64_t step)
{
	while (step > 1 && number % step != 0)
		step /= 10;
	return step;
}

void market_best_steps(const struct market_symbol *s, int64_t *tick, int64_t *lot)
{
	const struct market_bar_list *l = &s->bars.minutes;

	*tick = *lot = l->count ? NUMBER_ONE : 1;
	for (size_t i = l->count > STEP_MINUTES ? l->count - STEP_MINUTES : 0; i < l->count; i++) {
		const struct market_bar *b = &l->items[i];

		*tick = step_of(
			b->low, step_of(b->high, step_of(b->open, step_of(b->close, *tick))));
		*lot = step_of(b->volume, *lot);
	}
}

void market_best_of(const struct market_symbol *s, struct market_best *out)
{
	const struct market_trades *l = &s->trades;
	const struct market_tick *t = l->count ? &l->items[l->count - 1] : NULL;
	int64_t price = s->window.last_price, tick, lot;
	bool maker = t && t->maker;

	*out = (struct market_best){0};
	if (price == 0)
		return;
	market_best_steps(s, &tick, &lot);
	*out = (struct market_best){.bid = maker ? price : price - tick,
		.ask = maker ? price + tick : price,
		.quantity = t ? t->quantity : lot,
		.last_quantity = t ? t->quantity : 0};
}
