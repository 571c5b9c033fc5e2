#include "chart_candles.h"
#include "clock.h"
#include "log.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>

#define WINDOW_STARTS_MAX 400000 /* bytes of an array of bucket starts */

enum column {
	OPEN_US,
	OPEN,
	HIGH,
	LOW,
	CLOSE,
	VOLUME,
	QUOTE,
	TRADES,
	ORIGIN,
	REVISION,
	REMOVED,
	TAKER_VOLUME,
	TAKER_QUOTE
};

/* All of these statements are about partitioned tables. */
static const struct chart_statement stored[LADDER_COUNT] = {
	[LADDER_1S] = {"chart_bars_1s", sql_chart_bars_1s, true},
	[LADDER_1M] = {"chart_bars_1m", sql_chart_bars_1m, true},
	[LADDER_1H] = {"chart_bars_1h", sql_chart_bars_1h, true},
	[LADDER_1D] = {"chart_bars_1d", sql_chart_bars_1d, true},
};

static const struct chart_statement windows[LADDER_COUNT] = {
	[LADDER_1M] = {"chart_window_1m", sql_chart_window_1m, true},
	[LADDER_1H] = {"chart_window_1h", sql_chart_window_1h, true},
	[LADDER_1D] = {"chart_window_1d", sql_chart_window_1d, true},
};

static const struct chart_statement ladder = {"chart_ladder", sql_chart_ladder, true};

static const struct chart_statement open_bar = {"chart_open", sql_chart_open, true};
static const struct chart_statement previous = {"chart_previous", sql_chart_previous, true};
static const struct chart_statement next = {"chart_next", sql_chart_next, true};

static int decimal_of(const PGresult *r, int row, int column, struct decimal *out)
{
	return decimal_parse(out, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

/* A sum that is not known, or was not asked for, is 0. */
static int taker_of(const PGresult *r, int row, int column, struct decimal *out)
{
	if (PQgetisnull(r, row, column)) {
		*out = decimal_zero;
		return 0;
	}
	return decimal_of(r, row, column, out);
}

/* -1: a number that no struct candle holds. */
static int candle_of(const PGresult *r, int row, struct candle *out)
{
	struct candle c = {.open_us = pg_int(r, row, OPEN_US), .first_id = -1, .last_id = -1};

	if (decimal_of(r, row, OPEN, &c.open) != 0 || decimal_of(r, row, HIGH, &c.high) != 0 ||
		decimal_of(r, row, LOW, &c.low) != 0 || decimal_of(r, row, CLOSE, &c.close) != 0)
		return -1;
	c.has_volume = !PQgetisnull(r, row, VOLUME) && !PQgetisnull(r, row, QUOTE) &&
		       !PQgetisnull(r, row, TRADES);
	if (c.has_volume) {
		if (decimal_of(r, row, VOLUME, &c.volume) != 0 ||
			decimal_of(r, row, QUOTE, &c.quote) != 0 ||
			taker_of(r, row, TAKER_VOLUME, &c.taker_volume) != 0 ||
			taker_of(r, row, TAKER_QUOTE, &c.taker_quote) != 0)
			return -1;
		c.trades = pg_int(r, row, TRADES);
	}
	c.origin = (enum origin)pg_int(r, row, ORIGIN);
	*out = c;
	return 0;
}

static int query(const struct chart_source *s, const struct chart_statement *st,
	const struct chart_params *p, PGresult **rows)
{
	return chart_reader_plan_by_value(s->reader) == 0
		       ? chart_reader_query(s->reader, st->name, st->sql, p, rows)
		       : -1;
}

static int refuse_number(const struct chart_source *s, int64_t open_us)
{
	log_error("chart_bad_number", "symbol=%s open_us=%" PRId64, s->symbol, open_us);
	problem_answer(chart_reader_answer(s->reader), PROBLEM_INTERNAL,
		"A stored number is out of range.");
	chart_reader_end(s->reader);
	return -1;
}

static int take_rows(const struct chart_source *s, const PGresult *rows, struct chart_bars *out)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct chart_bar *bar = chart_bars_find(out, pg_int(rows, row, OPEN_US));

		if (!bar) /* within a bucket: nothing writes such a row */
			return refuse_number(s, pg_int(rows, row, OPEN_US));
		bar->revision = pg_int(rows, row, REVISION);
		bar->kind = *PQgetvalue(rows, row, REMOVED) == 't' ? BAR_REMOVED : BAR_STORED;
		if (bar->kind == BAR_STORED && candle_of(rows, row, &bar->candle) != 0)
			return refuse_number(s, bar->candle.open_us);
	}
	return 0;
}

