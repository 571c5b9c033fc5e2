#include "sink_rows.h"

#include "metrics.h"
#include "pg_queries.h"

#include <string.h>

METRIC_COUNTER(metric_candles, "pricegraph_sink_seconds_total", "Seconds written or rewritten");

void sink_rows_init(struct sink_rows *w, size_t max_bytes)
{
	pg_copy_init(&w->fast, max_bytes);
	pg_copy_init(&w->slow, max_bytes);
}

void sink_rows_done(struct sink_rows *w)
{
	pg_copy_done(&w->fast);
	pg_copy_done(&w->slow);
}

void sink_rows_reset(struct sink_rows *w)
{
	pg_copy_reset(&w->fast);
	pg_copy_reset(&w->slow);
}

enum pg_failure sink_rows_send(struct sink_rows *w, struct pg *pg, const struct sink_table *into,
	PGresult **merged, struct err *e)
{
	enum pg_failure f = pg_copy_send(&w->fast, pg, into->copy_fast, e);

	if (f != PG_OK || !w->slow.rows)
		return f;
	f = pg_exec(pg, into->make_slow, e);
	if (f == PG_OK)
		f = pg_copy_send(&w->slow, pg, into->copy_slow, e);
	if (f == PG_OK)
		f = pg_query(pg, into->merge_name, into->merge, 0, NULL, merged, e);
	return f;
}

static void add_id(struct pg_copy *c, int64_t id)
{
	if (id < 0)
		pg_copy_null(c);
	else
		pg_copy_int64(c, id);
}

static void add_candle(
	struct pg_copy *c, const char *venue, const struct batch_candle *row, int64_t revision)
{
	const struct candle *k = &row->candle;

	pg_copy_row(c, 19);
	pg_copy_int64(c, k->open_us);
	pg_copy_text(c, row->symbol->name, row->symbol->name_len);
	pg_copy_text(c, venue, strlen(venue));
	pg_copy_bar(c, k);
	add_id(c, k->first_id);
	add_id(c, k->last_id);
	pg_copy_int16(c, (int16_t)k->origin);
	pg_copy_bool(c, k->closed);
	pg_copy_int64(c, k->stated_us);
	pg_copy_int64(c, revision);
	pg_copy_bool(c, false);
}

/* Whose candle it is: the row by its key. */
static struct sink_symbol *symbol_of(const struct buf *candles, const char *name, int64_t open_us)
{
	const struct batch_candle *c = BATCH_ROWS(*candles, const struct batch_candle);
	size_t low = 0, high = BATCH_COUNT(*candles, struct batch_candle);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sink_batch_order(
			c[middle].symbol->name, c[middle].candle.open_us, name, open_us);

		if (order == 0)
			return c[middle].symbol;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

enum pg_failure sink_rows_candles(struct sink_rows *w, const struct sink_write *to,
	struct buf *candles, const struct sink_changed *changed, struct err *e)
{
	static const struct sink_table seconds = {"COPY candle_1s FROM STDIN (FORMAT binary)",
		sql_sink_slow_table, "COPY slow_candle FROM STDIN (FORMAT binary)",
		"sink_slow_candles", sql_sink_slow_candles};
	const struct batch_candle *c = BATCH_ROWS(*candles, const struct batch_candle);
	PGresult *merged = NULL;
	enum pg_failure f;

	sink_rows_reset(w);
	for (size_t i = 0; i < BATCH_COUNT(*candles, struct batch_candle); i++) {
		bool slow = to->all_slow || c[i].slow;

		if (slow && c[i].candle.open_us > c[i].symbol->rewritten_us)
			c[i].symbol->rewritten_us = c[i].candle.open_us;
		add_candle(slow ? &w->slow : &w->fast, to->st->venue, &c[i],
			to->revisions[c[i].symbol->partition]);
	}
	f = sink_rows_send(w, to->pg, &seconds, &merged, e);
	if (f == PG_OK) {
		metric_add(
			&metric_candles, (int64_t)w->fast.rows + (merged ? PQntuples(merged) : 0));
		for (int i = 0; merged && i < PQntuples(merged); i++) {
			struct sink_symbol *sy =
				symbol_of(candles, PQgetvalue(merged, i, 0), pg_int(merged, i, 1));

			if (sy)
				changed->changed(changed->arg, sy, pg_int(merged, i, 1),
					*PQgetvalue(merged, i, 2) == 't');
		}
	}
	PQclear(merged);
	return f;
}
