#include "sink_late.h"

#include "metrics.h"
#include "pg_array.h"
#include "pg_queries.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(metric_decided, "pricegraph_sink_late_decided_total",
	"Late seconds that a closed kline or a correction decided, without a look at the raw rows");

struct late_second {
	struct second second;
	struct sink_symbol *symbol;
	struct candle stored; /* of kline rank or above; open_us 0: there is none */
};

struct late_seconds {
	struct late_second *all;
	size_t count;
	/* What a query asks for: parallel arrays, and which seconds they are. */
	struct buf names, starts;
	struct late_second **asked;
	size_t asked_count;
};

static int by_second(const void *pa, const void *pb)
{
	const struct batch_late *a = pa, *b = pb;

	if (a->second_us != b->second_us)
		return a->second_us < b->second_us ? -1 : 1;
	return strcmp(a->symbol->name, b->symbol->name);
}

static void late_done(struct late_seconds *l)
{
	for (size_t i = 0; i < l->count; i++)
		second_done(&l->all[i].second);
	free(l->all);
	free(l->asked);
	buf_done(&l->names);
	buf_done(&l->starts);
}

/* One entry a second, and the late klines taken in. */
static int late_gather(struct late_seconds *l, struct sink_batch *b, struct err *e)
{
	struct batch_late *late = BATCH_ROWS(b->lates, struct batch_late);
	size_t n = BATCH_COUNT(b->lates, struct batch_late);

	qsort(late, n, sizeof *late, by_second);
	l->all = calloc(n, sizeof *l->all);
	l->asked = calloc(n, sizeof(struct late_second *));
	if (!l->all || !l->asked)
		return err_set(e, "no memory for %zu late seconds", n);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_second(&late[i - 1], &late[i]) != 0) {
			l->all[l->count].symbol = late[i].symbol;
			second_init(&l->all[l->count++].second, late[i].second_us);
		}
		if (late[i].has_kline &&
			second_add(&l->all[l->count - 1].second, &late[i].kline, e) < 0)
			return -1;
	}
	return 0;
}

/* Asks for the seconds that are not decided, or for all. */
static int late_ask(struct late_seconds *l, bool all, struct err *e)
{
	l->asked_count = 0;
	pg_array_begin(&l->names);
	pg_array_begin(&l->starts);
	for (size_t i = 0; i < l->count; i++) {
		struct late_second *s = &l->all[i];

		if (!all && second_is_decided(&s->second))
			continue;
		l->asked[l->asked_count++] = s;
		pg_array_text(&l->names, s->symbol->name);
		pg_array_int(&l->starts, s->second.open_us);
	}
	pg_array_end(&l->names);
	pg_array_end(&l->starts);
	return l->names.failed || l->starts.failed ? err_set(e, "no memory for late seconds") : 0;
}

/* Which second the row is of. */
static struct late_second *late_of(const struct late_seconds *l, const PGresult *r, int row)
{
	return l->asked[pg_int(r, row, 0) - 1];
}

