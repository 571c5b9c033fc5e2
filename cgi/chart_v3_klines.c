/* api/v3/klines, uiKlines: candles as Binance answers them.
 *
 * All rows but the last are settled. The last may be the bar that is still open, with the seconds that are stored of it; it begins up to `settle`
 * (5 s) after the exchange's own does. A bar of which nothing was heard has no row, as in a halt of the exchange; the header X-Pricegraph-Gaps
 * counts such gaps, X-Pricegraph-Incomplete the rows of which a part was not heard. */
#include "chart_page.h"
#include "chart_v3.h"
#include "clock.h"
#include <stdio.h>

#define KLINES_MAX 1000

enum { SYMBOL, INTERVAL, START, END, ZONE, LIMIT };

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 63, NULL, NULL,
		"Symbol, as the exchange writes it."},
	[INTERVAL] = {"interval", PARAM_INTERVAL, true, 0, 0, NULL, NULL, "1s, 1m ... 1M."},
	[START] = {"startTime", PARAM_TIME, false, 0, CHART_TIME_MAX, NULL, NULL,
		"The first `limit` rows that open at or after this time, UTC, ms or us; without it "
		"the last ones."},
	[END] = {"endTime", PARAM_TIME, false, 0, CHART_TIME_MAX, NULL, NULL,
		"Only rows that open at or before this time, UTC, ms or us."},
	[ZONE] = {"timeZone", PARAM_ZONE, false, 0, 0, NULL, "0",
		"Hours or hours:minutes ahead of UTC, -12:00 to 14:00, by whose clock the bars "
		"begin."},
	[LIMIT] = {"limit", PARAM_INT, false, 1, INT64_MAX, NULL, "500",
		"Rows; more than 1000 are 1000."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static void add_row(
	struct buf *b, const struct interval *iv, const struct chart_bar *bar, bool micro)
{
	const struct candle *c = &bar->candle;
	const struct decimal *prices[] = {&c->open, &c->high, &c->low, &c->close};
	const struct decimal *zero = &decimal_zero;

	buf_add_char(b, '[');
	chart_v3_add_time(b, c->open_us, micro);
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		buf_add_char(b, ',');
		chart_v3_add_number(b, prices[i]);
	}
	buf_add_char(b, ',');
	chart_v3_add_number(b, c->has_volume ? &c->volume : zero);
	buf_add_char(b, ',');
	chart_v3_add_time(b, interval_next(iv, c->open_us) - 1, micro);
	buf_add_char(b, ',');
	chart_v3_add_number(b, c->has_volume ? &c->quote : zero);
	buf_add_char(b, ',');
	buf_add_int(b, c->has_volume ? c->trades : 0);
	buf_add_char(b, ',');
	chart_v3_add_number(b, c->has_volume ? &c->taker_volume : zero);
	buf_add_char(b, ',');
	chart_v3_add_number(b, c->has_volume ? &c->taker_quote : zero);
	buf_add_str(b, ",\"0\"]");
}

static void print(
	struct answer *a, const struct chart_view *v, const struct chart_page *page, bool micro)
{
	buf_add_char(&a->body, '[');
	for (size_t i = 0; i < page->count; i++) {
		if (i > 0)
			buf_add_char(&a->body, ',');
		add_row(&a->body, v->iv, &page->rows[i], micro);
	}
	buf_add_char(&a->body, ']');
	chart_page_headers(page, v, a);
}

static struct chart_page_asked asked_of(const struct param_value *p)
{
	return (struct chart_page_asked){
		.starts = {p[START].given ? p[START].number : 0,
			p[END].given ? p[END].number + 1 : INT64_MAX},
		.limit = p[LIMIT].number < KLINES_MAX ? p[LIMIT].number : KLINES_MAX,
		.forward = p[START].given,
	};
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_page_asked asked = asked_of(p);
	struct chart_page page = {0};
	struct interval iv = interval_shifted(interval_find(p[INTERVAL].text), p[ZONE].number);
	struct chart_view v = {.reader = r, .symbol = p[SYMBOL].text, .iv = &iv, .takers = true};

	if (chart_reader_begin(r, a) == 0 && chart_view_head(&v) == 0 &&
		chart_page_read(&v, &asked, &page) == 0)
		print(a, &v, &page, chart_v3_micro(c->rq));
	chart_reader_end(r);
	chart_page_done(&page);
	chart_view_done(&v);
}

const struct chart_endpoint chart_v3_klines = {
	.path = "/api/v3/klines",
	.summary = "Candles, as Binance answers them.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "V3Klines",
};

const struct chart_endpoint chart_v3_ui_klines = {
	.path = "/api/v3/uiKlines",
	.summary = "The same as klines.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "V3Klines",
};
