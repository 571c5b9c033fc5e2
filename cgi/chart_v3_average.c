/* api/v3/avgPrice: of the last five minutes up to as_of. closeTime is the end of the last second with a trade. Where no volume is known: the last price. */
#include "chart_candles.h"
#include "chart_v3.h"
#include "clock.h"
#include "pg_queries.h"

#define AVERAGE_US (5 * MINUTE_US)

enum { SYMBOL };
enum column { PRICE, CLOSE, TRADED };

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 63, NULL, NULL,
		"Symbol, as the exchange writes it."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static int query(const struct chart_source *s, struct chart_range span, PGresult **rows)
{
	struct chart_params p = {0};

	chart_params_text(&p, s->head->venue);
	chart_params_text(&p, s->symbol);
	chart_params_int(&p, span.from_us);
	chart_params_int(&p, span.to_us);
	return chart_reader_plan_by_value(s->reader) != 0
		       ? -1
		       : chart_reader_query(
				 s->reader, "chart_average", sql_chart_average, &p, rows);
}

/* `before`: the last candle before the five minutes, where there is none in them. */
static void print(struct buf *b, const struct chart_head *h, const PGresult *rows,
	const struct chart_found *before, bool micro)
{
	bool traded = !PQgetisnull(rows, 0, TRADED);
	int64_t close_us = traded ? pg_int(rows, 0, TRADED) + SECOND_US - 1 : h->times.as_of_us;

	buf_add_str(b, "{\"mins\":5,\"price\":");
	if (!PQgetisnull(rows, 0, PRICE))
		chart_v3_add_text(b, PQgetvalue(rows, 0, PRICE));
	else if (!PQgetisnull(rows, 0, CLOSE))
		chart_v3_add_text(b, PQgetvalue(rows, 0, CLOSE));
	else
		chart_v3_add_number(b, before->known ? &before->close.close : &decimal_zero);
	buf_add_str(b, ",\"closeTime\":");
	chart_v3_add_time(b, close_us > 0 ? close_us : chart_v3_now(h), micro);
	buf_add_char(b, '}');
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_head h;
	struct chart_source s = {r, &h, c->p[SYMBOL].text, false};
	struct chart_found before = {0};
	struct chart_range span;
	PGresult *rows = NULL;

	if (chart_reader_begin(r, a) != 0 || chart_head_read(r, s.symbol, &h) != 0)
		return;
	span.to_us = clock_floor(h.times.as_of_us, SECOND_US);
	span.from_us = span.to_us - AVERAGE_US;
	if (query(&s, span, &rows) == 0 &&
		(!PQgetisnull(rows, 0, CLOSE) ||
			chart_candles_before(&s, span.from_us, &before) == 0)) {
		print(&a->body, &h, rows, &before, chart_v3_micro(c->rq));
		chart_v3_headers(a, &h, 0);
	}
	chart_reader_end(r);
	PQclear(rows);
}

const struct chart_endpoint chart_v3_average = {
	.path = "/api/v3/avgPrice",
	.summary = "The average price of the last five minutes, as Binance answers it.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "V3Average",
};
