#include "second_source.h"

#include "pg_array.h"
#include "pg_queries.h"

#include <stdlib.h>

void second_source_init(struct second_source *s, size_t max_bytes)
{
	*s = (struct second_source){.v = NULL};
	buf_init(&s->symbols, max_bytes);
	buf_init(&s->starts, max_bytes);
}

void second_source_reset(struct second_source *s)
{
	for (size_t i = 0; i < s->count; i++)
		second_done(&s->v[i].second);
	s->count = s->asked_count = 0;
}

void second_source_done(struct second_source *s)
{
	second_source_reset(s);
	free(s->v);
	free(s->asked);
	s->v = NULL;
	s->asked = NULL;
	s->room = 0;
	buf_done(&s->symbols);
	buf_done(&s->starts);
}

static int grow(struct second_source *s, struct err *e)
{
	size_t room = s->room ? 2 * s->room : 64;
	struct second_known *v = realloc(s->v, room * sizeof(*v));
	struct second_known **asked;

	if (!v)
		return err_set(e, "no memory for %zu seconds", room);
	s->v = v;
	asked = realloc(s->asked, room * sizeof(struct second_known *));
	if (!asked)
		return err_set(e, "no memory for %zu seconds", room);
	s->asked = asked;
	s->room = room;
	return 0;
}

struct second *second_source_add(
	struct second_source *s, const char *symbol, int64_t second_us, struct err *e)
{
	if (s->count == s->room && grow(s, e) != 0)
		return NULL;
	s->v[s->count] = (struct second_known){.symbol = symbol};
	second_init(&s->v[s->count].second, second_us);
	return &s->v[s->count++].second;
}

/* Asks for the seconds that are not decided, or for all. */
static int ask(struct second_source *s, bool all, struct err *e)
{
	s->asked_count = 0;
	pg_array_begin(&s->symbols);
	pg_array_begin(&s->starts);
	for (size_t i = 0; i < s->count; i++) {
		if (!all && second_is_decided(&s->v[i].second))
			continue;
		s->asked[s->asked_count++] = &s->v[i];
		pg_array_text(&s->symbols, s->v[i].symbol);
		pg_array_int(&s->starts, s->v[i].second.open_us);
	}
	pg_array_end(&s->symbols);
	pg_array_end(&s->starts);
	return s->symbols.failed || s->starts.failed
		       ? err_set(e, "no memory for %zu seconds", s->count)
		       : 0;
}

/* Which second the row is of. */
static struct second_known *known_of(const struct second_source *s, const PGresult *r, int row)
{
	return s->asked[pg_int(r, row, 0) - 1];
}

static int get_decimal(const PGresult *r, int row, int column, struct decimal *out)
{
	return decimal_parse(out, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

static int add_trades(struct second_source *s, const PGresult *r, struct err *e)
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
		if (second_add(&known_of(s, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

static int add_agg_trades(struct second_source *s, const PGresult *r, struct err *e)
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
		if (second_add(&known_of(s, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

static int add_tickers(struct second_source *s, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct event ev = {.kind = STREAM_MINI_TICKER, .event_us = pg_int(r, i, 1)};

		if (get_decimal(r, i, 2, &ev.mini_ticker.close) != 0)
			return err_set(
				e, "stored price at %lld is out of range", (long long)ev.event_us);
		if (second_add(&known_of(s, r, i)->second, &ev, e) < 0)
			return -1;
	}
	return 0;
}

int second_source_candle(
	const PGresult *r, int row, int column, int64_t open_us, struct candle *out)
{
	struct candle c = {.open_us = open_us, .has_volume = !PQgetisnull(r, row, column + 4)};
	struct decimal *const at[8] = {&c.open, &c.high, &c.low, &c.close, &c.volume, &c.quote,
		&c.taker_volume, &c.taker_quote};

	for (int k = 0; k < (c.has_volume ? 8 : 4); k++)
		if (get_decimal(r, row, column + k, at[k]) != 0)
			return -1;
	c.trades = c.has_volume ? pg_int(r, row, column + 8) : 0;
	c.first_id = pg_int(r, row, column + 9);
	c.last_id = pg_int(r, row, column + 10);
	c.origin = (enum origin)pg_int(r, row, column + 11);
	c.closed = *PQgetvalue(r, row, column + 12) == 't';
	c.stated_us = pg_int(r, row, column + 13);
	*out = c;
	return 0;
}

static int add_candles(struct second_source *s, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		struct second_known *k = known_of(s, r, i);

		if (second_source_candle(r, i, 1, k->second.open_us, &k->stored) != 0)
			return err_set(e, "stored second %lld is out of range",
				(long long)k->second.open_us);
		second_add_stored(&k->second, &k->stored);
	}
	return 0;
}

struct source {
	const char *name, *sql;
	int (*add)(struct second_source *s, const PGresult *r, struct err *e);
};

static enum pg_failure read_one(struct second_source *s, struct pg *pg, const char *venue,
	const struct source *from, struct err *e)
{
	const char *params[] = {venue, s->symbols.data, s->starts.data};
	PGresult *r = NULL;
	enum pg_failure f = pg_query(pg, from->name, from->sql, 3, params, &r, e);

	if (f == PG_OK && from->add(s, r, e) != 0)
		f = PG_BUG;
	PQclear(r);
	return f;
}

enum pg_failure second_source_read(
	struct second_source *s, struct pg *pg, const char *venue, bool stored, struct err *e)
{
	static const struct source candles = {"second_candles", sql_second_candles, add_candles};
	static const struct source raw[] = {
		{"second_trades", sql_second_trades, add_trades},
		{"second_agg_trades", sql_second_agg_trades, add_agg_trades},
		{"second_tickers", sql_second_tickers, add_tickers},
	};
	enum pg_failure f = PG_OK;

	if (!s->count)
		return f;
	if (ask(s, true, e) != 0)
		return PG_BUG;
	if (stored) {
		f = read_one(s, pg, venue, &candles, e);
		if (f == PG_OK && ask(s, false, e) != 0)
			f = PG_BUG;
		s->decided += (int64_t)(s->count - s->asked_count);
	}
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]) && f == PG_OK && s->asked_count; i++)
		f = read_one(s, pg, venue, &raw[i], e);
	return f;
}
