/* udf/symbols, search: what can be charted. Price scale and volume places come from the exchange's rules (exchangeInfo), else from recent candles. */
#include "chart_head.h"
#include "chart_udf.h"
#include "json_scan.h"
#include "pair.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ASSET_SIZE 64
#define NUMBER_SIZE 32
#define NAME_BYTES_MAX 1000
#define PLACES_MAX 8

struct rules {
	struct json_value base, quote, filters;
};
static const struct json_wanted rule_members[] = {{"baseAsset", offsetof(struct rules, base), NULL},
	{"quoteAsset", offsetof(struct rules, quote), NULL},
	{"filters", offsetof(struct rules, filters), NULL}, {NULL, 0, NULL}};

struct filter {
	struct json_value type, tick, step;
};
static const struct json_wanted filter_members[] = {
	{"filterType", offsetof(struct filter, type), NULL},
	{"tickSize", offsetof(struct filter, tick), NULL},
	{"stepSize", offsetof(struct filter, step), NULL}, {NULL, 0, NULL}};

struct symbol {
	const char *name; /* lent */
	char base[ASSET_SIZE], quote[ASSET_SIZE];
	int64_t price_step; /* in units of the last price place */
	int64_t price_places, volume_places;
};

/* "0.00500000" is 5 in the third place. False: no such number. */
static bool step_of(const struct json_value *v, int64_t *step, int64_t *places)
{
	char text[NUMBER_SIZE], *point;
	int64_t count = 0, value;

	if (json_scan_text(v, text, sizeof(text)) <= 0)
		return false;
	point = strchr(text, '.');
	if (point) {
		size_t len = strlen(text);

		while (text[len - 1] == '0')
			text[--len] = '\0';
		count = (int64_t)strlen(point + 1);
		memmove(point, point + 1, strlen(point));
	}
	value = strtoll(text, NULL, 10);
	if (value <= 0 || count > PLACES_MAX)
		return false;
	*step = value;
	*places = count;
	return true;
}

static void read_filters(struct symbol *s, const struct json_value *filters)
{
	struct json_value rest = *filters, element;
	struct filter f;
	int64_t step;

	while (json_scan_element(&rest, &element)) {
		if (json_scan(element.at, element.len, filter_members, &f) != 0)
			continue;
		if (json_scan_equals(&f.type, "PRICE_FILTER"))
			(void)step_of(&f.tick, &s->price_step, &s->price_places);
		else if (json_scan_equals(&f.type, "LOT_SIZE"))
			(void)step_of(&f.step, &step, &s->volume_places);
	}
}

/* `info`: the exchange's object; NULL: none. */
static struct symbol symbol_of(const char *name, const char *info)
{
	size_t base = pair_base_len(name);
	struct symbol s = {.name = name,
		.price_step = 1,
		.price_places = PLACES_MAX,
		.volume_places = PLACES_MAX};
	struct rules r;

	snprintf(s.base, sizeof(s.base), "%.*s", (int)base, name);
	snprintf(s.quote, sizeof(s.quote), "%s", name + base);
	if (!info || json_scan(info, strlen(info), rule_members, &r) != 0)
		return s;
	(void)!json_scan_text(&r.base, s.base, sizeof(s.base));
	(void)!json_scan_text(&r.quote, s.quote, sizeof(s.quote));
	read_filters(&s, &r.filters);
	return s;
}

static void add_text(struct buf *b, const char *before, const char *text)
{
	buf_add_str(b, before);
	buf_add_json(b, text, strlen(text));
}

static void add_description(struct buf *b, const struct symbol *s)
{
	char text[2 * ASSET_SIZE + 4];

	snprintf(text, sizeof(text), "%s / %s", s->base, s->quote);
	add_text(b, ",\"description\":", text);
}

static int64_t power_of_ten(int64_t places)
{
	int64_t power = 1;

	while (places-- > 0)
		power *= 10;
	return power;
}

static void print_symbol(struct buf *b, const struct chart_head *h, const struct symbol *s)
{
	add_text(b, "{\"name\":", s->name);
	add_text(b, ",\"ticker\":", s->name);
	add_description(b, s);
	buf_printf(b,
		",\"type\":\"crypto\",\"session\":\"24x7\",\"timezone\":\"Etc/"
		"UTC\",\"exchange\":\"%s\","
		"\"listed_exchange\":\"%s\",\"format\":\"price\",\"minmov\":%" PRId64
		",\"pricescale\":%" PRId64 ",\"volume_precision\":%" PRId64,
		h->venue, h->venue, s->price_step, power_of_ten(s->price_places), s->volume_places);
	buf_printf(b,
		",\"has_intraday\":true,\"has_seconds\":true,\"seconds_multipliers\":[\"1\"],"
		"\"intraday_multipliers\":[\"1\",\"3\",\"5\",\"15\",\"30\",\"60\",\"120\",\"240\","
		"\"360\","
		"\"480\",\"720\"],\"has_daily\":true,\"daily_multipliers\":[\"1\",\"3\"],"
		"\"has_weekly_and_monthly\":true,\"weekly_multipliers\":[\"1\"],\"monthly_"
		"multipliers\":"
		"[\"1\"],\"supported_resolutions\":%s,\"data_status\":\"%s\"",
		CHART_UDF_RESOLUTIONS,
		h->fresh.state == CHART_STALE ? "delayed_streaming" : "streaming");
	add_text(b, ",\"currency_code\":", s->quote);
	buf_add_str(b, "}\n");
}

