/* api/v3/exchangeInfo: the symbols that are or were collected, each by the exchange's own object as the collector stored it (catalog_to_pg). Of one that
 * the exchange's list lacks, or while none is stored, the assets come from its name, price and quantity step from the last hour's candles. This program
 * has no rate limits of its own: rateLimits is empty. */
#include "chart_v3_symbols.h"
#include "clock.h"
#include "json_scan.h"
#include "pair.h"
#include "pg_queries.h"
#include "problem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERMISSION_SIZE 64

enum { SYMBOL, SYMBOLS, PERMISSIONS, SYMBOL_STATUS, SHOW_SETS };
enum column { NAME, STATUS, INFO, PRICE_PLACES, VOLUME_PLACES };

static const struct param table[] = {
	[SYMBOL] = CHART_V3_SYMBOL_PARAM,
	[SYMBOLS] = CHART_V3_SYMBOLS_PARAM,
	[PERMISSIONS] = {"permissions", PARAM_TEXT, false, 1, 1000, NULL, NULL,
		"Only symbols with this permission, or one of a JSON array of them. Not together "
		"with symbol or symbols."},
	[SYMBOL_STATUS] = CHART_V3_STATUS_PARAM,
	[SHOW_SETS] = {"showPermissionSets", PARAM_ENUM, false, 0, 0, "true|false", "true",
		"false: permissionSets are empty."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

struct info {
	struct json_value sets;
};
static const struct json_wanted info_members[] = {
	{"permissionSets", offsetof(struct info, sets), NULL}, {NULL, 0, NULL}};
static const struct json_wanted no_members[] = {{NULL, 0, NULL}};

/* Whether `wanted`, a name or a JSON array of names, has this one. */
static bool is_wanted(const char *wanted, const char *permission)
{
	struct json_value rest = {wanted, strlen(wanted)}, name;
	char text[PERMISSION_SIZE];

	if (*wanted != '[')
		return strcmp(wanted, permission) == 0;
	while (json_scan_element(&rest, &name))
		if (json_scan_text(&name, text, sizeof(text)) > 0 && strcmp(text, permission) == 0)
			return true;
	return false;
}

/* Any of the sets. */
static bool is_permitted(const struct json_value *sets, const char *wanted)
{
	struct json_value rest = *sets, set, name;
	char permission[PERMISSION_SIZE];

	while (json_scan_element(&rest, &set))
		while (json_scan_element(&set, &name))
			if (json_scan_text(&name, permission, sizeof(permission)) > 0 &&
				is_wanted(wanted, permission))
				return true;
	return false;
}

/* The power of ten with so many places; an unknown number of them: the least step there is. */
static const char *step_of(const PGresult *rows, int row, int column)
{
	static const char *const steps[] = {"1.00000000", "0.10000000", "0.01000000", "0.00100000",
		"0.00010000", "0.00001000", "0.00000100", "0.00000010", "0.00000001"};
	int64_t places = PQgetisnull(rows, row, column) ? 8 : pg_int(rows, row, column);

	return steps[places >= 0 && places <= 8 ? places : 8];
}

static void derive(struct buf *b, const PGresult *rows, int row)
{
	const char *name = PQgetvalue(rows, row, NAME);
	const char *tick = step_of(rows, row, PRICE_PLACES),
		   *lot = step_of(rows, row, VOLUME_PLACES);
	size_t base = pair_base_len(name);

	buf_add_str(b, "{\"symbol\":");
	buf_add_json(b, name, strlen(name));
	buf_printf(b, ",\"status\":\"%s\",\"baseAsset\":", PQgetvalue(rows, row, STATUS));
	buf_add_json(b, name, base);
	buf_add_str(b, ",\"baseAssetPrecision\":8,\"quoteAsset\":");
	buf_add_json(b, name + base, strlen(name + base));
	buf_printf(b,
		",\"quotePrecision\":8,\"quoteAssetPrecision\":8,\"baseCommissionPrecision\":8,"
		"\"quoteCommissionPrecision\":8,\"orderTypes\":[],\"icebergAllowed\":false,"
		"\"ocoAllowed\":false,\"otoAllowed\":false,\"quoteOrderQtyMarketAllowed\":false,"
		"\"allowTrailingStop\":false,\"cancelReplaceAllowed\":false,\"amendAllowed\":false,"
		"\"isSpotTradingAllowed\":true,\"isMarginTradingAllowed\":false,\"filters\":["
		"{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"%s\",\"maxPrice\":"
		"\"92000000000.00000000\",\"tickSize\":\"%s\"},{\"filterType\":\"LOT_SIZE\","
		"\"minQty\":\"%s\",\"maxQty\":\"92000000000.00000000\",\"stepSize\":\"%s\"}],"
		"\"permissions\":[],\"permissionSets\":[[\"SPOT\"]],"
		"\"defaultSelfTradePreventionMode\":\"NONE\",\"allowedSelfTradePreventionModes\":[]"
		"}",
		tick, tick, lot, lot);
}

/* Appends the object, and takes it back where its permissions are not the wanted ones. Whether it stays. */
static bool add(struct buf *b, const PGresult *rows, int row, const struct param_value *p)
{
	size_t before = b->len;
	struct info info;

	if (PQgetisnull(rows, row, INFO))
		derive(b, rows, row);
	else
		buf_add_str(b, PQgetvalue(rows, row, INFO));
	if (b->failed)
		return true;
	if (json_scan(b->data + before, b->len - before, info_members, &info) != 0)
		info.sets = (struct json_value){0};
	if (p[PERMISSIONS].given && !is_permitted(&info.sets, p[PERMISSIONS].text)) {
		b->len = before;
		b->data[before] = '\0';
		return false;
	}
	if (strcmp(p[SHOW_SETS].text, "false") == 0 && json_scan_is_array(&info.sets)) {
		char *sets = b->data + (info.sets.at - b->data);
		size_t cut = info.sets.len - 2,
		       rest = b->len - (size_t)(sets - b->data) - info.sets.len;

		memcpy(sets, "[]", 2);
		memmove(sets + 2, sets + info.sets.len, rest + 1);
		b->len -= cut;
	}
	return true;
}

static void print(struct answer *a, const struct chart_call *c, const struct chart_head *h,
	const struct chart_v3_choice *choice, const PGresult *rows)
{
	struct buf *b = &a->body;
	bool any = false;

	buf_add_str(b, "{\"timezone\":\"UTC\",\"serverTime\":");
	chart_v3_add_time(b, chart_v3_now(h), chart_v3_micro(c->rq));
	buf_add_str(b, ",\"rateLimits\":[],\"exchangeFilters\":[],\"symbols\":[");
	for (int row = 0; row < PQntuples(rows); row++) {
		if (!chart_v3_shows(choice, rows, row))
			continue;
		if (any)
			buf_add_char(b, ',');
		if (add(b, rows, row, c->p))
			any = true;
		else if (any)
			b->data[--b->len] = '\0';
	}
	buf_add_str(b, "]}");
	chart_v3_headers(a, h, 0);
}

/* 0, or -1 and the answer is filled. */
static int check(const struct param_value *p, struct answer *a)
{
	bool named = p[SYMBOL].given || p[SYMBOLS].given;
	const struct param_value *permissions = &p[PERMISSIONS];

	if (named && (permissions->given || p[SYMBOL_STATUS].given)) {
		problem_answer(a, PROBLEM_BAD_COMBINATION,
			"Parameter '%s' excludes 'symbol' and 'symbols'.",
			permissions->given ? "permissions" : "symbolStatus");
		return -1;
	}
	if (permissions->given && permissions->text[0] == '[' &&
		json_scan(permissions->text, permissions->len, no_members, NULL) != 0) {
		problem_answer(a, PROBLEM_ILLEGAL_CHARS,
			"Illegal characters found in parameter 'permissions'; legal is a name or a "
			"JSON array of names.");
		return -1;
	}
	return 0;
}

static int query(struct chart_reader *r, const struct chart_head *h,
	const struct chart_v3_choice *choice, PGresult **rows)
{
	struct chart_params p = {0};

	chart_params_text(&p, h->venue);
	chart_params_text(&p, chart_v3_names(choice));
	chart_params_int(&p, h->times.as_of_us);
	return chart_reader_plan_by_value(r) != 0 ? -1
						  : chart_reader_query(r, "chart_exchange_info",
							    sql_chart_exchange_info, &p, rows);
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_v3_choice choice;
	struct chart_head h;
	PGresult *rows = NULL;

	if (check(p, a) != 0 ||
		chart_v3_choose(&p[SYMBOL], &p[SYMBOLS], &p[SYMBOL_STATUS], &choice, a) != 0)
		return;
	choice.one = false; /* the answer is a list all the same */
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		query(r, &h, &choice, &rows) == 0 && chart_v3_check(&choice, rows, a) == 0)
		print(a, c, &h, &choice, rows);
	chart_reader_end(r);
	PQclear(rows);
	chart_v3_choice_done(&choice);
}

const struct chart_endpoint chart_v3_exchange_info = {
	.path = "/api/v3/exchangeInfo",
	.summary = "What is traded by which rules, as Binance answers it.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP_SECOND,
	.schema = "V3Info",
};
