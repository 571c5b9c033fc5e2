#include "chart_ranges.h"
#include "clock.h"
#include <stdlib.h>

void chart_ranges_done(struct chart_ranges *r)
{
	free(r->v);
	*r = (struct chart_ranges){0};
}

void chart_ranges_add(struct chart_ranges *r, int64_t from_us, int64_t to_us)
{
	if (r->failed || to_us <= from_us)
		return;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		struct chart_range *v = realloc(r->v, room * sizeof(*v));

		if (!v) {
			r->failed = true;
			return;
		}
		r->v = v;
		r->room = room;
	}
	r->v[r->count++] = (struct chart_range){from_us, to_us};
}

void chart_ranges_add_all(struct chart_ranges *r, const struct chart_ranges *more)
{
	for (size_t i = 0; i < more->count; i++)
		chart_ranges_add(r, more->v[i].from_us, more->v[i].to_us);
	r->failed |= more->failed;
}

static int by_start(const void *a, const void *b)
{
	const struct chart_range *x = a, *y = b;

	return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

void chart_ranges_order(struct chart_ranges *r)
{
	size_t n = 0;

	if (r->count == 0)
		return;
	qsort(r->v, r->count, sizeof(*r->v), by_start);
	for (size_t i = 1; i < r->count; i++) {
		if (r->v[i].from_us > r->v[n].to_us)
			r->v[++n] = r->v[i];
		else if (r->v[i].to_us > r->v[n].to_us)
			r->v[n].to_us = r->v[i].to_us;
	}
	r->count = n + 1;
}

/* Index of the first span that ends behind `t_us`; `count` if none does. */
static size_t first_behind(const struct chart_ranges *r, int64_t t_us)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->v[middle].to_us <= t_us)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void chart_ranges_cut(struct chart_ranges *r, int64_t from_us, int64_t to_us)
{
	size_t kept, i;

	if (to_us <= from_us)
		return;
	kept = i = first_behind(r, from_us);
	if (i < r->count && r->v[i].from_us < from_us && r->v[i].to_us > to_us) {
		/* One span becomes two. */
		int64_t end_us = r->v[i].to_us;

		r->v[i].to_us = from_us;
		chart_ranges_add(r, to_us, end_us);
		chart_ranges_order(r);
		return;
	}
	for (; i < r->count; i++) {
		struct chart_range span = r->v[i];

		if (span.from_us >= from_us && span.to_us <= to_us)
			continue;
		if (span.from_us < from_us)
			span.to_us = from_us;
		else if (span.from_us < to_us)
			span.from_us = to_us;
		r->v[kept++] = span;
	}
	r->count = kept;
}

void chart_ranges_cut_all(struct chart_ranges *r, const struct chart_ranges *less)
{
	for (size_t i = 0; i < less->count; i++)
		chart_ranges_cut(r, less->v[i].from_us, less->v[i].to_us);
	r->failed |= less->failed;
}

void chart_ranges_shrink(struct chart_ranges *r, int64_t width_us)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct chart_range span = {clock_floor(r->v[i].from_us + width_us - 1, width_us),
			clock_floor(r->v[i].to_us, width_us)};

		if (span.from_us < span.to_us)
			r->v[n++] = span;
	}
	r->count = n;
}

bool chart_ranges_hold(const struct chart_ranges *r, int64_t from_us, int64_t to_us)
{
	size_t i = first_behind(r, from_us);

	return i < r->count && r->v[i].from_us <= from_us && r->v[i].to_us >= to_us;
}
