#include "chart_view.h"
#include "chart_candles.h"
#include "clock.h"
#include "pg_queries.h"
#include "problem.h"

/* Sessions without a candle, each too short for a flat row, that a page looks through; behind them it goes straight to the last candle. */
#define SKIPS_MAX 64

void chart_view_done(struct chart_view *v)
{
	chart_cover_done(&v->cover);
	chart_bars_done(&v->bars);
	chart_gaps_done(&v->gaps);
	PQclear(v->gap_rows);
	v->gap_rows = NULL;
}

static struct chart_source source_of(const struct chart_view *v)
{
	return (struct chart_source){v->reader, &v->head, v->symbol, v->takers};
}

static int refuse_memory(struct chart_view *v)
{
	problem_answer(
		chart_reader_answer(v->reader), PROBLEM_INTERNAL, "No memory for the answer.");
	chart_reader_end(v->reader);
	return -1;
}

int chart_view_head(struct chart_view *v)
{
	return chart_head_read(v->reader, v->symbol, &v->head);
}

static const struct chart_statement spans = {"chart_spans", sql_chart_spans, false};
static const struct chart_statement given = {"chart_given", sql_chart_given, false};
static const struct chart_statement gaps = {"chart_gaps", sql_chart_gaps, false};

static void spans_params(const struct chart_view *v, struct chart_params *p)
{
	chart_params_text(p, v->head.venue);
	chart_params_text(p, v->symbol);
	chart_params_int(p, v->head.partition);
	chart_params_int(p, v->window.from_us);
	chart_params_int(p, v->window.to_us);
}

static void given_params(const struct chart_view *v, struct chart_params *p)
{
	chart_params_text(p, v->head.venue);
	chart_params_text(p, v->symbol);
	chart_params_int(p, v->iv ? (int64_t)v->iv->base : LADDER_1S);
	chart_params_int(p, v->window.from_us);
	chart_params_int(p, v->window.to_us);
}

static void gaps_params(const struct chart_view *v, struct chart_params *p)
{
	chart_params_text(p, v->head.venue);
	chart_params_text(p, v->symbol);
	chart_params_int(p, v->window.from_us);
	chart_params_int(p, v->window.to_us);
	chart_params_int(p, v->iv ? v->iv->base : LADDER_1D);
}

static int read_spans(struct chart_view *v)
{
	struct chart_params p = {0};
	PGresult *rows;

	spans_params(v, &p);
	if (chart_reader_query(v->reader, spans.name, spans.sql, &p, &rows) != 0)
		return -1;
	for (int row = 0; row < PQntuples(rows); row++) {
		const struct stream *s = stream_find(PQgetvalue(rows, row, 0));

		if (s)
			chart_ranges_add(&v->cover.streams[s->kind], pg_int(rows, row, 1),
				pg_int(rows, row, 2));
	}
	PQclear(rows);
	return 0;
}

static int read_given(struct chart_view *v)
{
	struct chart_params p = {0};
	PGresult *rows;

	given_params(v, &p);
	if (chart_reader_query(v->reader, given.name, given.sql, &p, &rows) != 0)
		return -1;
	for (int row = 0; row < PQntuples(rows); row++) {
		int64_t revision = pg_int(rows, row, 3);

		chart_ranges_add(&v->cover.given, pg_int(rows, row, 1), pg_int(rows, row, 2));
		if (revision > v->cover.given_revision)
			v->cover.given_revision = revision;
	}
	PQclear(rows);
	return 0;
}

static int read_gaps(struct chart_view *v)
{
	struct chart_params p = {0};

	gaps_params(v, &p);
	if (chart_reader_query(v->reader, gaps.name, gaps.sql, &p, &v->gap_rows) != 0)
		return -1;
	for (int row = 0; row < PQntuples(v->gap_rows); row++) {
		struct chart_gap gap = {
			.stream = PQgetvalue(v->gap_rows, row, 0),
			.from_us = pg_int(v->gap_rows, row, 1),
			.to_us = pg_int(v->gap_rows, row, 2),
			.cause = PQgetvalue(v->gap_rows, row, 3),
			.state = PQgetvalue(v->gap_rows, row, 4),
			.reason = PQgetvalue(v->gap_rows, row, 5),
			.revision = pg_int(v->gap_rows, row, 6),
		};
		chart_gaps_add(&v->cover.gaps, &gap);
	}
	return 0;
}

static void collect_gaps(struct chart_view *v)
{
	const struct chart_window *w = &v->window;
	struct chart_range within = {w->from_us, w->to_us}, unheard = within;
	int64_t since_us = clock_floor(v->head.since_us + SECOND_US - 1, SECOND_US);

	if (unheard.from_us < since_us)
		unheard.from_us = since_us;
	if (unheard.to_us > w->settled_us)
		unheard.to_us = w->settled_us;
	if (v->head.since_us < 0)
		unheard.to_us = unheard.from_us;
	chart_cover_gaps(&v->cover, within, unheard, &v->gaps);
	if (w->newest)
		chart_state_tail_gap(&v->head.feed, &v->head.fresh, v->head.times.as_of_us,
			v->head.times.settle_us, &v->gaps);
}

