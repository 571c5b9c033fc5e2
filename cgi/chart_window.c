#include "chart_window.h"
#include "clock.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* From bucket `first` to bucket `last`, both included. */
static struct chart_window window_of(
	const struct interval *iv, const struct chart_times *t, int64_t first_us, int64_t last_us)
{
	struct chart_window w = {
		.settled_us = clock_floor(t->settled_us, SECOND_US),
		.newest_us = interval_floor(iv, t->as_of_us),
	};

	w.newest = last_us >= w.newest_us;
	w.to_us = interval_next(iv, last_us);
	w.from_us = t->first_us < 0 || first_us > last_us ? w.to_us : first_us;
	w.bars_to_us = greatest(w.from_us, least(w.to_us, interval_floor(iv, w.settled_us)));
	return w;
}

struct chart_window chart_window_last(
	const struct interval *iv, const struct chart_times *t, int64_t limit, int64_t end_us)
{
	int64_t first_us, last_us;

	if (t->as_of_us < 0)
		return (struct chart_window){0};
	last_us = interval_floor(iv, t->as_of_us);
	if (end_us >= 0 && end_us <= last_us)
		last_us = interval_floor(iv, end_us - 1);
	first_us = interval_step(iv, last_us, 1 - limit);
	if (t->first_us >= 0)
		first_us = greatest(first_us, interval_floor(iv, t->first_us));
	return window_of(iv, t, first_us, last_us);
}

struct chart_window chart_window_from(const struct interval *iv, const struct chart_times *t,
	struct chart_range starts, int64_t limit)
{
	int64_t first_us, last_us;

	if (t->as_of_us < 0)
		return (struct chart_window){0};
	first_us = interval_floor(iv, starts.from_us);
	if (first_us < starts.from_us)
		first_us = interval_next(iv, first_us);
	if (t->first_us >= 0)
		first_us = greatest(first_us, interval_floor(iv, t->first_us));
	last_us = least(interval_floor(iv, starts.to_us - 1), interval_floor(iv, t->as_of_us));
	last_us = least(last_us, interval_step(iv, first_us, limit - 1));
	return window_of(iv, t, first_us, last_us);
}

struct chart_window chart_window_since(
	const struct interval *iv, const struct chart_times *t, int64_t from_us)
{
	int64_t newest_us, first_us;

	if (t->as_of_us < 0)
		return (struct chart_window){0};
	newest_us = interval_floor(iv, t->as_of_us);
	first_us = least(interval_floor(iv, from_us), newest_us);
	if (t->first_us >= 0)
		first_us = greatest(first_us, interval_floor(iv, t->first_us));
	return window_of(iv, t, first_us, newest_us);
}

struct chart_open_parts chart_window_open(const struct interval *iv, const struct chart_window *w)
{
	int64_t start_us = interval_floor(iv, w->settled_us);
	struct chart_open_parts p;

	p.bounds[0] = start_us;
	for (int i = 1; i < LADDER_COUNT; i++)
		p.bounds[i] = greatest(p.bounds[i - 1],
			clock_floor(w->settled_us, ladder_width_us[LADDER_COUNT - i]));
	p.bounds[LADDER_COUNT] = w->settled_us;
	p.shifted = iv->shift_us != 0;
	return p;
}

static int64_t ceiling(int64_t t_us, int64_t width_us)
{
	return clock_floor(t_us + width_us - 1, width_us);
}

struct chart_ladder_parts chart_window_ladder(int64_t from_us, int64_t to_us)
{
	struct chart_ladder_parts p;
	int64_t *b = p.bounds;

	/* Up to whole minutes, hours, days; then down from the last whole ones before the end. */
	b[0] = least(from_us, to_us);
	for (int level = LADDER_1M; level <= LADDER_1D; level++)
		b[level] = least(ceiling(b[level - 1], ladder_width_us[level]),
			greatest(b[level - 1], clock_floor(to_us, ladder_width_us[level - 1])));
	for (int i = LADDER_COUNT; i < CHART_LADDER_BOUNDS; i++)
		b[i] = greatest(
			b[i - 1], clock_floor(to_us, ladder_width_us[CHART_LADDER_BOUNDS - 1 - i]));
	return p;
}

int64_t chart_window_parts(const struct interval *iv, int64_t from_us, int64_t to_us)
{
	return (to_us - from_us) / ladder_width_us[iv->base];
}
