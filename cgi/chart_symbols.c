/* api/v1/symbols: what is collected. */
#include "chart_endpoint.h"
#include "chart_head.h"
#include "interval.h"
#include "pg_queries.h"
#include <stdio.h>
#include <string.h>

static void add_symbol(struct buf *b, const PGresult *rows, int row)
{
	const char *symbol = PQgetvalue(rows, row, 0);

	buf_add_str(b, row > 0 ? ",{\"symbol\":" : "{\"symbol\":");
	buf_add_json(b, symbol, strlen(symbol));
	buf_printf(b, ",\"partition\":%s,\"from\":", PQgetvalue(rows, row, 1));
	chart_head_add_ms(b, PQgetisnull(rows, row, 2) ? -1 : pg_int(rows, row, 2));
	buf_add_str(b, ",\"as_of\":");
	chart_head_add_ms(b, PQgetisnull(rows, row, 3) ? -1 : pg_int(rows, row, 3));
	buf_printf(b, ",\"streams\":[%s]}", PQgetvalue(rows, row, 4));
}

static void print(struct buf *b, const struct chart_head *h, const PGresult *rows)
{
	buf_printf(b, "{\"venue\":\"%s\"", h->venue);
	chart_head_add_freshness(b, h);
	buf_add_str(b, ",\"intervals\":[");
	for (int i = 0; i < INTERVAL_COUNT; i++)
		buf_printf(b, "%s\"%s\"", i > 0 ? "," : "", interval_table[i].name);
	buf_add_str(b, "],\"symbols\":[");
	for (int row = 0; row < PQntuples(rows); row++)
		add_symbol(b, rows, row);
	buf_add_str(b, "]}\n");
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_params p = {0};
	struct chart_head h;
	PGresult *rows = NULL;

	(void)c;
	chart_params_text(&p, chart_reader_venue(r));
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		chart_reader_query(r, "chart_symbols", sql_chart_symbols, &p, &rows) == 0) {
		print(&a->body, &h, rows);
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	}
	PQclear(rows);
	chart_reader_end(r);
}

const struct chart_endpoint chart_symbols = {
	.path = "/api/v1/symbols",
	.summary = "What is collected.",
	.params = chart_no_params,
	.answer = answer,
	.keep = CHART_KEEP_SECOND,
};
