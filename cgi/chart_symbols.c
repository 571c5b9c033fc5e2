/* api/v1/symbols: what is collected; with prices, a whole watch list in one answer. */
#include "chart_endpoint.h"
#include "chart_head.h"
#include "clock.h"
#include "interval.h"
#include "pg_queries.h"
#include "problem.h"
#include <stdio.h>
#include <string.h>

enum { FIELDS };

static const struct param table[] = {
	[FIELDS] = {"fields", PARAM_TEXT, false, 1, 63,
		"^(?:last|change|spark)(?:,(?:last|change|spark))*$", NULL,
		"Prices of each symbol, for a list of them: last, change (of 24 hours), spark (the "
		"closes of "
		"24 hours); several with commas."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static const struct field {
	const char *name;
	enum chart_watch_field field;
} fields_known[] = {{"last", WATCH_LAST}, {"change", WATCH_CHANGE}, {"spark", WATCH_SPARK}};

/* The fields as a set; 0: one of them is none. */
static unsigned parse_fields(const char *text)
{
	unsigned set = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned one = 0;

		for (size_t i = 0; i < sizeof(fields_known) / sizeof(fields_known[0]); i++)
			if (strlen(fields_known[i].name) == len &&
				memcmp(fields_known[i].name, text, len) == 0)
				one = fields_known[i].field;
		if (one == 0)
			return 0;
		set |= one;
		if (text[len] == '\0')
			return set;
		text += len + 1;
	}
}

struct list {
	const struct chart_head *head;
	const PGresult *rows;
	const struct chart_watch *watch;
	unsigned fields; /* 0: no prices */
};

static void add_symbol(struct buf *b, const struct list *l, int row)
{
	const PGresult *rows = l->rows;
	const char *symbol = PQgetvalue(rows, row, 0);

	buf_add_str(b, row > 0 ? ",{\"symbol\":" : "{\"symbol\":");
	buf_add_json(b, symbol, strlen(symbol));
	buf_printf(b, ",\"partition\":%s,\"from\":", PQgetvalue(rows, row, 1));
	chart_head_add_ms(b, PQgetisnull(rows, row, 2) ? -1 : pg_int(rows, row, 2));
	buf_add_str(b, ",\"as_of\":");
	chart_head_add_ms(b, PQgetisnull(rows, row, 3) ? -1 : pg_int(rows, row, 3));
	buf_printf(b, ",\"streams\":[%s]", PQgetvalue(rows, row, 4));
	chart_watch_add(l->watch, symbol, l->fields, b);
	buf_add_char(b, '}');
}

static void print(struct buf *b, const struct list *l)
{
	buf_printf(b, "{\"venue\":\"%s\"", l->head->venue);
	chart_head_add_freshness(b, l->head);
	buf_add_str(b, ",\"intervals\":[");
	for (int i = 0; i < INTERVAL_COUNT; i++)
		buf_printf(b, "%s\"%s\"", i > 0 ? "," : "", interval_table[i].name);
	buf_add_char(b, ']');
	if (l->fields & WATCH_SPARK) {
		buf_add_str(b, ",\"spark\":{\"from\":");
		chart_head_add_ms(b, chart_watch_spark_us(l->watch));
		buf_add_str(b, ",\"step\":");
		buf_add_int(b, HOUR_US / MS_US);
		buf_add_char(b, '}');
	}
	buf_add_str(b, ",\"symbols\":[");
	for (int row = 0; row < PQntuples(l->rows); row++)
		add_symbol(b, l, row);
	buf_add_str(b, "]}\n");
}

/* Prints the list, with prices if they are wanted. */
static int print_all(
	struct chart_reader *r, const struct chart_call *c, const struct list *l, struct answer *a)
{
	if (l->fields != 0 && chart_watch_lock(c->watch, r, l->head) != 0)
		return -1;
	print(&a->body, l);
	if (l->fields != 0)
		chart_watch_unlock(c->watch);
	return 0;
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = &c->p[FIELDS];
	struct chart_params params = {0};
	struct chart_head h;
	PGresult *rows = NULL;
	unsigned fields = p->given ? parse_fields(p->text) : 0;

	if (p->given && fields == 0) {
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'fields' is not valid: last, change, spark, "
			"separated by commas.");
		return;
	}
	chart_params_text(&params, chart_reader_venue(r));
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		chart_reader_query(r, "chart_symbols", sql_chart_symbols, &params, &rows) == 0 &&
		print_all(r, c, &(struct list){&h, rows, c->watch, fields}, a) == 0)
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	PQclear(rows);
	chart_reader_end(r);
}

const struct chart_endpoint chart_symbols = {
	.path = "/api/v1/symbols",
	.summary = "What is collected.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP_SECOND,
	.schema = "Symbols",
};