static void starts_of(const struct chart_bars *bars, struct buf *out)
{
	pg_array_begin(out);
	for (size_t i = 0; i < bars->count; i++)
		pg_array_int(out, bars->v[i].candle.open_us);
	pg_array_end(out);
}

static bool is_stored(const struct interval *iv)
{
	return iv->shift_us == 0 && iv->width_us == ladder_width_us[iv->base];
}

static void stored_params(
	const struct chart_source *s, struct chart_range span, bool takers, struct chart_params *p)
{
	chart_params_text(p, s->head->venue);
	chart_params_text(p, s->symbol);
	chart_params_int(p, span.from_us);
	chart_params_int(p, span.to_us);
	chart_params_bool(p, takers);
}

/* A window costs so much more that waiting for it apart is nothing. */
void chart_candles_expect(
	const struct chart_source *s, const struct interval *iv, struct chart_range span)
{
	struct chart_params p = {0};

	if (span.from_us >= span.to_us || !is_stored(iv))
		return;
	stored_params(s, span, s->takers, &p);
	chart_reader_expect(s->reader, &stored[iv->base], &p);
}

static int read_windows(const struct chart_source *s, const struct interval *iv,
	struct chart_range span, const struct chart_bars *bars, PGresult **rows)
{
	bool is_shifted = iv->shift_us != 0;
	struct chart_params p = {0};
	struct buf starts;
	int rc = -1;

	buf_init(&starts, WINDOW_STARTS_MAX);
	starts_of(bars, &starts);
	if (starts.failed) {
		problem_answer(chart_reader_answer(s->reader), PROBLEM_INTERNAL, "No memory.");
		chart_reader_end(s->reader);
	} else {
		chart_params_text(&p, s->head->venue);
		chart_params_text(&p, s->symbol);
		chart_params_text(&p, starts.data);
		chart_params_int(&p, span.to_us);
		if (is_shifted)
			chart_params_int(&p, span.to_us);
		chart_params_bool(&p, s->takers);
		rc = query(s, is_shifted ? &ladder : &windows[iv->base], &p, rows);
	}
	buf_done(&starts);
	return rc;
}

int chart_candles_read(const struct chart_source *s, const struct interval *iv,
	struct chart_range span, struct chart_bars *out)
{
	struct chart_params p = {0};
	PGresult *rows = NULL;
	int rc;

	if (span.from_us >= span.to_us)
		return 0;
	stored_params(s, span, s->takers, &p);
	rc = is_stored(iv) ? query(s, &stored[iv->base], &p, &rows)
			   : read_windows(s, iv, span, out, &rows);
	if (rc == 0)
		rc = take_rows(s, rows, out);
	PQclear(rows);
	return rc;
}

/* The first or the last one that was not removed. */
static int find_stored(const struct chart_source *s, enum ladder level, struct chart_range span,
	bool first, struct chart_found *out)
{
	struct chart_params p = {0};
	PGresult *rows;
	int count, row;

	stored_params(s, span, false, &p);
	if (query(s, &stored[level], &p, &rows) != 0)
		return -1;
	count = PQntuples(rows);
	row = first ? 0 : count - 1;
	while (row >= 0 && row < count && *PQgetvalue(rows, row, REMOVED) == 't')
		row += first ? 1 : -1;
	*out = (struct chart_found){.known = row >= 0 && row < count, .level = level};
	if (out->known)
		out->open_us = pg_int(rows, row, OPEN_US);
	PQclear(rows);
	return 0;
}

int chart_candles_last(const struct chart_source *s, enum ladder level, struct chart_range span,
	struct chart_found *out)
{
	return find_stored(s, level, span, false, out);
}

int chart_candles_first(const struct chart_source *s, enum ladder level, struct chart_range span,
	struct chart_found *out)
{
	return find_stored(s, level, span, true, out);
}

