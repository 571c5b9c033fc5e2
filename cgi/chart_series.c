#include "chart_series.h"
#include "clock.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "problem.h"

#define PIECES_MAX 6              /* of the past: one, and some more where it has gaps */
#define ARRAY_BYTES_MAX (1 << 20) /* of one array, as text */

struct past { /* the bars before the answer's first, piece by piece, the newest piece first */
	struct chart_view pieces[PIECES_MAX];
	size_t count;
	int64_t shown;
	int64_t from_us;
	bool over; /* there is nothing older */
};

struct arrays { /* parameters of the statements: all bars, oldest first */
	struct buf opens, closes, prices, volumes;
	int64_t past; /* how many of them are before the answer's */
	int64_t first_us;
};

static int refuse(const struct chart_view *v, const char *detail)
{
	problem_answer(chart_reader_answer(v->reader), PROBLEM_INTERNAL, "%s", detail);
	chart_reader_end(v->reader);
	return -1;
}

static const struct chart_bar *first_shown(const struct chart_bars *bars)
{
	for (size_t i = 0; i < bars->count; i++)
		if (chart_bars_shows(&bars->v[i]))
			return &bars->v[i];
	return NULL;
}

/* The piece of `buckets` before what was read, or, where that shows nothing, the last one that does. */
static int read_piece(struct past *p, const struct chart_view *v, int64_t buckets)
{
	struct chart_view *piece = &p->pieces[p->count++];
	*piece = (struct chart_view){
		.reader = v->reader, .symbol = v->symbol, .iv = v->iv, .head = v->head};
	piece->window = chart_window_last(v->iv, &v->head.times, buckets, p->from_us);
	if (chart_view_load_page(piece, buckets) != 0)
		return -1;
	for (size_t i = 0; i < piece->bars.count; i++)
		p->shown += chart_bars_shows(&piece->bars.v[i]);
	p->from_us = piece->window.from_us;
	p->over = !chart_bars_any(&piece->bars) ||
		  p->from_us <= interval_floor(v->iv, v->head.times.first_us);
	return 0;
}

/* At least `wanted` bars before the answer's, and all from session_us on, as far as there are any. */
static int read_past(struct past *p, const struct chart_view *v, int64_t wanted, int64_t session_us)
{
	p->from_us = v->window.from_us;
	p->over = p->from_us <= interval_floor(v->iv, v->head.times.first_us);
	while (!p->over && p->count < PIECES_MAX &&
		(p->shown < wanted || p->from_us > session_us)) {
		int64_t buckets = wanted - p->shown;
		int64_t of_session =
			p->from_us > session_us ? (p->from_us - session_us) / v->iv->width_us : 0;

		if (read_piece(p, v, buckets > of_session ? buckets : of_session) != 0)
			return -1;
	}
	return 0;
}

static void add_decimal(struct buf *b, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	pg_array_text(b, text);
}

/* How many bars were added; -1: a number that no decimal holds. */
static int64_t add_bars(struct arrays *to, const struct chart_bars *bars)
{
	int64_t count = 0;

	for (size_t i = 0; i < bars->count; i++) {
		const struct candle *c = &bars->v[i].candle;
		struct decimal prices;

		if (!chart_bars_shows(&bars->v[i]))
			continue;
		if (decimal_add(&prices, &c->high, &c->low) != 0 ||
			decimal_add(&prices, &prices, &c->close) != 0)
			return -1;
		count++;
		pg_array_int(&to->opens, c->open_us);
		add_decimal(&to->closes, &c->close);
		add_decimal(&to->prices, &prices);
		if (c->has_volume)
			add_decimal(&to->volumes, &c->volume);
		else
			pg_array_null(&to->volumes);
	}
	return count;
}

static void arrays_done(struct arrays *a)
{
	buf_done(&a->opens);
	buf_done(&a->closes);
	buf_done(&a->prices);
	buf_done(&a->volumes);
}

static int fill_arrays(struct arrays *a, const struct past *p, const struct chart_view *v)
{
	struct buf *all[] = {&a->opens, &a->closes, &a->prices, &a->volumes};
	bool failed = false;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		pg_array_begin(all[i]);
	for (size_t i = p->count; i > 0; i--) {
		int64_t count = add_bars(a, &p->pieces[i - 1].bars);

		if (count < 0)
			return -1;
		a->past += count;
	}
	if (add_bars(a, &v->bars) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		pg_array_end(all[i]);
		failed |= all[i]->failed;
	}
	return failed ? -1 : 0;
}

/* Seconds of the first bar's day before what was read; at other intervals all of the day was read. Columns as chart_vwap takes them. */
static int read_before(const struct chart_view *v, int64_t first_us, PGresult **rows)
{
	struct chart_params p = {0};
	bool seconds = v->iv->width_us == SECOND_US;

	chart_params_text(&p, v->head.venue);
	chart_params_text(&p, v->symbol);
	chart_params_int(&p, seconds ? clock_floor(first_us, DAY_US) : first_us);
	chart_params_int(&p, first_us);
	return chart_reader_query(v->reader, "chart_vwap_before", sql_chart_vwap_before, &p, rows);
}

static int query_vwap(const struct chart_view *v, const struct arrays *a, PGresult **rows)
{
	struct chart_params p = {0};
	PGresult *before;
	int rc;

	if (read_before(v, a->first_us, &before) != 0)
		return -1;
	chart_params_text(&p, a->opens.data);
	chart_params_text(&p, a->prices.data);
	chart_params_text(&p, a->volumes.data);
	chart_params_int(&p, a->past);
	for (int column = 0; column < 3; column++)
		chart_params_text(&p, PQgetvalue(before, 0, column));
	rc = chart_reader_query(v->reader, "chart_vwap", sql_chart_vwap, &p, rows);
	PQclear(before);
	return rc;
}

