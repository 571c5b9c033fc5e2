#include "market_rows.h"
#include "clock.h"
#include "market_halt.h"

static int64_t bucket_floor(const struct market_range *r, int64_t t_us)
{
	return interval_floor(r->interval, t_us + r->offset_us) - r->offset_us;
}

static int64_t bucket_step(const struct market_range *r, int64_t open_us, int count)
{
	return interval_step(r->interval, open_us + r->offset_us, count) - r->offset_us;
}

int64_t market_rows_end(const struct market_range *range, int64_t open_us)
{
	return bucket_step(range, open_us, 1);
}

/* The bucket at or after `open_us` in which market time passed; MARKET_NEVER if there is none. */
static int64_t known_after(const struct market *m, const struct market_range *r, int64_t open_us)
{
	size_t count;
	const struct market_span *spans = market_spans(m, &count);

	for (size_t i = 0; i < count; i++) {
		if (spans[i].to_us <= open_us && !(i + 1 == count && spans[i].to_us == open_us))
			continue;
		if (spans[i].from_us <= open_us)
			return open_us;
		open_us = bucket_floor(r, spans[i].from_us) > open_us
				  ? bucket_floor(r, spans[i].from_us)
				  : open_us;
		return open_us;
	}
	return MARKET_NEVER;
}

/* The bucket at or before `open_us` in which market time passed; -1 if there is none. */
static int64_t known_before(const struct market *m, const struct market_range *r, int64_t open_us)
{
	size_t count;
	const struct market_span *spans = market_spans(m, &count);
	int64_t end_us = market_rows_end(r, open_us);

	while (count-- > 0) {
		if (spans[count].from_us >= end_us)
			continue;
		if (spans[count].to_us > open_us)
			return open_us;
		return bucket_floor(
			r, spans[count].to_us - (spans[count].to_us > spans[count].from_us));
	}
	return -1;
}

static const struct market_bar_list *list_of(
	const struct market_symbol *s, const struct interval *iv)
{
	return iv->width_us == SECOND_US ? &s->bars.seconds : &s->bars.minutes;
}

static struct market_bar row_make(
	const struct market_bar_list *l, const struct market_range *r, int64_t open_us)
{
	struct market_bar bar = {.open_us = open_us, .first_id = -1, .last_id = -1};
	size_t before;

	if (market_bar_list_fold(l, open_us, market_rows_end(r, open_us), &bar) > 0)
		return bar;
	before = market_bar_list_find(l, open_us);
	bar.open = bar.high = bar.low = bar.close = before > 0 ? l->items[before - 1].close : 0;
	return bar;
}

size_t market_rows(const struct market *m, const struct market_symbol *s,
	const struct market_range *range, struct market_bar *out)
{
	const struct market_bar_list *l = list_of(s, range->interval);
	int64_t now = bucket_floor(range, market_reached_us(m)), first, t;
	bool forward = range->from_us >= 0;
	size_t n = 0;

	if (l->count == 0 || range->limit == 0)
		return 0;
	first = bucket_floor(range, l->items[0].open_us);
	if (range->to_us >= 0 && range->to_us < now)
		now = bucket_floor(range, range->to_us);
	t = now;
	if (forward) {
		t = bucket_floor(range, range->from_us);
		t = t < range->from_us ? market_rows_end(range, t) : t;
	}
	if (forward && t < first)
		t = first;
	while (n < range->limit) {
		t = forward ? known_after(m, range, t) : known_before(m, range, t);
		if (t < first || t > now)
			break;
		if (!market_hidden(s, t, market_rows_end(range, t)))
			out[n++] = row_make(l, range, t);
		t = bucket_step(range, t, forward ? 1 : -1);
	}
	for (size_t i = 0; !forward && i < n / 2; i++) {
		struct market_bar swap = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swap;
	}
	return n;
}
