#include "sink_settle.h"

#include "sink_holes.h"

static int64_t floor_level(enum ladder level, int64_t t_us)
{
	return clock_floor(t_us, ladder_width_us[level]);
}

/* Folds the bars of every level above the second that are over at `settled_us`. */
static void fold_above(
	struct sink_batch *b, const struct sink_symbol *sy, int64_t open_us, int64_t settled_us)
{
	for (enum ladder level = LADDER_1M; level < LADDER_COUNT; level++) {
		int64_t bar_us = floor_level(level, open_us);

		if (bar_us + ladder_width_us[level] > settled_us)
			return;
		sink_batch_fold(b, level, sy, bar_us);
	}
}

static void write_settled(struct sink_batch *b, struct sink_symbol *sy, struct sink_second *s)
{
	struct batch_candle row = {.symbol = sy, .slow = s->written};

	if (!second_visible(&s->second, &row.candle))
		return;
	if (row.candle.open_us < sy->first_us) {
		sy->first_us = row.candle.open_us;
		sy->dirty = true;
	}
	if (s->written && candle_equal(&s->stored, &row.candle))
		return;
	buf_add(&b->candles, &row, sizeof row);
	sink_batch_day(b, row.candle.open_us);
}

static void settle(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	int64_t before_us = sy->settled_us;
	int64_t last_minute_us = INT64_MIN;
	struct sink_second *s;

	while ((s = sink_symbol_pop(sy, settled_us))) {
		int64_t minute_us = floor_level(LADDER_1M, s->second.open_us);

		write_settled(b, sy, s);
		if (minute_us != last_minute_us)
			fold_above(b, sy, s->second.open_us, settled_us);
		last_minute_us = minute_us;
		sink_second_free(sy, s);
	}
	sy->settled_us = settled_us;
	sink_holes_settle(sy, b, settled_us);
	/* The bars that were open so far hold seconds that were written before. */
	if (before_us != INT64_MIN)
		for (enum ladder level = LADDER_1M; level < LADDER_COUNT; level++) {
			int64_t bar_us = floor_level(level, before_us);

			if (bar_us < before_us && bar_us + ladder_width_us[level] <= settled_us)
				sink_batch_fold(b, level, sy, bar_us);
		}
}

void sink_settle_symbol(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	if (settled_us > sy->settled_us)
		settle(b, sy, settled_us);
}

void sink_settle_partition(struct sink_state *st, struct sink_batch *b, int partition)
{
	for (struct sink_symbol *sy = st->partitions[partition]; sy; sy = sy->next_in_partition) {
		int64_t settled_us = sink_symbol_settles_at(st, sy);

		if (settled_us > sy->settled_us)
			settle(b, sy, settled_us);
	}
}

void sink_settle_refold(struct sink_batch *b, const struct sink_symbol *sy, int64_t open_us)
{
	fold_above(b, sy, open_us, sy->settled_us);
}