static int query(const struct chart_view *v, const struct chart_indicator *asked,
	const struct arrays *a, PGresult **rows)
{
	static const struct {
		const char *name, *sql;
	} statements[] = {
		[INDICATOR_SMA] = {"chart_sma", sql_chart_sma},
		[INDICATOR_EMA] = {"chart_ema", sql_chart_ema},
		[INDICATOR_BOLLINGER] = {"chart_bollinger", sql_chart_bollinger},
		[INDICATOR_RSI] = {"chart_rsi", sql_chart_rsi},
	};
	struct chart_params p = {0};

	if (asked->kind == INDICATOR_VWAP)
		return query_vwap(v, a, rows);
	chart_params_text(&p, a->closes.data);
	chart_params_int(&p, asked->period);
	chart_params_int(&p, a->past);
	if (asked->kind == INDICATOR_BOLLINGER)
		chart_params_text(&p, asked->width);
	return chart_reader_query(
		v->reader, statements[asked->kind].name, statements[asked->kind].sql, &p, rows);
}

static int query_all(struct chart_series *s, const struct chart_view *v, const struct past *p)
{
	struct arrays a = {0};
	int rc = 0;

	buf_init(&a.opens, ARRAY_BYTES_MAX);
	buf_init(&a.closes, ARRAY_BYTES_MAX);
	buf_init(&a.prices, ARRAY_BYTES_MAX);
	buf_init(&a.volumes, ARRAY_BYTES_MAX);
	if (fill_arrays(&a, p, v) != 0)
		rc = refuse(v, "The bars do not fit into memory.");
	a.first_us = p->from_us;
	for (size_t i = 0; rc == 0 && i < s->asked.count; i++)
		rc = query(v, &s->asked.v[i], &a, &s->rows[i]);
	arrays_done(&a);
	return rc;
}

int chart_series_read(struct chart_series *s, const struct chart_view *v)
{
	const struct chart_bar *first = first_shown(&v->bars);
	int64_t wanted = 0, session_us = INT64_MAX;
	struct past p = {0};
	int rc;

	if (first == NULL)
		return 0;
	for (size_t i = 0; i < s->asked.count; i++) {
		int64_t warm_up = chart_indicator_warm_up(&s->asked.v[i]);

		if (warm_up > wanted)
			wanted = warm_up;
		if (s->asked.v[i].kind == INDICATOR_VWAP && v->iv->width_us != SECOND_US)
			session_us = clock_floor(first->candle.open_us, DAY_US);
	}
	rc = read_past(&p, v, wanted, session_us);
	if (rc == 0)
		rc = query_all(s, v, &p);
	for (size_t i = 0; i < p.count; i++)
		chart_view_done(&p.pieces[i]);
	return rc;
}

void chart_series_done(struct chart_series *s)
{
	for (size_t i = 0; i < s->asked.count; i++)
		PQclear(s->rows[i]);
}

/* What the rows of an indicator hold; "": the indicator itself. */
static const char *const *parts_of(const struct chart_indicator *i)
{
	static const char *const bands[] = {"middle", "upper", "lower", NULL};
	static const char *const one[] = {"", NULL};

	return i->kind == INDICATOR_BOLLINGER ? bands : one;
}

/* One column; numbers as PostgreSQL writes them are JSON's. */
static void add_column(struct buf *b, const PGresult *rows, int column)
{
	buf_add_char(b, '[');
	for (int row = 0; row < PQntuples(rows); row++) {
		buf_add_str(b, row > 0 ? "," : "");
		buf_add_str(
			b, PQgetisnull(rows, row, column) ? "null" : PQgetvalue(rows, row, column));
	}
	buf_add_char(b, ']');
}

static void add_indicator(struct buf *b, const struct chart_indicator *i, const PGresult *rows)
{
	const char *const *parts = parts_of(i);

	if (parts[0][0] == '\0') {
		add_column(b, rows, 0);
		return;
	}
	for (int part = 0; parts[part]; part++) {
		buf_printf(b, "%s\"%s\":", part > 0 ? "," : "{", parts[part]);
		add_column(b, rows, part);
	}
	buf_add_char(b, '}');
}

void chart_series_json(struct buf *b, const struct chart_series *s)
{
	if (s->asked.count == 0)
		return;
	buf_add_str(b, ",\"indicators\":{");
	for (size_t i = 0; i < s->asked.count; i++) {
		buf_printf(b, "%s\"%s\":", i > 0 ? "," : "", s->asked.v[i].name);
		add_indicator(b, &s->asked.v[i], s->rows[i]);
	}
	buf_add_char(b, '}');
}

void chart_series_csv_names(struct buf *b, const struct chart_series *s)
{
	for (size_t i = 0; i < s->asked.count; i++) {
		const char *const *parts = parts_of(&s->asked.v[i]);

		for (int part = 0; parts[part]; part++)
			buf_printf(b, ",%s%s%s", s->asked.v[i].name, *parts[part] ? ":" : "",
				parts[part]);
	}
}

void chart_series_csv_cells(struct buf *b, const struct chart_series *s, int row)
{
	for (size_t i = 0; i < s->asked.count; i++) {
		const char *const *parts = parts_of(&s->asked.v[i]);

		for (int part = 0; parts[part]; part++) {
			buf_add_char(b, ',');
			buf_add_str(b, PQgetvalue(s->rows[i], row, part)); /* "" of NULL */
		}
	}
}
