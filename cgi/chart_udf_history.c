/* udf/history: bars that open in [from, to), or the last `countback` ones before `to`, over whatever is missing between. */
#include "chart_page.h"
#include "chart_udf.h"
#include "clock.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BARS_MAX 5000 /* of one answer: the last ones */
#define TIME_MAX (CHART_TIME_MAX / 1000)

enum { SYMBOL, RESOLUTION, FROM, TO, COUNTBACK, CURRENCY, UNIT };

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 160, NULL, NULL,
		"Symbol, with or without its venue before a colon."},
	[RESOLUTION] = {"resolution", PARAM_TEXT, true, 1, 8, NULL, NULL,
		"1S, minutes (1 ... 720), 1D, 3D, 1W, 1M."},
	[FROM] = {"from", PARAM_INT_OR_EMPTY, false, -100000000000, 100000000000, NULL, NULL,
		"Bars that open at or after this time (s); countback comes before it."},
	[TO] = {"to", PARAM_INT, true, -100000000000, 100000000000, NULL, NULL,
		"Bars that open before this time (s)."},
	[COUNTBACK] = {"countback", PARAM_INT_OR_EMPTY, false, 1, INT64_MAX, NULL, NULL,
		"So many bars before `to`, whenever they are; more than 5000 are 5000."},
	[CURRENCY] = {"currencyCode", PARAM_TEXT, false, 0, 32, NULL, NULL, "Of no effect."},
	[UNIT] = {"unitId", PARAM_TEXT, false, 0, 32, NULL, NULL, "Of no effect."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static const struct decimal *member(const struct candle *c, char name)
{
	switch (name) {
	case 'o':
		return &c->open;
	case 'h':
		return &c->high;
	case 'l':
		return &c->low;
	case 'c':
		return &c->close;
	}
	return c->has_volume ? &c->volume : &decimal_zero;
}

/* As a JSON number, without the zeros at its end. */
static void add_number(struct buf *b, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];
	size_t len = decimal_format(d, text);

	while (text[len - 1] == '0')
		len--;
	buf_add(b, text, text[len - 1] == '.' ? len - 1 : len);
}

static void print_bars(struct buf *b, const struct chart_page *page)
{
	buf_add_str(b, "{\"s\":\"ok\",\"t\":[");
	for (size_t i = 0; i < page->count; i++)
		buf_printf(b, "%s%" PRId64, i > 0 ? "," : "",
			(int64_t)(page->rows[i].candle.open_us / SECOND_US));
	buf_add_char(b, ']');
	for (const char *name = "ohlcv"; *name; name++) {
		buf_printf(b, ",\"%c\":[", *name);
		for (size_t i = 0; i < page->count; i++) {
			if (i > 0)
				buf_add_char(b, ',');
			add_number(b, member(&page->rows[i].candle, *name));
		}
		buf_add_char(b, ']');
	}
	buf_add_str(b, "}\n");
}

/* Nothing in the range: where there is something before it. */
static int print_none(struct buf *b, struct chart_view *v, int64_t from_us)
{
	int64_t open_us;

	if (chart_page_before(v, from_us, &open_us) != 0)
		return -1;
	buf_add_str(b, "{\"s\":\"no_data\"");
	if (open_us >= 0)
		buf_printf(b, ",\"nextTime\":%" PRId64, (int64_t)(open_us / SECOND_US));
	buf_add_str(b, "}\n");
	return 0;
}

static int64_t clamp_us(int64_t s)
{
	return (s < 0 ? 0 : s > TIME_MAX ? TIME_MAX : s) * SECOND_US;
}

static int serve(struct chart_view *v, const struct param_value *p, struct answer *a)
{
	bool counted = p[COUNTBACK].given;
	struct chart_page_asked asked = {
		.starts = {counted ? 0 : clamp_us(p[FROM].number), clamp_us(p[TO].number)},
		.limit =
			counted && p[COUNTBACK].number < BARS_MAX ? p[COUNTBACK].number : BARS_MAX};
	struct chart_page page = {0};
	int rc = -1;

	if (chart_view_head(v) == 0 && chart_page_read(v, &asked, &page) == 0) {
		chart_page_headers(&page, v, a);
		rc = 0;
		if (page.count > 0)
			print_bars(&a->body, &page);
		else
			rc = print_none(&a->body, v, asked.starts.from_us);
	}
	chart_page_done(&page);
	return rc;
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	const char *symbol = chart_udf_symbol(p[SYMBOL].text, chart_reader_venue(r));
	struct chart_view v = {
		.reader = r, .symbol = symbol, .iv = chart_udf_resolution(p[RESOLUTION].text)};

	if (!symbol) {
		problem_answer(a, PROBLEM_BAD_SYMBOL, "Parameter 'symbol': not of venue '%s'.",
			chart_reader_venue(r));
	} else if (!v.iv) {
		problem_answer(a, PROBLEM_BAD_INTERVAL, "Parameter 'resolution': there is no '%s'.",
			p[RESOLUTION].text);
	} else if (!p[FROM].given && !p[COUNTBACK].given) {
		problem_answer(a, PROBLEM_MISSING_PARAM,
			"Mandatory parameter 'from' was not sent, nor was 'countback'.");
	} else if (chart_reader_begin(r, a) == 0) {
		(void)serve(&v, p, a);
		chart_reader_end(r);
	}
	chart_view_done(&v);
}

const struct chart_endpoint chart_udf_history = {
	.path = "/udf/history",
	.summary = "Bars, for TradingView.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "UdfHistory",
};
