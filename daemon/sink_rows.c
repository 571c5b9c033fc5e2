#include "sink_rows.h"

#include "metrics.h"
#include "pg_queries.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(metric_raw, "pricegraph_sink_raw_rows_total", "Raw rows written");
METRIC_COUNTER(metric_repeats, "pricegraph_sink_repeats_total", "Raw rows that were there already");
METRIC_COUNTER(metric_candles, "pricegraph_sink_seconds_total", "Seconds written or rewritten");

#define COPY(table) "COPY " table " FROM STDIN (FORMAT binary)"

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

/* History does not know when an event was sent. */
static void add_event_time(struct pg_copy *c, int64_t event_us)
{
	if (event_us)
		pg_copy_int64(c, event_us);
	else
		pg_copy_null(c);
}

static void add_trade(struct pg_copy *c, const char *venue, const struct batch_trade *t)
{
	pg_copy_row(c, 9);
	pg_copy_int64(c, t->trade.trade_us);
	pg_copy_text(c, t->symbol->name, t->symbol->name_len);
	pg_copy_int64(c, t->trade.id);
	pg_copy_text(c, venue, strlen(venue));
	pg_copy_decimal(c, &t->trade.price);
	pg_copy_decimal(c, &t->trade.quantity);
	add_event_time(c, t->event_us);
	pg_copy_bool(c, t->trade.buyer_is_maker);
	pg_copy_int64(c, t->received_us);
}

static void add_agg_trade(struct pg_copy *c, const char *venue, const struct batch_agg_trade *t)
{
	pg_copy_row(c, 11);
	pg_copy_int64(c, t->trade.trade_us);
	pg_copy_text(c, t->symbol->name, t->symbol->name_len);
	pg_copy_int64(c, t->trade.id);
	pg_copy_text(c, venue, strlen(venue));
	pg_copy_decimal(c, &t->trade.price);
	pg_copy_decimal(c, &t->trade.quantity);
	pg_copy_int64(c, t->trade.first_id);
	pg_copy_int64(c, t->trade.last_id);
	add_event_time(c, t->event_us);
	pg_copy_bool(c, t->trade.buyer_is_maker);
	pg_copy_int64(c, t->received_us);
}

static void add_ticker(struct pg_copy *c, const char *venue, const struct batch_ticker *t)
{
	pg_copy_row(c, 10);
	pg_copy_int64(c, t->event_us);
	pg_copy_text(c, t->symbol->name, t->symbol->name_len);
	pg_copy_text(c, venue, strlen(venue));
	pg_copy_decimal(c, &t->ticker.close);
	pg_copy_decimal(c, &t->ticker.open);
	pg_copy_decimal(c, &t->ticker.high);
	pg_copy_decimal(c, &t->ticker.low);
	pg_copy_decimal(c, &t->ticker.volume);
	pg_copy_decimal(c, &t->ticker.quote);
	pg_copy_int64(c, t->received_us);
}

static void add_id(struct pg_copy *c, int64_t id)
{
	if (id < 0)
		pg_copy_null(c);
	else
		pg_copy_int64(c, id);
}

static void add_volumes(struct pg_copy *c, const struct candle *k)
{
	if (!k->has_volume) {
		for (int i = 0; i < 5; i++)
			pg_copy_null(c);
		return;
	}
	pg_copy_decimal(c, &k->volume);
	pg_copy_decimal(c, &k->quote);
	pg_copy_int64(c, k->trades);
	pg_copy_decimal(c, &k->taker_volume);
	pg_copy_decimal(c, &k->taker_quote);
}

static void add_candle(
	struct pg_copy *c, const char *venue, const struct batch_candle *row, int64_t revision)
{
	const struct candle *k = &row->candle;

	pg_copy_row(c, 19);
	pg_copy_int64(c, k->open_us);
	pg_copy_text(c, row->symbol->name, row->symbol->name_len);
	pg_copy_text(c, venue, strlen(venue));
	pg_copy_decimal(c, &k->open);
	pg_copy_decimal(c, &k->high);
	pg_copy_decimal(c, &k->low);
	pg_copy_decimal(c, &k->close);
	add_volumes(c, k);
	add_id(c, k->first_id);
	add_id(c, k->last_id);
	pg_copy_int16(c, (int16_t)k->origin);
	pg_copy_bool(c, k->closed);
	pg_copy_int64(c, k->stated_us);
	pg_copy_int64(c, revision);
	pg_copy_bool(c, false);
}

/* Sends both ways. `merge` takes the slow rows from the temp table; its result, if wanted, is the caller's. */
struct ways {
	const char *copy_fast, *copy_slow, *name, *merge;
};

static enum pg_failure send_ways(struct sink_rows *w, struct pg *pg, const struct ways *ways,
	PGresult **merged, struct err *e)
{
	enum pg_failure f = pg_copy_send(&w->fast, pg, ways->copy_fast, e);

	if (f != PG_OK || !w->slow.rows)
		return f;
	f = pg_exec(pg, sql_sink_slow_tables, e);
	if (f == PG_OK)
		f = pg_copy_send(&w->slow, pg, ways->copy_slow, e);
	if (f == PG_OK)
		f = pg_query(pg, ways->name, ways->merge, 0, NULL, merged, e);
	return f;
}

