#include "chart_bars.h"
#include <stdlib.h>

void chart_bars_done(struct chart_bars *b)
{
	free(b->v);
	*b = (struct chart_bars){0};
}

int chart_bars_init(struct chart_bars *b, const struct interval *iv, int64_t from_us, int64_t to_us)
{
	size_t count = 0;

	*b = (struct chart_bars){0};
	for (int64_t t = from_us; t < to_us; t = interval_next(iv, t))
		count++;
	if (count == 0)
		return 0;
	b->v = calloc(count, sizeof(*b->v));
	if (!b->v)
		return -1;
	for (int64_t t = from_us; t < to_us; t = interval_next(iv, t))
		b->v[b->count++].candle.open_us = t;
	return 0;
}

static int by_open(const void *key, const void *element)
{
	int64_t open_us = *(const int64_t *)key;
	const struct chart_bar *bar = element;

	return (open_us > bar->candle.open_us) - (open_us < bar->candle.open_us);
}

struct chart_bar *chart_bars_find(struct chart_bars *b, int64_t open_us)
{
	return b->count ? bsearch(&open_us, b->v, b->count, sizeof(*b->v), by_open) : NULL;
}

static bool is_held(
	const struct chart_bar *bar, const struct interval *iv, const struct chart_ranges *by)
{
	return chart_ranges_hold(by, bar->candle.open_us, interval_next(iv, bar->candle.open_us));
}

bool chart_bars_need_close(
	const struct chart_bars *b, const struct interval *iv, const struct chart_cover *c)
{
	for (size_t i = 0; i < b->count && b->v[i].kind != BAR_STORED; i++)
		if (b->v[i].kind == BAR_ABSENT && is_held(&b->v[i], iv, &c->heard))
			return true;
	return false;
}

void chart_bars_make_flat(struct chart_bar *bar, const struct decimal *close)
{
	bar->kind = BAR_FLAT;
	bar->candle.open = bar->candle.high = bar->candle.low = bar->candle.close = *close;
	bar->candle.volume = bar->candle.quote = decimal_zero;
	bar->candle.has_volume = bar->complete;
}

void chart_bars_fill(struct chart_bars *b, const struct interval *iv, const struct chart_cover *c,
	const struct chart_close *before)
{
	const struct decimal *close = before->known ? &before->close : NULL;

	for (size_t i = 0; i < b->count; i++) {
		struct chart_bar *bar = &b->v[i];

		bar->complete = is_held(bar, iv, &c->full);
		if (bar->kind == BAR_STORED)
			close = &bar->candle.close;
		else if (bar->kind == BAR_ABSENT && close && is_held(bar, iv, &c->heard))
			chart_bars_make_flat(bar, close);
	}
}

static bool cover_changed(const struct chart_bar *bar, const struct interval *iv,
	const struct chart_cover *c, int64_t since)
{
	int64_t from_us = bar->candle.open_us, to_us = interval_next(iv, from_us);

	for (size_t i = 0; c->given_revision > since && i < c->given.count; i++)
		if (c->given.v[i].from_us < to_us && c->given.v[i].to_us > from_us)
			return true;

	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct chart_gap *g = &c->gaps.v[i];

		if (g->revision > since && g->from_us < to_us && g->to_us > from_us)
			return true;
	}
	return false;
}

/* Flat rows go with the bars on either side of their run; a run at the end goes always. */
static void mark_flats(struct chart_bars *b, bool changed)
{
	size_t begin = 0;

	for (size_t i = 0; i <= b->count; i++) {
		bool at_end = i == b->count;

		if (!at_end && b->v[i].kind != BAR_STORED && b->v[i].kind != BAR_REMOVED)
			continue;
		bool mark = changed || at_end || b->v[i].changed;
		for (; begin < i; begin++)
			b->v[begin].changed |= mark && b->v[begin].kind == BAR_FLAT;
		begin = i + 1;
		changed = !at_end && b->v[i].changed;
	}
}

size_t chart_bars_mark(struct chart_bars *b, const struct interval *iv, const struct chart_cover *c,
	const struct chart_close *before, int64_t since)
{
	bool any = c->given_revision > since;
	size_t marked = 0;

	for (size_t i = 0; i < c->gaps.count; i++)
		any |= c->gaps.v[i].revision > since;
	for (size_t i = 0; i < b->count; i++)
		b->v[i].changed =
			b->v[i].revision > since || (any && cover_changed(&b->v[i], iv, c, since));
	mark_flats(b, before->known && before->revision > since);
	for (size_t i = 0; i < b->count; i++)
		marked += b->v[i].changed;
	return marked;
}

bool chart_bars_shows(const struct chart_bar *bar)
{
	return bar->kind == BAR_STORED || bar->kind == BAR_FLAT;
}

bool chart_bars_any(const struct chart_bars *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (chart_bars_shows(&b->v[i]))
			return true;
	return false;
}
