#include "sink_holes.h"

#include "metrics.h"

#include <string.h>

METRIC_COUNTER(metric_holes, "pricegraph_sink_id_holes_total",
	"Holes in ids that did not close by themselves");

static const struct {
	enum stream_kind stream;
	const char *name;
} table[IDS_COUNT] = {
	[IDS_TRADE] = {STREAM_TRADE, "trade"},
	[IDS_AGG_TRADE] = {STREAM_AGG_TRADE, "aggTrade"},
	[IDS_AGG_TRADE_TRADES] = {STREAM_AGG_TRADE, "aggTrade.trades"},
	[IDS_KLINE_TRADES] = {STREAM_KLINE_1S, "kline_1s.trades"},
};

const char *sink_ids_name(enum sink_ids_of ids)
{
	return table[ids].name;
}

int sink_ids_find(const char *name)
{
	for (int i = 0; i < IDS_COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return i;
	return -1;
}

/* Bars that follow each other without the trades between them are both in doubt. */
static void place_between_bars(struct batch_hole *row, const struct id_range *hole)
{
	row->from_us = hole->first_us + SECOND_US;
	row->to_us = hole->last_us;
	if (row->from_us < row->to_us)
		return;
	row->from_us = hole->first_us;
	row->to_us = hole->last_us + SECOND_US;
}

static void raise_hole(struct sink_symbol *sy, struct sink_batch *b, enum sink_ids_of ids,
	const struct id_range *hole)
{
	struct batch_hole row = {.symbol = sy,
		.stream = table[ids].stream,
		.from_us = hole->first_us,
		.to_us = hole->last_us + 1, /* what is missing may be of the same instant */
		.first_id = hole->first,
		.last_id = hole->last};

	if (ids == IDS_KLINE_TRADES)
		place_between_bars(&row, hole);
	if (ids == IDS_AGG_TRADE_TRADES)
		row.first_id = row.last_id = ID_NONE;
	metric_add(&metric_holes, 1);
	buf_add(&b->holes, &row, sizeof row);
}

/* So that the marks of all symbols are not due at once. */
static int64_t spread_us(const struct sink_symbol *sy)
{
	uint64_t h = 0;

	for (size_t i = 0; i < sy->name_len; i++)
		h = h * 31 + (unsigned char)sy->name[i];
	return (int64_t)(h * 2654435761U % (uint64_t)SINK_IDS_STORE_US);
}

static void store(struct sink_symbol *sy, struct sink_batch *b, enum sink_ids_of ids)
{
	struct sink_ids *s = &sy->ids[ids];
	struct batch_id_mark row = {sy, ids, s->mark.id, s->mark.at_us};

	s->stored_us = s->mark.at_us - (s->stored_us ? 0 : spread_us(sy));
	s->stored_id = s->mark.id;
	buf_add(&b->id_marks, &row, sizeof row);
}

static int take(struct sink_symbol *sy, struct sink_batch *b, enum sink_ids_of ids,
	const struct id_range *r, struct err *e)
{
	struct id_mark *m = &sy->ids[ids].mark;
	struct id_range hole;

	if (id_mark_take(m, r) == 0)
		return 0;
	/* Too many holes to wait for them all: the first is told of now. */
	if (id_mark_settle(m, INT64_MAX, &hole)) {
		raise_hole(sy, b, ids, &hole);
		store(sy, b, ids);
	}
	if (id_mark_take(m, r) == 0)
		return 0;
	return err_set(e, "no memory for the ids of %s", sy->name);
}

/* The ranges of an event's ids: at most two. */
struct ranges {
	int count;
	enum sink_ids_of ids[2];
	struct id_range r[2];
};

static void put(struct ranges *out, enum sink_ids_of ids, struct id_range r)
{
	out->ids[out->count] = ids;
	out->r[out->count++] = r;
}

static void ranges_of(const struct event *ev, struct ranges *out)
{
	const struct event_trade *t = &ev->trade;
	const struct event_agg_trade *a = &ev->agg_trade;
	const struct event_kline *k = &ev->kline;

	out->count = 0;
	switch (stream_table[ev->kind].says) {
	case SAYS_TRADE:
		put(out, IDS_TRADE, (struct id_range){t->id, t->id, t->trade_us, t->trade_us});
		break;
	case SAYS_AGG_TRADE:
		put(out, IDS_AGG_TRADE, (struct id_range){a->id, a->id, a->trade_us, a->trade_us});
		if (a->first_id >= 0)
			put(out, IDS_AGG_TRADE_TRADES,
				(struct id_range){
					a->first_id, a->last_id, a->trade_us, a->trade_us});
		break;
	case SAYS_KLINE:
		if (k->closed && k->first_id >= 0)
			put(out, IDS_KLINE_TRADES,
				(struct id_range){k->first_id, k->last_id, k->open_us, k->open_us});
		break;
	case SAYS_SAMPLE:
	case SAYS_NOTHING:
		break;
	}
}

int sink_holes_load(struct sink_symbol *sy, enum sink_ids_of ids, const struct id_range *run)
{
	const struct sink_subscription *sub = &sy->subscriptions[table[ids].stream];
	struct id_mark *m = &sy->ids[ids].mark;

	/* Nobody listens, or what came before was of another subscription. */
	if (!sub->session || (!id_mark_is_begun(m) && run->last_us < sub->from_us))
		return 0;
	return id_mark_take(m, run);
}

int sink_holes_take(
	struct sink_symbol *sy, struct sink_batch *b, const struct event *ev, struct err *e)
{
	struct ranges all;

	ranges_of(ev, &all);
	for (int i = 0; i < all.count; i++)
		if (take(sy, b, all.ids[i], &all.r[i], e) != 0)
			return -1;
	return 0;
}

int sink_holes_take_history(
	struct sink_symbol *sy, struct sink_batch *b, const struct event *ev, struct err *e)
{
	struct ranges all;

	ranges_of(ev, &all);
	/* The trades in an aggregate fill the holes of the trade stream as well. */
	for (int i = 0; i < all.count; i++) {
		if (all.ids[i] == IDS_AGG_TRADE_TRADES &&
			id_mark_is_begun(&sy->ids[IDS_TRADE].mark) &&
			sy->subscriptions[STREAM_TRADE].session &&
			take(sy, b, IDS_TRADE, &all.r[i], e) != 0)
			return -1;
		if (!id_mark_is_begun(&sy->ids[all.ids[i]].mark) ||
			!sy->subscriptions[table[all.ids[i]].stream].session)
			continue;
		if (take(sy, b, all.ids[i], &all.r[i], e) != 0)
			return -1;
	}
	return 0;
}

static void settle(
	struct sink_symbol *sy, struct sink_batch *b, enum sink_ids_of ids, int64_t settled_us)
{
	struct sink_ids *s = &sy->ids[ids];
	struct id_range hole;
	bool raised = false;

	while (s->mark.count && id_mark_settle(&s->mark, settled_us, &hole)) {
		raise_hole(sy, b, ids, &hole);
		raised = true;
	}
	/* What was told of is not to be told of again after a restart: it may be repaired by then. */
	if (raised ||
		(s->mark.id != s->stored_id && settled_us - s->stored_us >= SINK_IDS_STORE_US))
		store(sy, b, ids);
}

void sink_holes_settle(
	struct sink_symbol *sy, struct sink_batch *b, enum stream_kind stream, int64_t settled_us)
{
	for (int i = 0; i < IDS_COUNT; i++)
		if (table[i].stream == stream)
			settle(sy, b, (enum sink_ids_of)i, settled_us);
}

void sink_holes_end(struct sink_symbol *sy, struct sink_batch *b, enum stream_kind stream)
{
	struct id_range hole;

	for (int i = 0; i < IDS_COUNT; i++) {
		if (table[i].stream != stream)
			continue;
		while (id_mark_settle(&sy->ids[i].mark, INT64_MAX, &hole))
			raise_hole(sy, b, (enum sink_ids_of)i, &hole);
		id_mark_forget(&sy->ids[i].mark);
		if (sy->ids[i].stored_id != ID_NONE)
			store(sy, b, (enum sink_ids_of)i);
	}
}

void sink_holes_forget(struct sink_symbol *sy, enum stream_kind stream)
{
	for (int i = 0; i < IDS_COUNT; i++)
		if (table[i].stream == stream)
			id_mark_forget(&sy->ids[i].mark);
}

void sink_holes_store(struct sink_symbol *sy, struct sink_batch *b)
{
	for (int i = 0; i < IDS_COUNT; i++)
		if (sy->ids[i].mark.id != sy->ids[i].stored_id)
			store(sy, b, (enum sink_ids_of)i);
}