static enum pg_failure send_raw(
	struct sink_rows *w, struct pg *pg, const struct ways *ways, struct err *e)
{
	PGresult *merged = NULL;
	enum pg_failure f = send_ways(w, pg, ways, &merged, e);
	int64_t inserted = merged ? strtoll(PQcmdTuples(merged), NULL, 10) : 0;

	PQclear(merged);
	if (f != PG_OK)
		return f;
	metric_add(&metric_raw, (int64_t)w->fast.rows + inserted);
	metric_add(&metric_repeats, (int64_t)w->slow.rows - inserted);
	return PG_OK;
}

enum pg_failure sink_rows_trades(struct sink_rows *w, const struct sink_write *to, struct err *e)
{
	static const struct ways ways = {
		COPY("raw_trade"), COPY("slow_trade"), "sink_slow_trades", sql_sink_slow_trades};
	const struct batch_trade *t = BATCH_ROWS(to->batch->trades, const struct batch_trade);

	pg_copy_reset(&w->fast);
	pg_copy_reset(&w->slow);
	for (size_t i = 0; i < BATCH_COUNT(to->batch->trades, struct batch_trade); i++)
		add_trade(to->all_slow || t[i].slow ? &w->slow : &w->fast, to->st->venue, &t[i]);
	return send_raw(w, to->pg, &ways, e);
}

enum pg_failure sink_rows_agg_trades(
	struct sink_rows *w, const struct sink_write *to, struct err *e)
{
	static const struct ways ways = {COPY("raw_agg_trade"), COPY("slow_agg_trade"),
		"sink_slow_agg_trades", sql_sink_slow_agg_trades};
	const struct batch_agg_trade *t =
		BATCH_ROWS(to->batch->agg_trades, const struct batch_agg_trade);

	pg_copy_reset(&w->fast);
	pg_copy_reset(&w->slow);
	for (size_t i = 0; i < BATCH_COUNT(to->batch->agg_trades, struct batch_agg_trade); i++)
		add_agg_trade(
			to->all_slow || t[i].slow ? &w->slow : &w->fast, to->st->venue, &t[i]);
	return send_raw(w, to->pg, &ways, e);
}

enum pg_failure sink_rows_tickers(struct sink_rows *w, const struct sink_write *to, struct err *e)
{
	static const struct ways ways = {COPY("raw_mini_ticker"), COPY("slow_ticker"),
		"sink_slow_tickers", sql_sink_slow_tickers};
	const struct batch_ticker *t = BATCH_ROWS(to->batch->tickers, const struct batch_ticker);

	pg_copy_reset(&w->fast);
	pg_copy_reset(&w->slow);
	for (size_t i = 0; i < BATCH_COUNT(to->batch->tickers, struct batch_ticker); i++)
		add_ticker(to->all_slow || t[i].slow ? &w->slow : &w->fast, to->st->venue, &t[i]);
	return send_raw(w, to->pg, &ways, e);
}

/* Whose candle it is: the row by its key. */
static struct sink_symbol *symbol_of(const struct buf *candles, const char *name, int64_t open_us)
{
	const struct batch_candle *c = BATCH_ROWS(*candles, const struct batch_candle);
	size_t low = 0, high = BATCH_COUNT(*candles, struct batch_candle);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = c[middle].candle.open_us == open_us
				    ? strcmp(c[middle].symbol->name, name)
				    : (c[middle].candle.open_us < open_us ? -1 : 1);

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
	static const struct ways ways = {
		COPY("candle_1s"), COPY("slow_candle"), "sink_slow_candles", sql_sink_slow_candles};
	const struct batch_candle *c = BATCH_ROWS(*candles, const struct batch_candle);
	PGresult *merged = NULL;
	enum pg_failure f;

	pg_copy_reset(&w->fast);
	pg_copy_reset(&w->slow);
	for (size_t i = 0; i < BATCH_COUNT(*candles, struct batch_candle); i++)
		add_candle(to->all_slow || c[i].slow ? &w->slow : &w->fast, to->st->venue, &c[i],
			to->revisions[c[i].symbol->partition]);
	f = send_ways(w, to->pg, &ways, &merged, e);
	if (f == PG_OK) {
		metric_add(
			&metric_candles, (int64_t)w->fast.rows + (merged ? PQntuples(merged) : 0));
		for (int i = 0; merged && i < PQntuples(merged); i++) {
			struct sink_symbol *sy =
				symbol_of(candles, PQgetvalue(merged, i, 0), pg_int(merged, i, 1));

			if (sy)
				changed->changed(changed->arg, sy, pg_int(merged, i, 1));
		}
	}
	PQclear(merged);
	return f;
}
