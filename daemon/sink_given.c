#include "sink_given.h"

#include "metrics.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "sink_settle.h"

#include <string.h>

METRIC_COUNTER(metric_bars, "pricegraph_sink_given_bars_total",
	"Bars above the second that were given and differ from what was there");

static void add_decimal(struct buf *a, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	pg_array_text(a, text);
}

/* In the order of give_<level>'s parameters. */
static void add_bar(struct buf *a, const struct sink_write *to, const struct batch_given *g)
{
	const struct candle *c = &g->bar;
	const struct decimal *const before[] = {
		&c->open, &c->high, &c->low, &c->close, &c->volume, &c->quote};

	pg_array_text(a++, g->symbol->name);
	pg_array_int(a++, c->open_us);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		add_decimal(a++, before[i]);
	pg_array_int(a++, c->trades);
	add_decimal(a++, &c->taker_volume);
	add_decimal(a++, &c->taker_quote);
	pg_array_int(a++, c->stated_us);
	pg_array_int(a, to->revisions[g->symbol->partition]);
}

/* Whose bar it is: `g` are the bars of a level, in the order of their keys. */
static struct sink_symbol *symbol_of(
	const struct batch_given *g, size_t n, const char *name, int64_t open_us)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = sink_batch_order(
			g[middle].symbol->name, g[middle].bar.open_us, name, open_us);

		if (order == 0)
			return g[middle].symbol;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Columns: symbol, open_us, whether it has parts. A bar that has is folded too: that may be what is seen. */
static void take_changes(
	const struct sink_write *to, const struct batch_given *g, size_t n, const PGresult *r)
{
	for (int row = 0; row < PQntuples(r); row++) {
		int64_t open_us = pg_int(r, row, 1);
		struct sink_symbol *sy = symbol_of(g, n, PQgetvalue(r, row, 0), open_us);

		if (!sy)
			continue;
		sink_write_changed(to, sy, open_us);
		if (*PQgetvalue(r, row, 2) == 't')
			sink_batch_fold(to->batch, g->level, sy, open_us);
		sink_settle_fold(
			to->batch, sy, (enum ladder)(g->level + 1), open_us, sy->sealed_us);
	}
	metric_add(&metric_bars, PQntuples(r));
}

static enum pg_failure give_level(struct sink_facts *f, const struct sink_write *to,
	const struct batch_given *g, size_t n, struct err *e)
{
	static const char *const names[LADDER_COUNT][2] = {
		[LADDER_1M] = {"give_1m",
			"SELECT * FROM give_1m($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
			"$13, $14)"},
		[LADDER_1H] = {"give_1h",
			"SELECT * FROM give_1h($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
			"$13, $14)"},
		[LADDER_1D] = {"give_1d",
			"SELECT * FROM give_1d($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
			"$13, $14)"},
	};
	struct buf *a = sink_facts_begin(f);
	PGresult *r = NULL;
	enum pg_failure done;

	for (size_t i = 0; i < n; i++)
		add_bar(a, to, &g[i]);
	done = sink_facts_run(f, to, names[g->level], SINK_ARRAYS, &r, e);
	if (done == PG_OK)
		take_changes(to, g, n, r);
	PQclear(r);
	return done;
}

static enum pg_failure write_bars(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_given *g = BATCH_ROWS(to->batch->givens, const struct batch_given);
	size_t count = BATCH_COUNT(to->batch->givens, struct batch_given), n;
	enum pg_failure done = PG_OK;

	for (; count && done == PG_OK; g += n, count -= n) {
		for (n = 1; n < count && g[n].level == g->level; n++)
			;
		done = give_level(f, to, g, n, e);
	}
	return done;
}

static struct sink_symbol *named(const struct batch_given_span *s, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s[i].symbol->name, name) == 0)
			return s[i].symbol;
	return NULL;
}

/* They belong to rows that the first batch of a symbol has yet to write. */
static enum pg_failure ensure_symbols(struct sink_facts *f, const struct sink_write *to,
	const struct batch_given_span *s, size_t n, struct err *e)
{
	static const char *const statement[2] = {"sink_given_symbols", sql_sink_given_symbols};
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], s[i].symbol->name);
		pg_array_int(&a[1], s[i].symbol->partition);
	}
	return sink_facts_run(f, to, statement, 2, NULL, e);
}

static void add_span(struct buf *a, const struct sink_write *to, const struct batch_given_span *s)
{
	const struct given *g = &s->given;
	bool bars = g->kind.stream == STREAM_KLINE_1S;

	pg_array_text(&a[0], s->symbol->name);
	pg_array_text(&a[1], given_kind_name(g->kind));
	pg_array_int(&a[2], bars ? g->from_us : g->first_id);
	pg_array_int(&a[3], bars ? g->to_us : g->last_id + 1);
	pg_array_int(&a[4], g->from_us);
	pg_array_int(&a[5], g->to_us);
	if (*g->reason)
		pg_array_text(&a[6], g->reason);
	else
		pg_array_null(&a[6]);
	pg_array_int(&a[7], to->revisions[s->symbol->partition]);
}

static enum pg_failure write_spans(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	static const char *const statement[2] = {
		"give_spans", "SELECT give_spans($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
	const struct batch_given_span *s =
		BATCH_ROWS(to->batch->given_spans, const struct batch_given_span);
	size_t n = BATCH_COUNT(to->batch->given_spans, struct batch_given_span);
	enum pg_failure done;
	PGresult *r = NULL;
	struct buf *a;

	if (!n)
		return PG_OK;
	done = ensure_symbols(f, to, s, n, e);
	a = sink_facts_begin(f);
	for (size_t i = 0; i < n; i++)
		add_span(a, to, &s[i]);
	if (done == PG_OK)
		done = sink_facts_run(f, to, statement, 8, &r, e);
	for (int row = 0; done == PG_OK && row < PQntuples(r); row++) {
		struct sink_symbol *sy = named(s, n, PQgetvalue(r, row, 0));

		if (sy)
			sink_write_changed(to, sy, INT64_MAX);
	}
	PQclear(r);
	return done;
}

enum pg_failure sink_given_write(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	enum pg_failure done = write_bars(f, to, e);

	return done == PG_OK ? write_spans(f, to, e) : done;
}