/* Columns: level, open_us, close, revision. */
static int take_found(const struct chart_source *s, const PGresult *rows, struct chart_found *out)
{
	struct chart_found f = {.known = PQntuples(rows) > 0};

	if (f.known) {
		f.level = (enum ladder)pg_int(rows, 0, 0);
		f.open_us = pg_int(rows, 0, 1);
		if (decimal_of(rows, 0, 2, &f.close.close) != 0)
			return refuse_number(s, f.open_us);
		f.close.known = true;
		f.close.revision = pg_int(rows, 0, 3);
	}
	*out = f;
	return 0;
}

int chart_candles_before(const struct chart_source *s, int64_t t_us, struct chart_found *out)
{
	struct chart_params p = {0};
	PGresult *rows;
	int rc;

	*out = (struct chart_found){0};
	if (s->head->times.first_us < 0 || s->head->times.first_us >= t_us)
		return 0;
	chart_params_text(&p, s->head->venue);
	chart_params_text(&p, s->symbol);
	chart_params_int(&p, t_us);
	if (query(s, &previous, &p, &rows) != 0)
		return -1;
	rc = take_found(s, rows, out);
	PQclear(rows);
	return rc;
}

int chart_candles_after(
	const struct chart_source *s, struct chart_range span, struct chart_found *out)
{
	struct chart_ladder_parts parts = chart_window_ladder(span.from_us, span.to_us);
	struct chart_params p = {0};
	PGresult *rows;

	chart_params_text(&p, s->head->venue);
	chart_params_text(&p, s->symbol);
	for (int i = 0; i < CHART_LADDER_BOUNDS; i++)
		chart_params_int(&p, parts.bounds[i]);
	if (query(s, &next, &p, &rows) != 0)
		return -1;
	*out = (struct chart_found){.known = PQntuples(rows) > 0};
	if (out->known) {
		out->level = (enum ladder)pg_int(rows, 0, 0);
		out->open_us = pg_int(rows, 0, 1);
	}
	PQclear(rows);
	return 0;
}

#define START_SIZE 40 /* "{<µs>}" */

/* The statement that gives the open bar: one row, or none. `start` lives as long as `p`. */
static const struct chart_statement *open_params(const struct chart_source *s,
	const struct chart_open_parts *parts, char start[START_SIZE], struct chart_params *p)
{
	const int64_t *bounds = parts->bounds;

	chart_params_text(p, s->head->venue);
	chart_params_text(p, s->symbol);
	if (parts->shifted) {
		snprintf(start, START_SIZE, "{%" PRId64 "}", bounds[0]);
		chart_params_text(p, start);
		chart_params_int(p, bounds[LADDER_COUNT - 1]);
		chart_params_int(p, bounds[LADDER_COUNT]);
	} else {
		for (int i = 0; i <= LADDER_COUNT; i++)
			chart_params_int(p, bounds[i]);
	}
	chart_params_bool(p, s->takers);
	return parts->shifted ? &ladder : &open_bar;
}

/* That of a shifted one is as dear as a window, and its text would have to live. */
void chart_candles_expect_open(const struct chart_source *s, const struct chart_open_parts *parts)
{
	const struct chart_statement *st;
	struct chart_params p = {0};
	char start[START_SIZE];

	if (parts->bounds[0] == parts->bounds[LADDER_COUNT] || parts->shifted)
		return;
	st = open_params(s, parts, start, &p);
	chart_reader_expect(s->reader, st, &p);
}

int chart_candles_open(const struct chart_source *s, const struct chart_open_parts *parts,
	struct candle *out, bool *any)
{
	const struct chart_statement *st;
	struct chart_params p = {0};
	char start[START_SIZE];
	PGresult *rows;
	int rc = 0;

	*any = false;
	if (parts->bounds[0] == parts->bounds[LADDER_COUNT])
		return 0;
	st = open_params(s, parts, start, &p);
	if (query(s, st, &p, &rows) != 0)
		return -1;
	if (PQntuples(rows) > 0 && *PQgetvalue(rows, 0, REMOVED) != 't') {
		*any = true;
		if (candle_of(rows, 0, out) != 0)
			rc = refuse_number(s, parts->bounds[0]);
	}
	PQclear(rows);
	return rc;
}