enum { SYMBOL, CURRENCY, UNIT };

static const struct param symbols_table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 160, NULL, NULL,
		"Symbol, with or without its venue before a colon."},
	[CURRENCY] = {"currencyCode", PARAM_TEXT, false, 0, 32, NULL, NULL, "Of no effect."},
	[UNIT] = {"unitId", PARAM_TEXT, false, 0, 32, NULL, NULL, "Of no effect."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

/* Columns of chart_exchange_info: symbol, status, info, price_places, volume_places. */
static void serve_symbol(
	const struct chart_head *h, const char *name, const PGresult *rows, struct answer *a)
{
	bool known = PQntuples(rows) > 0;
	struct symbol s;

	if (!known) {
		problem_answer(a, PROBLEM_BAD_SYMBOL,
			"Parameter 'symbol': '%s' is not collected at venue '%s'.", name, h->venue);
		return;
	}
	s = symbol_of(name, PQgetisnull(rows, 0, 2) ? NULL : PQgetvalue(rows, 0, 2));
	if (!PQgetisnull(rows, 0, 3) && PQgetisnull(rows, 0, 2))
		s.price_places = pg_int(rows, 0, 3);
	if (!PQgetisnull(rows, 0, 4) && PQgetisnull(rows, 0, 2))
		s.volume_places = pg_int(rows, 0, 4);
	print_symbol(&a->body, h, &s);
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

static void answer_symbols(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const char *name = chart_udf_symbol(c->p[SYMBOL].text, chart_reader_venue(r));
	struct chart_params p = {0};
	struct chart_head h;
	struct buf names;
	PGresult *rows = NULL;

	if (!name) {
		problem_answer(a, PROBLEM_BAD_SYMBOL, "Parameter 'symbol': not of venue '%s'.",
			chart_reader_venue(r));
		return;
	}
	buf_init(&names, NAME_BYTES_MAX);
	pg_array_begin(&names);
	pg_array_text(&names, name);
	pg_array_end(&names);
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		chart_reader_plan_by_value(r) == 0) {
		chart_params_text(&p, h.venue);
		chart_params_text(&p, names.data);
		chart_params_int(&p, h.times.as_of_us);
		if (chart_reader_query(
			    r, "chart_exchange_info", sql_chart_exchange_info, &p, &rows) == 0)
			serve_symbol(&h, name, rows, a);
	}
	chart_reader_end(r);
	PQclear(rows);
	buf_done(&names);
}

const struct chart_endpoint chart_udf_symbols = {
	.path = "/udf/symbols",
	.summary = "What a symbol is, for TradingView.",
	.params = symbols_table,
	.answer = answer_symbols,
	.keep = CHART_KEEP_SECOND,
	.schema = "UdfSymbol",
};

enum { QUERY, TYPE, EXCHANGE, LIMIT };

static const struct param search_table[] = {
	[QUERY] = {"query", PARAM_TEXT, false, 0, 64, NULL, "", "Part of a symbol; empty: all."},
	[TYPE] = {"type", PARAM_TEXT, false, 0, 32, NULL, "",
		"crypto, or empty; of another there is none."},
	[EXCHANGE] = {"exchange", PARAM_TEXT, false, 0, 96, NULL, "",
		"The venue, or empty; of another there is none."},
	[LIMIT] = {"limit", PARAM_INT_OR_EMPTY, false, 1, 1000, NULL, "30", "Symbols at most."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static void print_found(struct buf *b, const char *venue, const PGresult *rows)
{
	buf_add_char(b, '[');
	for (int row = 0; row < PQntuples(rows); row++) {
		struct symbol s = symbol_of(PQgetvalue(rows, row, 0),
			PQgetisnull(rows, row, 1) ? NULL : PQgetvalue(rows, row, 1));
		char full[200];

		snprintf(full, sizeof(full), "%s:%s", venue, s.name);
		add_text(b, row > 0 ? ",{\"symbol\":" : "{\"symbol\":", s.name);
		add_text(b, ",\"full_name\":", full);
		add_description(b, &s);
		buf_printf(b, ",\"exchange\":\"%s\"", venue);
		add_text(b, ",\"ticker\":", s.name);
		buf_add_str(b, ",\"type\":\"crypto\"}");
	}
	buf_add_str(b, "]\n");
}

static void answer_search(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	const char *venue = chart_reader_venue(r);
	bool none = (p[TYPE].len > 0 && strcmp(p[TYPE].text, "crypto") != 0) ||
		    (p[EXCHANGE].len > 0 && strcasecmp(p[EXCHANGE].text, venue) != 0);
	struct chart_params params = {0};
	PGresult *rows = NULL;

	chart_params_text(&params, venue);
	chart_params_text(&params, p[QUERY].text);
	chart_params_int(&params, none ? 0 : p[LIMIT].number);
	if (chart_reader_begin(r, a) == 0 &&
		chart_reader_query(r, "chart_search", sql_chart_search, &params, &rows) == 0) {
		print_found(&a->body, venue, rows);
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	}
	chart_reader_end(r);
	PQclear(rows);
}

const struct chart_endpoint chart_udf_search = {
	.path = "/udf/search",
	.summary = "Symbols by a part of their name, for TradingView.",
	.params = search_table,
	.answer = answer_search,
	.schema = "UdfSearch",
};