static int get_decimal(const PGresult *r, int row, int column, struct decimal *out)
{
	return decimal_parse(out, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

static int add_trades(struct late_seconds *l, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct event ev = {.kind = STREAM_TRADE};

		ev.trade.id = pg_int(r, i, 1);
		ev.trade.trade_us = ev.event_us = pg_int(r, i, 2);
		ev.trade.buyer_is_maker = *PQgetvalue(r, i, 5) == 't';
		if (get_decimal(r, i, 3, &ev.trade.price) != 0 ||
			get_decimal(r, i, 4, &ev.trade.quantity) != 0)
			return err_set(
				e, "stored trade %lld is out of range", (long long)ev.trade.id);
		if (second_add(&late_of(l, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

static int add_agg_trades(struct late_seconds *l, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct event ev = {.kind = STREAM_AGG_TRADE};
		struct event_agg_trade *t = &ev.agg_trade;

		t->id = pg_int(r, i, 1);
		t->trade_us = ev.event_us = pg_int(r, i, 2);
		t->buyer_is_maker = *PQgetvalue(r, i, 5) == 't';
		t->first_id = pg_int(r, i, 6);
		t->last_id = pg_int(r, i, 7);
		if (get_decimal(r, i, 3, &t->price) != 0 || get_decimal(r, i, 4, &t->quantity) != 0)
			return err_set(e, "stored aggTrade %lld is out of range", (long long)t->id);
		if (second_add(&late_of(l, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

static int add_tickers(struct late_seconds *l, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct event ev = {.kind = STREAM_MINI_TICKER, .event_us = pg_int(r, i, 1)};

		if (get_decimal(r, i, 2, &ev.mini_ticker.close) != 0)
			return err_set(
				e, "stored price at %lld is out of range", (long long)ev.event_us);
		if (second_add(&late_of(l, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

static int add_candles(struct late_seconds *l, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct late_second *s = late_of(l, r, i);
		struct candle c = {
			.open_us = s->second.open_us, .has_volume = !PQgetisnull(r, i, 5)};
		struct decimal *const at[8] = {&c.open, &c.high, &c.low, &c.close, &c.volume,
			&c.quote, &c.taker_volume, &c.taker_quote};

		for (int k = 0; k < (c.has_volume ? 8 : 4); k++)
			if (get_decimal(r, i, 1 + k, at[k]) != 0)
				return err_set(e, "stored second %lld is out of range",
					(long long)c.open_us);
		c.trades = c.has_volume ? pg_int(r, i, 9) : 0;
		c.first_id = pg_int(r, i, 10);
		c.last_id = pg_int(r, i, 11);
		c.origin = (enum origin)pg_int(r, i, 12);
		c.closed = *PQgetvalue(r, i, 13) == 't';
		c.stated_us = pg_int(r, i, 14);
		second_add_stored(&s->second, &c);
		s->stored = c;
	}
	return 0;
}

struct late_source {
	const char *name, *sql;
	int (*add)(struct late_seconds *l, const PGresult *r, struct err *e);
};

static enum pg_failure late_read(struct late_seconds *l, const struct sink_write *to,
	const struct late_source *from, struct err *e)
{
	const char *params[] = {to->st->venue, l->names.data, l->starts.data};
	PGresult *r = NULL;
	enum pg_failure f = pg_query(to->pg, from->name, from->sql, 3, params, &r, e);

	if (f == PG_OK && from->add(l, r, e) != 0)
		f = PG_BUG;
	PQclear(r);
	return f;
}

/* What is stored decides most of them: a second whose closed kline is there needs none of its trades. */
static enum pg_failure late_read_all(
	struct late_seconds *l, const struct sink_write *to, struct err *e)
{
	static const struct late_source candles = {
		"sink_late_candles", sql_sink_late_candles, add_candles};
	static const struct late_source raw[] = {
		{"sink_late_trades", sql_sink_late_trades, add_trades},
		{"sink_late_agg_trades", sql_sink_late_agg_trades, add_agg_trades},
		{"sink_late_tickers", sql_sink_late_tickers, add_tickers},
	};
	enum pg_failure f;

	if (late_ask(l, true, e) != 0)
		return PG_BUG;
	f = late_read(l, to, &candles, e);
	if (f != PG_OK)
		return f;
	if (late_ask(l, false, e) != 0)
		return PG_BUG;
	metric_add(&metric_decided, (int64_t)(l->count - l->asked_count));
	for (size_t i = 0; i < sizeof raw / sizeof *raw && f == PG_OK && l->asked_count; i++)
		f = late_read(l, to, &raw[i], e);
	return f;
}

enum pg_failure sink_late_compute(const struct sink_write *to, struct buf *out, struct err *e)
{
	struct late_seconds l = {0};
	enum pg_failure f = PG_OK;

	if (!to->batch->lates.len)
		return PG_OK;
	buf_init(&l.names, to->batch->lates.max_bytes);
	buf_init(&l.starts, to->batch->lates.max_bytes);
	if (late_gather(&l, to->batch, e) != 0)
		f = PG_BUG;
	if (f == PG_OK)
		f = late_read_all(&l, to, e);
	for (size_t i = 0; i < l.count && f == PG_OK; i++) {
		const struct late_second *s = &l.all[i];
		struct batch_candle row = {.symbol = s->symbol, .slow = true};

		if (second_visible(&s->second, &row.candle) &&
			!candle_equal(&row.candle, &s->stored))
			buf_add(out, &row, sizeof row);
	}
	late_done(&l);
	return f;
}
