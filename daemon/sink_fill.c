#include "sink_fill.h"

#include "pg_array.h"
#include "pg_queries.h"
#include "sink_holes.h"

#include <stdio.h>

#define STATEMENT(x) ((const char *const[2]){#x, sql_##x})

static void add_id(struct buf *a, int64_t id)
{
	if (id < 0)
		pg_array_null(a);
	else
		pg_array_int(a, id);
}

enum pg_failure sink_fill_holes(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_hole *h = BATCH_ROWS(to->batch->holes, const struct batch_hole);
	size_t n = BATCH_COUNT(to->batch->holes, struct batch_hole);
	const struct batch_fill *rows = BATCH_ROWS(to->batch->fills, const struct batch_fill);
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < BATCH_COUNT(to->batch->fills, struct batch_fill); i++)
		sink_write_changed(to, rows[i].symbol, INT64_MAX);
	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], h[i].symbol->name);
		pg_array_text(&a[1], stream_table[h[i].stream].name);
		pg_array_int(&a[2], h[i].from_us);
		pg_array_int(&a[3], h[i].to_us);
		add_id(&a[4], h[i].first_id);
		add_id(&a[5], h[i].last_id);
		pg_array_int(&a[6], to->revisions[h[i].symbol->partition]);
		sink_write_changed(to, h[i].symbol, INT64_MAX);
	}
	return n ? sink_facts_run(f, to, STATEMENT(sink_holes), 7, NULL, e) : PG_OK;
}

/* In the words of the table: `done` is judged by the statement. */
static const char *state_of(const struct batch_fill *row)
{
	return row->unseen ? "open" : fill_state_name(row->fill.state);
}

/* Candles of REST do not know the ids of their trades: their counts must fill the hole in ids. */
static enum pg_failure count_candles(
	const struct sink_write *to, struct batch_fill *row, struct err *e)
{
	const struct fill *g = &row->fill;
	char from[24];
	const char *params[5] = {
		to->st->venue, g->symbol, stream_table[g->stream].name, from, g->cause};
	PGresult *r = NULL;
	enum pg_failure f;

	snprintf(from, sizeof from, "%lld", (long long)g->from_us);
	f = pg_query(to->pg, "sink_fill_counts", sql_sink_fill_counts, 5, params, &r, e);
	if (f == PG_OK && PQntuples(r) == 1) {
		int64_t first = pg_int(r, 0, 2), last = pg_int(r, 0, 3), trades = pg_int(r, 0, 4);

		if (trades == last - first + 1) {
			row->first_id = pg_int(r, 0, 0);
			row->last_id = pg_int(r, 0, 1);
		} else {
			snprintf(row->problem, sizeof row->problem,
				"the candles count %lld trades where ids %lld to %lld are due",
				(long long)trades, (long long)first, (long long)last);
		}
	}
	PQclear(r);
	return f;
}

static enum pg_failure write_fill(
	const struct sink_write *to, const struct batch_fill *row, struct err *e)
{
	enum { NUMBERS = 7, PARAMS = 14 };
	char numbers[NUMBERS][24];
	const struct fill *g = &row->fill;
	const int64_t values[NUMBERS] = {g->from_us, g->to_us, row->first_id, row->last_id,
		to->revisions[row->symbol->partition], g->rows_from_us, g->rows_to_us};
	bool candles = !stream_table[g->stream].history;
	const char *params[PARAMS] = {to->st->venue, g->symbol, stream_table[g->stream].name,
		numbers[0], numbers[1], g->cause, state_of(row), row->problem, numbers[2],
		numbers[3], numbers[4], candles ? "candles repaired" : "", numbers[5], numbers[6]};

	for (int i = 0; i < NUMBERS; i++)
		snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)values[i]);
	return pg_query(to->pg, "sink_fill", sql_sink_fill, PARAMS, params, NULL, e);
}

enum pg_failure sink_fill_repairs(const struct sink_write *to, struct err *e)
{
	const struct batch_fill *rows = BATCH_ROWS(to->batch->fills, const struct batch_fill);
	enum pg_failure done = PG_OK;

	for (size_t i = 0; i < BATCH_COUNT(to->batch->fills, struct batch_fill) && done == PG_OK;
		i++) {
		struct batch_fill row = rows[i];

		if (row.fill.stream == STREAM_KLINE_1S && row.fill.state == FILL_DONE &&
			!row.unseen && !row.problem[0])
			done = count_candles(to, &row, e);
		if (done == PG_OK)
			done = write_fill(to, &row, e);
	}
	return done;
}

enum pg_failure sink_fill_marks(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_id_mark *m = BATCH_ROWS(to->batch->id_marks, const struct batch_id_mark);
	size_t n = BATCH_COUNT(to->batch->id_marks, struct batch_id_mark);
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], m[i].symbol->name);
		pg_array_text(&a[1], sink_ids_name(m[i].ids));
		pg_array_int(&a[2], m[i].id);
		pg_array_int(&a[3], m[i].at_us);
	}
	return n ? sink_facts_run(f, to, STATEMENT(sink_id_marks), 4, NULL, e) : PG_OK;
}
