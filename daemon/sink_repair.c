#include "sink_repair.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_done(struct sink_repair *h)
{
	idset_done(&h->own);
	idset_done(&h->trades);
}

static void drop(struct sink_repairs *all, size_t i)
{
	fill_done(&all->list[i]);
	all->count--;
	memmove(&all->list[i], &all->list[i + 1], (all->count - i) * sizeof(*all->list));
}

void sink_repairs_done(struct sink_repairs *all)
{
	while (all->count)
		drop(all, all->count - 1);
	free(all->list);
	all->list = NULL;
}

/* The index of the repair of that gap; count if there is none. */
static size_t find(const struct sink_repairs *all, const struct fill *f)
{
	size_t i = 0;

	while (i < all->count) {
		const struct fill *known = &all->list[i].fill;

		if (known->stream == f->stream && known->from_us == f->from_us &&
			strcmp(known->symbol, f->symbol) == 0 &&
			strcmp(known->cause, f->cause) == 0)
			break;
		i++;
	}
	return i;
}

int sink_repairs_begin(
	struct sink_repairs *all, const struct fill *f, int64_t offset, struct err *e)
{
	size_t i = find(all, f);

	if (!all->list) {
		all->list = calloc(SINK_REPAIRS_MAX, sizeof(*all->list));
		if (!all->list)
			return err_set(e, "no memory for the repairs under way");
	}
	if (i < all->count)
		drop(all, i);
	else if (all->count == SINK_REPAIRS_MAX)
		drop(all, 0);
	all->list[all->count++] = (struct sink_repair){.fill = *f, .offset = offset};
	return 0;
}

static void add(struct sink_repair *h, struct idset *to, int64_t first, int64_t last)
{
	if (idset_add_range(to, first, last) < 0)
		h->wrong = "its rows are in too many pieces";
}

static void add_bar(struct sink_repair *h, const struct event_kline *k)
{
	const struct fill *f = &h->fill;
	int64_t from_us = clock_floor(f->rows_from_us, SECOND_US);
	int64_t to_us = f->rows_to_us > f->rows_from_us ? f->rows_to_us : f->rows_from_us + 1;

	if (k->open_us < from_us || k->open_us >= to_us)
		return;
	add(h, &h->own, k->open_us / SECOND_US, k->open_us / SECOND_US);
	/* REST says how many trades a bar has, but not which. */
	if (k->trades == 0 || k->first_id < 0)
		return;
	add(h, &h->trades, k->first_id, k->last_id);
	if (k->last_id - k->first_id + 1 != k->trades)
		h->wrong = "a candle's count of trades is not that of its ids";
}

static void add_aggregate(struct sink_repair *h, const struct event_agg_trade *t)
{
	bool in_time = t->trade_us >= h->fill.rows_from_us && t->trade_us <= h->fill.rows_to_us;
	bool own = h->fill.stream == STREAM_AGG_TRADE;
	bool in_ids = h->fill.first_id >= 0 && (own ? t->id : t->last_id) >= h->fill.first_id &&
		      (own ? t->id : t->first_id) <= h->fill.last_id;

	if (!in_time && !in_ids)
		return;
	add(h, &h->own, t->id, t->id);
	if (t->first_id >= 0)
		add(h, &h->trades, t->first_id, t->last_id);
}

void sink_repairs_take(struct sink_repairs *all, const struct event *ev)
{
	for (size_t i = 0; i < all->count; i++) {
		struct sink_repair *h = &all->list[i];

		if (strcmp(h->fill.symbol, ev->symbol) != 0)
			continue;
		if (ev->kind == STREAM_KLINE_1S)
			add_bar(h, &ev->kline);
		else if (ev->kind == STREAM_AGG_TRADE)
			add_aggregate(h, &ev->agg_trade);
	}
}

static int64_t total(const struct idset *s)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->count; i++)
		sum += s->runs[i].last - s->runs[i].first + 1;
	return sum;
}

static void say_hole(struct sink_verdict *out, const char *what, const struct idset *s)
{
	snprintf(out->problem, sizeof(out->problem), "%s %lld to %lld are not in what came", what,
		(long long)s->runs[0].last + 1, (long long)s->runs[1].first - 1);
}

static void judge(const struct sink_repair *h, int64_t rows, struct sink_verdict *out)
{
	bool candles = fill_through(h->fill.stream) == STREAM_KLINE_1S;
	const struct idset *named = h->fill.stream == STREAM_AGG_TRADE ? &h->own : &h->trades;

	*out = (struct sink_verdict){.first_id = -1, .last_id = -1};
	if (named->count) {
		out->first_id = named->runs[0].first;
		out->last_id = named->runs[named->count - 1].last;
	}
	if (h->wrong)
		snprintf(out->problem, sizeof(out->problem), "%s", h->wrong);
	else if (total(&h->own) < rows)
		snprintf(out->problem, sizeof(out->problem), "only %lld of %lld rows came",
			(long long)total(&h->own), (long long)rows);
	else if (!candles && h->own.count > 1)
		say_hole(out, "aggTrades", &h->own);
	else if (h->trades.count > 1)
		say_hole(out, "trades", &h->trades);
}

bool sink_repairs_end(struct sink_repairs *all, const struct fill *f, struct sink_verdict *out)
{
	size_t i = find(all, f);

	if (i == all->count)
		return false;
	judge(&all->list[i], f->rows, out);
	drop(all, i);
	return true;
}

int64_t sink_repairs_replay_from(const struct sink_repairs *all, int64_t next)
{
	return all->count && all->list[0].offset < next ? all->list[0].offset : next;
}
