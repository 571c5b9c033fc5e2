/* api/v1/initial: a window of candles, and where `live` goes on. */
#include "chart_closed.h"
#include "chart_csv.h"
#include "chart_endpoint.h"
#include "chart_etag.h"
#include "chart_json.h"
#include "clock.h"
#include "problem.h"
#include <stdio.h>
#include <string.h>

enum { SYMBOL, INTERVAL, LIMIT, END, INDICATORS, FORMAT, REVISION };

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 63, NULL, NULL,
		"Symbol, as the exchange writes it."},
	[INTERVAL] = {"interval", PARAM_INTERVAL, true, 0, 0, NULL, NULL, "1s, 1m ... 1M."},
	[LIMIT] = {"limit", PARAM_INT, false, 1, CHART_LIMIT_MAX, NULL, "500",
		"Buckets of the window."},
	[END] = {"end", PARAM_INT, false, 0, CHART_TIME_MAX, NULL, NULL,
		"Only candles that open before this time (ms): pass the oldest t to page back."},
	[INDICATORS] = {"indicators", PARAM_TEXT, false, 1, 200, CHART_INDICATORS_PATTERN, NULL,
		"Up to 8 of sma:N, ema:N, rsi:N, bollinger:N:K and vwap, separated by commas."},
	[FORMAT] = {"format", PARAM_ENUM, false, 0, 0, "json|csv", "json",
		"csv: the candles and indicators alone, as lines."},
	[REVISION] = {"revision", PARAM_TEXT, false, 1, 40, CHART_CLOSED_PATTERN, NULL,
		"The window_revision of an answer: while it holds, this address may be kept for "
		"ever."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

struct sheet { /* an answer that is being made */
	struct chart_view view;
	struct chart_series series;
	bool csv;
	bool closed;
	char revision[CHART_CLOSED_SIZE]; /* of a closed window */
	struct buf content;               /* what is the same whenever it is asked for */
};

static void sheet_done(struct sheet *s)
{
	buf_done(&s->content);
	chart_series_done(&s->series);
	chart_view_done(&s->view);
}

static void print_content(struct sheet *s)
{
	struct buf *b = &s->content;
	struct chart_view *v = &s->view;

	if (s->csv) {
		chart_csv_print(b, &v->bars, &s->series);
		return;
	}
	buf_add_str(b, ",\"from\":");
	buf_add_int(b, v->window.from_us / MS_US);
	buf_add_str(b, ",\"to\":");
	buf_add_int(b, v->window.to_us / MS_US);
	chart_json_candles(b, &v->bars, false);
	chart_series_json(b, &s->series);
	chart_json_gaps(b, &v->gaps, false);
}

/* What was asked for by its revision: nothing in it may depend on the time of asking. */
static void print_for_ever(struct buf *b, struct sheet *s)
{
	chart_json_identity(b, &s->view);
	chart_closed_add_freshness(b, &s->view);
	buf_add(b, s->content.data, s->content.len);
	buf_printf(b,
		",\"closed\":true,\"window_revision\":\"%s\",\"revision\":null,\"cursor\":null,"
		"\"open\":null}\n",
		s->revision);
}

static int print_now(struct buf *b, struct sheet *s)
{
	chart_json_begin(b, &s->view);
	buf_add(b, s->content.data, s->content.len);
	if (s->closed)
		buf_printf(b, ",\"closed\":true,\"window_revision\":\"%s\"", s->revision);
	else
		buf_add_str(b, ",\"closed\":false,\"window_revision\":null");
	chart_json_revision(b, &s->view.head);
	if (chart_json_cursor(b, &s->view) != 0 || chart_json_open(b, &s->view) != 0)
		return -1;
	buf_add_str(b, "}\n");
	return 0;
}

static void print(struct sheet *s, const struct chart_call *c, struct answer *a)
{
	const struct param_value *asked = &c->p[REVISION];
	bool for_ever;

	print_content(s);
	if (s->content.failed) {
		a->body.failed = true; /* as any body that does not fit */
		return;
	}
	if (s->closed) {
		chart_closed_revision(&s->view, s->content.data, s->content.len, s->revision);
		snprintf(a->etag, sizeof(a->etag), "W/\"%s\"", s->revision);
	}
	for_ever = s->closed && asked->given && strcmp(asked->text, s->revision) == 0;
	snprintf(a->headers, sizeof(a->headers), "%s",
		for_ever ? CHART_CLOSED_FOR_EVER : CHART_NO_CACHE);
	if (s->closed && chart_etag_matches(c->rq->if_none_match, a->etag)) {
		a->status = 304;
		return;
	}
	if (s->csv) {
		a->content_type = CHART_CSV_TYPE;
		buf_add(&a->body, s->content.data, s->content.len);
	} else if (for_ever) {
		print_for_ever(&a->body, s);
	} else if (print_now(&a->body, s) != 0) {
		return;
	}
}

static void answer_sheet(struct sheet *s, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_view *v = &s->view;

	if (chart_reader_begin(v->reader, a) != 0 || chart_view_head(v) != 0)
		return;
	v->window = chart_window_last(
		v->iv, &v->head.times, p[LIMIT].number, p[END].given ? p[END].number * MS_US : -1);
	s->closed = chart_closed_is(&v->window);
	/* What a closed window holds has to be seen first; the newest one may have changed with any commit. */
	if (!s->closed && chart_head_unchanged(&v->head, c->rq, a))
		return;
	if (p[END].given ? chart_view_load_page(v, p[LIMIT].number) : chart_view_load(v))
		return;
	if (chart_series_read(&s->series, v) == 0)
		print(s, c, a);
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct sheet s = {.view = {.reader = r,
				  .symbol = p[SYMBOL].text,
				  .iv = interval_find(p[INTERVAL].text)},
		.csv = strcmp(p[FORMAT].text, "csv") == 0};

	buf_init(&s.content, a->body.max_bytes);
	if (p[INDICATORS].given &&
		chart_indicators_parse(p[INDICATORS].text, &s.series.asked, a) != 0)
		return;
	if (p[REVISION].given && !chart_closed_is_revision(p[REVISION].text))
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'revision' is not valid: a window_revision.");
	else
		answer_sheet(&s, c, a);
	chart_reader_end(r);
	sheet_done(&s);
}

const struct chart_endpoint chart_initial = {
	.path = "/api/v1/initial",
	.summary = "A window of candles, and where live goes on.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.types = "application/json|text/csv",
	.schema = "Initial",
	.tagged = true,
};
