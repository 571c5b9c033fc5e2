/* api/v1/coverage: when we listened to a symbol, what was given of its past, and what is missing. */
#include "chart_endpoint.h"
#include "chart_json.h"
#include "chart_view.h"
#include "clock.h"
#include "pg_queries.h"
#include "problem.h"
#include <stdio.h>
#include <string.h>

enum { SYMBOL, FROM, TO };

#define PIECES_MAX 10000 /* spans, and gaps, of one answer */

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 63, NULL, NULL,
		"Symbol, as the exchange writes it."},
	[FROM] = {"from", PARAM_INT, false, 0, CHART_TIME_MAX, NULL, "0",
		"Begin (ms) of the time asked for."},
	[TO] = {"to", PARAM_INT, false, 0, CHART_TIME_MAX, NULL, NULL,
		"Its end (ms); default: all."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

/* The union over streams and sessions, to the microsecond, within the time asked for. */
static int join_spans(
	const struct chart_view *v, struct chart_range asked, struct chart_ranges *out)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		chart_ranges_add_all(out, &v->cover.streams[k]);
	chart_ranges_order(out);
	chart_ranges_cut(out, INT64_MIN, asked.from_us);
	chart_ranges_cut(out, asked.to_us, INT64_MAX);
	return out->failed ? -1 : 0;
}

static void cut_gaps(struct chart_view *v, struct chart_range asked, struct chart_gaps *out)
{
	for (size_t i = 0; i < v->cover.gaps.count; i++) {
		struct chart_gap g = v->cover.gaps.v[i];

		if (g.from_us < asked.from_us)
			g.from_us = asked.from_us;
		if (g.to_us > asked.to_us)
			g.to_us = asked.to_us;
		chart_gaps_add(out, &g);
	}
	if (asked.to_us > v->head.times.as_of_us && v->head.times.as_of_us >= 0)
		chart_state_tail_gap(&v->head.feed, &v->head.fresh, v->head.times.as_of_us,
			v->head.times.settle_us, out);
}

static void add_range(struct buf *b, int64_t from_us, int64_t to_us)
{
	buf_add_str(b, "\"from\":");
	buf_add_int(b, clock_floor(from_us + MS_US - 1, MS_US) / MS_US);
	buf_add_str(b, ",\"to\":");
	buf_add_int(b, clock_floor(to_us, MS_US) / MS_US);
}

/* What was given, of every kind. */
static int query_given(const struct chart_view *v, struct chart_range asked, PGresult **rows)
{
	struct chart_params p = {0};

	chart_params_text(&p, v->head.venue);
	chart_params_text(&p, v->symbol);
	chart_params_int(&p, LADDER_1D);
	chart_params_int(&p, asked.from_us);
	chart_params_int(&p, asked.to_us);
	return chart_reader_query(v->reader, "chart_given", sql_chart_given, &p, rows);
}

/* Columns: kind, from_us, to_us, revision. */
static void print_given(struct buf *b, const PGresult *rows, struct chart_range asked)
{
	buf_add_str(b, ",\"given\":[");
	for (int row = 0; row < PQntuples(rows); row++) {
		int64_t from_us = pg_int(rows, row, 1), to_us = pg_int(rows, row, 2);

		buf_printf(b, "%s{\"stream\":\"%s\",", row ? "," : "", PQgetvalue(rows, row, 0));
		add_range(b, from_us > asked.from_us ? from_us : asked.from_us,
			to_us < asked.to_us ? to_us : asked.to_us);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
}

struct covered {
	struct chart_ranges spans;
	struct chart_gaps gaps;
	PGresult *given;
};

static void print(struct buf *b, const struct chart_view *v, struct chart_range asked,
	const struct covered *c)
{
	const struct chart_ranges *spans = &c->spans;

	buf_printf(b, "{\"venue\":\"%s\",\"symbol\":", v->head.venue);
	buf_add_json(b, v->symbol, strlen(v->symbol));
	chart_head_add_freshness(b, &v->head);
	buf_add_str(b, ",\"spans\":[");
	for (size_t i = 0; i < spans->count; i++) {
		buf_add_str(b, i > 0 ? ",{" : "{");
		add_range(b, spans->v[i].from_us, spans->v[i].to_us);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
	print_given(b, c->given, asked);
	chart_json_gaps(b, &c->gaps, true);
	chart_json_revision(b, &v->head);
	buf_add_str(b, "}\n");
}

static void answer_view(struct chart_view *v, struct chart_range asked, struct answer *a)
{
	struct covered c = {.given = NULL};

	if (chart_reader_begin(v->reader, a) != 0 || chart_view_head(v) != 0)
		return;
	v->window = (struct chart_window){.from_us = asked.from_us, .to_us = asked.to_us};
	if (chart_view_cover(v) != 0 || query_given(v, asked, &c.given) != 0)
		return;
	cut_gaps(v, asked, &c.gaps);
	if (join_spans(v, asked, &c.spans) != 0 || c.gaps.failed) {
		problem_answer(a, PROBLEM_INTERNAL, "No memory for the answer.");
	} else if (c.spans.count > PIECES_MAX || c.gaps.count > PIECES_MAX ||
		   PQntuples(c.given) > PIECES_MAX) {
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'from' is not valid: more than %d pieces, "
			"ask for a shorter time.",
			PIECES_MAX);
	} else {
		print(&a->body, v, asked, &c);
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	}
	chart_ranges_done(&c.spans);
	chart_gaps_done(&c.gaps);
	PQclear(c.given);
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_view v = {.reader = r, .symbol = p[SYMBOL].text};
	struct chart_range asked = {
		p[FROM].number * MS_US, (p[TO].given ? p[TO].number : CHART_TIME_MAX) * MS_US};

	if (asked.to_us < asked.from_us)
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'to' is not valid: it is before 'from'.");
	else
		answer_view(&v, asked, a);
	chart_reader_end(r);
	chart_view_done(&v);
}

const struct chart_endpoint chart_coverage = {
	.path = "/api/v1/coverage",
	.summary =
		"When a symbol was listened to, what was given of its past, and what is missing.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "Coverage",
};