static int load_bars(struct chart_view *v)
{
	struct chart_source s = source_of(v);
	struct chart_range span = {v->window.from_us, v->window.bars_to_us};
	struct chart_found found;

	chart_bars_done(&v->bars);
	if (chart_bars_init(&v->bars, v->iv, span.from_us, span.to_us) != 0)
		return refuse_memory(v);
	if (chart_candles_read(&s, v->iv, span, &v->bars) != 0)
		return -1;
	if (chart_bars_need_close(&v->bars, v->iv, &v->cover)) {
		if (chart_candles_before(&s, span.from_us, &found) != 0)
			return -1;
		v->before = found.close;
	}
	chart_bars_fill(&v->bars, v->iv, &v->cover, &v->before);
	return 0;
}

/* All that an answer is made of, but for what only a few need. */
static void expect_all(struct chart_view *v)
{
	struct chart_source s = source_of(v);
	struct chart_params of_spans = {0}, of_given = {0}, of_gaps = {0};
	struct chart_open_parts parts = chart_window_open(v->iv, &v->window);

	spans_params(v, &of_spans);
	chart_reader_expect(v->reader, &spans, &of_spans);
	given_params(v, &of_given);
	chart_reader_expect(v->reader, &given, &of_given);
	gaps_params(v, &of_gaps);
	chart_reader_expect(v->reader, &gaps, &of_gaps);
	chart_head_expect_cursor(v->reader, &v->head);
	chart_head_expect_revision(v->reader, &v->head, v->symbol);
	chart_candles_expect(
		&s, v->iv, (struct chart_range){v->window.from_us, v->window.bars_to_us});
	if (v->window.newest && v->head.times.as_of_us >= 0)
		chart_candles_expect_open(&s, &parts);
}

int chart_view_cover(struct chart_view *v)
{
	chart_view_done(v);
	if (read_spans(v) != 0 || read_given(v) != 0 || read_gaps(v) != 0)
		return -1;
	return chart_head_read_revision(v->reader, &v->head, v->symbol);
}

int chart_view_gaps(struct chart_view *v)
{
	expect_all(v);
	if (chart_view_cover(v) != 0)
		return -1;
	if (chart_cover_compute(&v->cover) != 0)
		return refuse_memory(v);
	collect_gaps(v);
	return v->gaps.failed ? refuse_memory(v) : 0;
}

int chart_view_load(struct chart_view *v)
{
	return chart_view_gaps(v) != 0 ? -1 : load_bars(v);
}

/* Goes down the ladder from what was found to the level of the interval: to the first, or the last, candle in it. */
static int refine(const struct chart_view *v, bool first, struct chart_found *f)
{
	struct chart_source s = source_of(v);

	while (f->known && f->level > v->iv->base) {
		struct chart_range span = {f->open_us, f->open_us + ladder_width_us[f->level]};
		enum ladder level = (enum ladder)(f->level - 1);
		struct chart_found finer;

		if ((first ? chart_candles_first(&s, level, span, &finer)
			   : chart_candles_last(&s, level, span, &finer)) != 0)
			return -1;
		/* Finer levels may have been dropped long ago: then the page ends at what is left. */
		if (!finer.known)
			return 0;
		*f = finer;
	}
	return 0;
}

/* The time that a statement tells of t_us; -1: never. */
static int read_heard(
	struct chart_view *v, const char *name, const char *sql, int64_t t_us, int64_t *out)
{
	struct chart_params p = {0};
	PGresult *rows;

	chart_params_text(&p, v->head.venue);
	chart_params_text(&p, v->symbol);
	chart_params_int(&p, v->head.partition);
	chart_params_int(&p, t_us);
	if (chart_reader_query(v->reader, name, sql, &p, &rows) != 0)
		return -1;
	*out = PQgetisnull(rows, 0, 0) ? -1 : pg_int(rows, 0, 0);
	PQclear(rows);
	return 0;
}

/* Until when somebody listened before t_us; -1: never. */
static int read_heard_before(struct chart_view *v, int64_t t_us, int64_t *out)
{
	return read_heard(v, "chart_heard_before", sql_chart_heard_before, t_us, out);
}

/* From when on somebody listened at or after t_us; -1: never. */
static int read_heard_after(struct chart_view *v, int64_t t_us, int64_t *out)
{
	return read_heard(v, "chart_heard_after", sql_chart_heard_after, t_us, out);
}

