#include "sink_settle.h"

#include "metrics.h"

METRIC_COUNTER(metric_spilled, "pricegraph_sink_seconds_spilled_total",
	"Seconds given up to the database before all streams had come that far");

static int64_t floor_level(enum ladder level, int64_t t_us)
{
	return clock_floor(t_us, ladder_width_us[level]);
}

void sink_settle_fold(struct sink_batch *b, const struct sink_symbol *sy, enum ladder level,
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
		.is_out_of_range = m->overflow || m->open_us < sy->spilled_us,
		.made = sink_minute_made(m),
		.bar = m->bar};
	buf_add(&b->minutes, &row, sizeof row);
	sink_batch_day(b, row.open_us);
	sink_settle_fold(b, sy, LADDER_1H, row.open_us, settled_us);
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

/* What was spilled is in the database: its minutes are folded there. */
static void settle_spilled(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	int64_t end_us = settled_us < sy->spilled_us ? settled_us : sy->spilled_us;

	for (int64_t t_us = sy->settled_us; t_us < end_us;
		t_us = floor_level(LADDER_1M, t_us) + MINUTE_US)
		open_minute(b, sy, t_us);
	if (settled_us >= sy->spilled_us)
		for (int k = 0; k < STREAM_COUNT; k++)
			sy->spilled_offset[k] = INT64_MAX;
}

static void settle(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	struct sink_second *s;

	/* After a start the minute is open already; what was stored of it is known to the database alone. */
	if (sy->settled_us != INT64_MIN)
		open_minute(b, sy, sy->settled_us);
	if (sy->spilled_us > sy->settled_us)
		settle_spilled(b, sy, settled_us);
	while ((s = sink_symbol_pop(sy, settled_us))) {
		write_settled(b, sy, s);
		sink_second_free(sy, s);
	}
	sy->settled_us = settled_us;
	open_minute(b, sy, settled_us);
}

/* Its second is made in the database, of the raw rows, now and whenever something more comes for it. An open kline has no raw row. */
static void spill_second(struct sink_batch *b, struct sink_symbol *sy, struct sink_second *s)
{
	struct batch_late late = {.symbol = sy, .second_us = s->second.open_us};
	struct batch_candle row = {.symbol = sy, .slow = true};
	bool visible = second_visible(&s->second, &row.candle);

	if (visible && !s->written && row.candle.origin >= ORIGIN_KLINE)
		buf_add(&b->candles, &row, sizeof row);
	buf_add(&b->lates, &late, sizeof late);
	sink_batch_day(b, late.second_us);
	if (visible && late.second_us < sy->first_us) {
		sy->first_us = late.second_us;
		sy->dirty = true;
	}
	for (int k = 0; k < STREAM_COUNT; k++)
		if (s->first_offset[k] < sy->spilled_offset[k])
			sy->spilled_offset[k] = s->first_offset[k];
	sy->spilled_us = late.second_us + SECOND_US;
	metric_add(&metric_spilled, 1);
}

/* One stream is far ahead of another: the seconds between them do not wait in memory until both have come. */
static void spill(struct sink_batch *b, struct sink_symbol *sy, int64_t before_us)
{
	struct sink_second *s;

	while ((s = sink_symbol_pop(sy, before_us))) {
		spill_second(b, sy, s);
		sink_second_free(sy, s);
	}
}

void sink_settle_symbol(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us)
{
	if (settled_us > sy->settled_us)
		settle(b, sy, settled_us);
}

void sink_settle_spill(struct sink_state *st, struct sink_batch *b, int partition)
{
	int64_t furthest_us = st->furthest_us[partition];

	if (furthest_us == INT64_MIN)
		return;
	for (struct sink_symbol *sy = st->partitions[partition]; sy; sy = sy->next_in_partition)
		spill(b, sy, furthest_us - SINK_SKEW_US);
}

void sink_settle_partition(struct sink_state *st, struct sink_batch *b, int partition)
{
	for (struct sink_symbol *sy = st->partitions[partition]; sy; sy = sy->next_in_partition) {
		int64_t settled_us = sink_symbol_settles_at(st, sy);

		if (settled_us > sy->settled_us)
			settle(b, sy, settled_us);
	}
	sink_settle_spill(st, b, partition);
}

void sink_settle_refold(struct sink_batch *b, const struct sink_symbol *sy, int64_t open_us)
{
	sink_settle_fold(b, sy, LADDER_1M, open_us, sy->sealed_us);
}
