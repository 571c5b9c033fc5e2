#include "correct_stretch.h"
#include "clock.h"
#include "correct_bars.h"
#include "correct_natural.h"

#define SOURCE_BYTES_MAX (1 << 20)

struct stretch {
	int64_t from_us, to_us;
	struct second_source source; /* of a rebuild */
};

static void add_removal(struct change_write *w, int64_t open_us)
{
	struct candle_change change = {
		.candle = {.open_us = open_us, .origin = ORIGIN_CORRECTION, .closed = true},
		.removed = true};

	change_write_add(w, &change);
}

static enum pg_failure fill_removals(void *arg, struct change_write *w, struct err *e)
{
	const struct stretch *s = arg;

	(void)e;
	for (int64_t t = s->from_us; t < s->to_us; t += SECOND_US)
		add_removal(w, t);
	return PG_OK;
}

static enum pg_failure fill_rebuilt(void *arg, struct change_write *w, struct err *e)
{
	struct stretch *s = arg;
	enum pg_failure f = change_write_lock(w, e);

	second_source_reset(&s->source);
	for (int64_t t = s->from_us; t < s->to_us && f == PG_OK; t += SECOND_US)
		if (!second_source_add(&s->source, w->symbol, t, e))
			f = PG_BUG;
	return f == PG_OK ? correct_natural_rebuild(w, &s->source, e) : f;
}

/* Bars of the level of which nothing finer is left. */
static enum pg_failure fill_bars(void *arg, struct change_write *w, struct err *e)
{
	const struct stretch *s = arg;
	const struct correct_bars bars = {w->pg, w->venue, w->symbol, w->level};
	int64_t width_us = ladder_width_us[w->level], starts[CORRECT_BARS_MAX] = {0};
	size_t n = 0;
	enum pg_failure f;

	for (int64_t t = s->from_us; t < s->to_us; t += width_us)
		starts[n++] = t;
	f = change_write_lock(w, e);
	if (f == PG_OK)
		f = correct_bars_alone(&bars, starts, &n, starts, e);
	for (size_t i = 0; i < n && f == PG_OK; i++)
		add_removal(w, starts[i]);
	return f;
}

/* Chunk by chunk. */
static int write_stretch(
	struct change_write *w, change_fill *fill, struct stretch whole, struct err *e)
{
	struct stretch s = {.from_us = whole.from_us};
	int rc = 0;

	second_source_init(&s.source, SOURCE_BYTES_MAX);
	for (; s.from_us < whole.to_us && rc == 0; s.from_us = s.to_us) {
		s.to_us = s.from_us + CHANGE_CHUNK * ladder_width_us[w->level];
		if (s.to_us > whole.to_us)
			s.to_us = whole.to_us;
		rc = change_write_chunk(w, fill, &s, e);
	}
	second_source_done(&s.source);
	return rc;
}

static int64_t ceil_to(int64_t t_us, int64_t width_us)
{
	return clock_floor(t_us + width_us - 1, width_us);
}

/* A bar that is no function of finer ones can't be taken away in part. */
static int check_ends(const struct change_write *w, int64_t from_us, int64_t to_us, struct err *e)
{
	for (enum ladder level = LADDER_1M; level < LADDER_COUNT; level++) {
		const struct correct_bars bars = {w->pg, w->venue, w->symbol, level};
		int64_t width_us = ladder_width_us[level], starts[2];
		char time[CHANGE_TIME_SIZE];
		size_t n = 0;

		if (from_us % width_us)
			starts[n++] = clock_floor(from_us, width_us);
		if (to_us % width_us)
			starts[n++] = clock_floor(to_us, width_us);
		if (n && correct_bars_alone(&bars, starts, &n, starts, e) != PG_OK)
			return -1;
		if (n) {
			change_time_format(starts[0], time);
			return err_set(e,
				"the bar of %s at %s has nothing finer beneath it and reaches "
				"beyond the stretch",
				candle_level_name(level), time);
		}
	}
	return 0;
}

int correct_stretch_remove(struct change_write *w, const struct correct_bounds *bounds,
	int64_t from_us, int64_t to_us, struct err *e)
{
	int64_t kept_us = bounds->horizon_us[LADDER_1S];
	struct stretch s = {.from_us = from_us > kept_us ? from_us : kept_us, .to_us = to_us};

	if (check_ends(w, from_us, to_us, e) != 0 || write_stretch(w, fill_removals, s, e) != 0)
		return -1;
	for (enum ladder level = LADDER_1M; level < LADDER_COUNT; level++) {
		int64_t width_us = ladder_width_us[level];

		s.from_us = ceil_to(from_us, width_us);
		s.to_us = clock_floor(to_us, width_us);
		change_write_level(w, level);
		if (write_stretch(w, fill_bars, s, e) != 0)
			return -1;
	}
	return 0;
}

int correct_stretch_ensure(struct change_write *w, int64_t from_us, int64_t to_us, struct err *e)
{
	for (int64_t day_us = clock_floor(from_us, DAY_US); day_us < to_us; day_us += DAY_US)
		if (change_write_ensure(w, day_us, e) != 0)
			return -1;
	return 0;
}

int correct_stretch_rebuild(struct change_write *w, int64_t from_us, int64_t to_us, struct err *e)
{
	return write_stretch(
		w, fill_rebuilt, (struct stretch){.from_us = from_us, .to_us = to_us}, e);
}