/* Moves the beginning of the window back: to the last session, or only to the last candle, before it. 1: moved; 0: there is nothing older. */
static int skip_back(struct chart_view *v, int64_t limit, bool to_candle)
{
	struct chart_source s = source_of(v);
	struct chart_window *w = &v->window, older;
	struct chart_found f;
	int64_t end_us, heard_us;
	int64_t before_us = w->from_us < w->settled_us ? w->from_us : w->settled_us;

	if (chart_candles_before(&s, before_us, &f) != 0 || refine(v, false, &f) != 0)
		return -1;
	if (!f.known)
		return 0;
	end_us = interval_next(v->iv, interval_floor(v->iv, f.open_us));
	if (!to_candle && read_heard_before(v, before_us, &heard_us) != 0)
		return -1;
	/* Flat rows may follow the candle. Where listening did not stop before the page, nothing is left of them there. */
	if (!to_candle && heard_us > end_us && heard_us < before_us)
		end_us = heard_us;
	older = chart_window_last(v->iv, &v->head.times, limit, end_us);
	if (older.from_us >= w->from_us)
		return 0;
	w->from_us = older.from_us;
	w->bars_to_us = older.bars_to_us;
	return 1;
}

int chart_view_load_page(struct chart_view *v, int64_t limit)
{
	for (int skips = 0;; skips++) {
		int moved;

		if (chart_view_load(v) != 0)
			return -1;
		if (chart_bars_any(&v->bars))
			return 0;
		/* A session may be shorter than a bucket, and so may the one before it. */
		moved = skip_back(v, limit, skips >= SKIPS_MAX);
		if (moved <= 0)
			return moved;
	}
}

int chart_view_open(struct chart_view *v, struct candle *out, bool *any)
{
	struct chart_source s = source_of(v);
	struct chart_open_parts parts = chart_window_open(v->iv, &v->window);

	return chart_candles_open(&s, &parts, out, any);
}

int chart_view_skip_before(struct chart_view *v, int64_t t_us, int64_t *out_us)
{
	struct chart_source s = source_of(v);
	struct chart_found f;
	int64_t heard_us;

	if (chart_candles_before(&s, t_us, &f) != 0 || refine(v, false, &f) != 0 ||
		read_heard_before(v, t_us, &heard_us) != 0)
		return -1;
	*out_us = f.known ? interval_next(v->iv, interval_floor(v->iv, f.open_us)) : -1;
	if (f.known && heard_us > *out_us)
		*out_us = heard_us;
	return 0;
}

int chart_view_skip_on(struct chart_view *v, int64_t t_us, int64_t *out_us)
{
	struct chart_source s = source_of(v);
	int64_t settled_us = clock_floor(v->head.times.settled_us, SECOND_US), heard_us;
	struct chart_found f;

	if (chart_candles_after(&s, (struct chart_range){t_us, settled_us}, &f) != 0 ||
		refine(v, true, &f) != 0 || read_heard_after(v, t_us, &heard_us) != 0)
		return -1;
	*out_us = f.known ? interval_floor(v->iv, f.open_us) : -1;
	if (heard_us >= 0 && heard_us < settled_us && (!f.known || heard_us < *out_us))
		*out_us = heard_us;
	return 0;
}

/* The close that a flat row at t_us, behind the loaded bars, would have. */
static int close_before(struct chart_view *v, int64_t t_us, struct chart_close *out)
{
	struct chart_source s = source_of(v);
	struct chart_found f;

	for (size_t i = v->bars.count; i > 0; i--) {
		const struct chart_bar *bar = &v->bars.v[i - 1];

		if (bar->kind == BAR_STORED || bar->kind == BAR_FLAT) {
			*out = (struct chart_close){true, bar->candle.close, bar->revision};
			return 0;
		}
	}
	if (chart_candles_before(&s, t_us, &f) != 0)
		return -1;
	*out = f.close;
	return 0;
}

/* Seconds that the sink has stored before they are settled lie at most so far ahead of as_of (chart_head). */
#define AHEAD_US (30 * SECOND_US)

int chart_view_open_bar(struct chart_view *v, struct chart_bar *out)
{
	struct chart_source s = source_of(v);
	struct chart_open_parts parts = chart_window_open(v->iv, &v->window);
	int64_t from_us = parts.bounds[0], settled_us = parts.bounds[LADDER_COUNT];
	int64_t known_us = clock_floor(v->head.times.as_of_us, SECOND_US) + AHEAD_US;
	int64_t next_us = interval_next(v->iv, from_us);
	struct chart_close before = {0};
	bool any;

	*out = (struct chart_bar){.candle.open_us = from_us};
	parts.bounds[LADDER_COUNT] = known_us < next_us ? known_us : next_us;
	if (chart_candles_open(&s, &parts, &out->candle, &any) != 0)
		return -1;
	out->candle.open_us = from_us;
	out->complete = chart_ranges_hold(&v->cover.full, from_us, settled_us);
	if (any)
		out->kind = BAR_STORED;
	else if (from_us < settled_us && chart_ranges_hold(&v->cover.heard, from_us, settled_us) &&
		 close_before(v, from_us, &before) != 0)
		return -1;
	if (before.known)
		chart_bars_make_flat(out, &before.close);
	return 0;
}
