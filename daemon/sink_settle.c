#include "sink_settle.h"

#include "sink_holes.h"

static int64_t floor_level(enum ladder level, int64_t t_us)
{
	return clock_floor(t_us, ladder_width_us[level]);
}

/* Folds the bars from `level` on that hold `open_us` and are over at `settled_us`. */
static void fold_from(struct sink_batch *b, const struct sink_symbol *sy, enum ladder level,
	int64_t open_us, int64_t settled_us)
{
	for (; level < LADDER_COUNT; level++) {
		int64_t bar_us = floor_level(level, open_us);

		if (bar_us + ladder_width_us[level] > settled_us)
			return;
		sink_batch_fold(b, level, sy, bar_us);
	}
}

/* The open minute is over if `settled_us` has passed it: it goes to the batch, as do the bars above it that end with it. */
static void close_minute(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	struct sink_minute *m = &sy->minute;
	struct batch_minute row;

	if (m->open_us == MINUTE_NONE || m->open_us + MINUTE_US > settled_us)
		return;
	row = (struct batch_minute){.symbol = sy,
		.open_us = m->open_us,
		.has_bar = m->any,
		.is_out_of_range = m->overflow,
		.made = sink_minute_made(m),
		.bar = m->bar};
	buf_add(&b->minutes, &row, sizeof row);
	sink_batch_day(b, row.open_us);
	fold_from(b, sy, LADDER_1H, row.open_us, settled_us);
	sink_minute_begin(m, MINUTE_NONE);
}

/* The minute that holds `t_us`, which is not before the open one; that one is over if it is another. */
static struct sink_minute *open_minute(struct sink_batch *b, struct sink_symbol *sy, int64_t t_us)
{
	close_minute(b, sy, t_us);
	if (sy->minute.open_us == MINUTE_NONE)
		sink_minute_begin(&sy->minute, floor_level(LADDER_1M, t_us));
	return &sy->minute;
}

static void write_settled(struct sink_batch *b, struct sink_symbol *sy, struct sink_second *s)
{
	struct batch_candle row = {.symbol = sy, .slow = s->written};

	if (!second_visible(&s->second, &row.candle))
		return;
	sink_minute_add(open_minute(b, sy, row.candle.open_us), &row.candle);
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
	struct sink_second *s;

	/* After a start the minute is open already; what was stored of it is known to the database alone. */
	if (sy->settled_us != INT64_MIN)
		open_minute(b, sy, sy->settled_us);
	while ((s = sink_symbol_pop(sy, settled_us))) {
		write_settled(b, sy, s);
		sink_second_free(sy, s);
	}
	sy->settled_us = settled_us;
	open_minute(b, sy, settled_us);
	sink_holes_settle(sy, b, settled_us);
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
	fold_from(b, sy, LADDER_1M, open_us, sy->sealed_us);
}
