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
	return p;
}

int64_t chart_window_parts(const struct interval *iv, int64_t from_us, int64_t to_us)
{
	return (to_us - from_us) / ladder_width_us[iv->base];
}
