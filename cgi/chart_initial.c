/* api/v1/initial: a window of candles, and where `live` goes on. */
#include "chart_endpoint.h"
#include "chart_json.h"
#include "chart_series.h"
#include "chart_view.h"
#include "clock.h"
#include <stdio.h>

enum { SYMBOL, INTERVAL, LIMIT, END, INDICATORS };

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
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static int load(struct chart_view *v, int64_t limit, int64_t end_us)
{
	int moved;

	if (chart_view_head(v) != 0)
		return -1;
	v->window = chart_window_last(v->iv, &v->head.times, limit, end_us);
	if (chart_view_load(v) != 0)
		return -1;
	/* A page into the past shows something as long as there is anything older. */
	if (end_us < 0 || chart_bars_any(&v->bars))
		return 0;
	moved = chart_view_skip_back(v, limit);
	return moved > 0 ? chart_view_load(v) : moved;
}

static int print(struct buf *b, struct chart_view *v, const struct chart_series *s)
{
	chart_json_begin(b, v);
	buf_add_str(b, ",\"from\":");
	buf_add_int(b, v->window.from_us / MS_US);
	buf_add_str(b, ",\"to\":");
	buf_add_int(b, v->window.to_us / MS_US);
	chart_json_candles(b, &v->bars, false);
	chart_series_json(b, s);
	chart_json_gaps(b, &v->gaps, false);
	chart_json_revision(b, &v->head);
	if (chart_json_cursor(b, v) != 0 || chart_json_open(b, v) != 0)
		return -1;
	buf_add_str(b, "}\n");
	return 0;
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_view v = {
		.reader = r, .symbol = p[SYMBOL].text, .iv = interval_find(p[INTERVAL].text)};
	struct chart_series s = {0};

	if (p[INDICATORS].given && chart_indicators_parse(p[INDICATORS].text, &s.asked, a) != 0)
		return;
	if (chart_reader_begin(r, a) == 0 &&
		load(&v, p[LIMIT].number, p[END].given ? p[END].number * MS_US : -1) == 0 &&
		chart_series_read(&s, &v) == 0 && print(&a->body, &v, &s) == 0)
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	chart_reader_end(r);
	chart_series_done(&s);
	chart_view_done(&v);
}

const struct chart_endpoint chart_initial = {
	.path = "/api/v1/initial",
	.summary = "A window of candles, and where live goes on.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
};
