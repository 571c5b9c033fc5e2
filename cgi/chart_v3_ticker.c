/* api/v3/ticker/24hr, ticker/price.
 *
 * The day's prices and volumes are the exchange's own where one of the last seconds of miniTicker is stored (closeTime is then its event time); else they are
 * folded from the candles up to as_of, the day beginning on a minute, up to 59 s early. Not known to any stream of ours, and so as of an idle market: bidPrice,
 * bidQty, askPrice, askQty, lastQty. count, firstId, lastId come from candles, and are 0, -1, -1 where these lack a part of the day. X-Pricegraph-Incomplete
 * counts symbols whose day was folded and lacks a part. */
#include "chart_v3_symbols.h"
#include "clock.h"
#include "pg_queries.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AHEAD_US                                                                                   \
	(30 * SECOND_US) /* what is stored before it is settled lies at most so far ahead of as_of */

enum column {
	NAME,
	STATUS,
	TOLD,
	OPEN,
	HIGH,
	LOW,
	CLOSE,
	VOLUME,
	QUOTE,
	CHANGE,
	PERCENT,
	AVERAGE,
	BEFORE,
	TRADES,
	LAST_ID,
	COMPLETE
};
enum { SYMBOL, SYMBOLS, SYMBOL_STATUS, TYPE };

static const struct param day_table[] = {
	[SYMBOL] = CHART_V3_SYMBOL_PARAM,
	[SYMBOLS] = CHART_V3_SYMBOLS_PARAM,
	[SYMBOL_STATUS] = CHART_V3_STATUS_PARAM,
	[TYPE] = {"type", PARAM_TEXT, false, 1, 8, NULL, "FULL",
		"FULL, or MINI: without changes, averages and what is unknown."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static const struct param price_table[] = {
	[SYMBOL] = CHART_V3_SYMBOL_PARAM,
	[SYMBOLS] = CHART_V3_SYMBOLS_PARAM,
	[SYMBOL_STATUS] = CHART_V3_STATUS_PARAM,
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

struct tickers {
	const struct chart_v3_choice *choice;
	struct chart_head head;
	struct chart_range day; /* of what is folded */
	int64_t settled_us;
	bool full, micro;
};

static const char *value(const PGresult *rows, int row, int column)
{
	return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

static void add_name(struct buf *b, const PGresult *rows, int row)
{
	const char *name = PQgetvalue(rows, row, NAME);

	buf_add_str(b, "{\"symbol\":");
	buf_add_json(b, name, strlen(name));
}

static void add_member(struct buf *b, const char *name, const char *number)
{
	buf_printf(b, ",\"%s\":", name);
	chart_v3_add_text(b, number);
}

static void add_change(struct buf *b, const PGresult *rows, int row)
{
	static const char *const unknown[] = {
		"lastQty", "bidPrice", "bidQty", "askPrice", "askQty"};
	const char *percent = value(rows, row, PERCENT);

	add_member(b, "priceChange", value(rows, row, CHANGE));
	buf_printf(b, ",\"priceChangePercent\":\"%s\"", percent ? percent : "0.000");
	add_member(b, "weightedAvgPrice", value(rows, row, AVERAGE));
	add_member(b, "prevClosePrice", value(rows, row, BEFORE));
	add_member(b, "lastPrice", value(rows, row, CLOSE));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		add_member(b, unknown[i], NULL);
}

static void add_day(struct buf *b, const struct tickers *t, const PGresult *rows, int row)
{
	int64_t trades = value(rows, row, TRADES) ? pg_int(rows, row, TRADES) : 0;
	int64_t last_id = value(rows, row, LAST_ID) ? pg_int(rows, row, LAST_ID) : -1;
	int64_t told_us = value(rows, row, TOLD) ? pg_int(rows, row, TOLD) : -1;

	add_name(b, rows, row);
	if (t->full)
		add_change(b, rows, row);
	add_member(b, "openPrice", value(rows, row, OPEN));
	add_member(b, "highPrice", value(rows, row, HIGH));
	add_member(b, "lowPrice", value(rows, row, LOW));
	if (!t->full)
		add_member(b, "lastPrice", value(rows, row, CLOSE));
	add_member(b, "volume", value(rows, row, VOLUME));
	add_member(b, "quoteVolume", value(rows, row, QUOTE));
	buf_add_str(b, ",\"openTime\":");
	chart_v3_add_time(b, told_us >= 0 ? told_us - DAY_US : t->day.from_us, t->micro);
	buf_add_str(b, ",\"closeTime\":");
	chart_v3_add_time(b, told_us >= 0 ? told_us : t->head.times.as_of_us, t->micro);
	buf_printf(b, ",\"firstId\":%" PRId64 ",\"lastId\":%" PRId64 ",\"count\":%" PRId64 "}",
		last_id < 0 ? -1 : last_id - trades + 1, last_id, trades);
}

static void add_price(struct buf *b, const struct tickers *t, const PGresult *rows, int row)
{
	(void)t;
	add_name(b, rows, row);
	add_member(b, "price", value(rows, row, 2));
	buf_add_char(b, '}');
}

/* An object for one symbol, else a list. Returns how many of them lack a part, by the column `complete` (-1: none has it). */
static size_t print(struct buf *b, const struct tickers *t, const PGresult *rows,
	void (*add)(struct buf *b, const struct tickers *t, const PGresult *rows, int row),
	int complete)
{
	size_t incomplete = 0;
	const char *separator = "";

	if (!t->choice->one)
		buf_add_char(b, '[');
	for (int row = 0; row < PQntuples(rows); row++) {
		if (!chart_v3_shows(t->choice, rows, row))
			continue;
		buf_add_str(b, separator);
		add(b, t, rows, row);
		separator = ",";
		incomplete += complete >= 0 && *PQgetvalue(rows, row, complete) != 't';
	}
	if (!t->choice->one)
		buf_add_char(b, ']');
	return incomplete;
}

static int read_head(struct chart_reader *r, struct tickers *t)
{
	struct chart_times *times = &t->head.times;

	if (chart_head_read_venue(r, &t->head) != 0)
		return -1;
	if (times->as_of_us < 0) {
		times->as_of_us = chart_v3_now(&t->head);
		times->settled_us = times->as_of_us - times->settle_us;
	}
	t->settled_us = clock_floor(times->settled_us, SECOND_US);
	t->day.from_us = clock_floor(times->as_of_us - DAY_US, MINUTE_US);
	t->day.to_us = clock_floor(times->as_of_us, SECOND_US) + AHEAD_US;
	return 0;
}

static int read_days(struct chart_reader *r, const struct tickers *t, PGresult **rows)
{
	struct chart_params p = {0};

	chart_params_text(&p, t->head.venue);
	chart_params_text(&p, chart_v3_names(t->choice));
	chart_params_int(&p, t->day.from_us);
	chart_params_int(&p, t->settled_us);
	chart_params_int(&p, t->day.to_us);
	return chart_reader_plan_by_value(r) != 0
		       ? -1
		       : chart_reader_query(r, "chart_tickers", sql_chart_tickers, &p, rows);
}

static int read_prices(struct chart_reader *r, const struct tickers *t, PGresult **rows)
{
	struct chart_params p = {0};

	chart_params_text(&p, t->head.venue);
	chart_params_text(&p, chart_v3_names(t->choice));
	chart_params_int(&p, t->settled_us);
	chart_params_int(&p, t->day.to_us);
	return chart_reader_plan_by_value(r) != 0
		       ? -1
		       : chart_reader_query(r, "chart_prices", sql_chart_prices, &p, rows);
}

static void answer_day(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_v3_choice choice;
	struct tickers t = {.choice = &choice,
		.full = strcmp(p[TYPE].text, "FULL") == 0,
		.micro = chart_v3_micro(c->rq)};
	PGresult *rows = NULL;

	if (!t.full && strcmp(p[TYPE].text, "MINI") != 0) {
		problem_answer(a, PROBLEM_BAD_TYPE, "Parameter 'type': one of FULL, MINI.");
		return;
	}
	if (chart_v3_choose(&p[SYMBOL], &p[SYMBOLS], &p[SYMBOL_STATUS], &choice, a) != 0)
		return;
	if (chart_reader_begin(r, a) == 0 && read_head(r, &t) == 0 &&
		read_days(r, &t, &rows) == 0 && chart_v3_check(&choice, rows, a) == 0)
		chart_v3_headers(a, &t.head, print(&a->body, &t, rows, add_day, COMPLETE));
	chart_reader_end(r);
	PQclear(rows);
	chart_v3_choice_done(&choice);
}

static void answer_price(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_v3_choice choice;
	struct tickers t = {.choice = &choice};
	PGresult *rows = NULL;

	if (chart_v3_choose(&p[SYMBOL], &p[SYMBOLS], &p[SYMBOL_STATUS], &choice, a) != 0)
		return;
	if (chart_reader_begin(r, a) == 0 && read_head(r, &t) == 0 &&
		read_prices(r, &t, &rows) == 0 && chart_v3_check(&choice, rows, a) == 0)
		chart_v3_headers(a, &t.head, print(&a->body, &t, rows, add_price, -1));
	chart_reader_end(r);
	PQclear(rows);
	chart_v3_choice_done(&choice);
}

const struct chart_endpoint chart_v3_day = {
	.path = "/api/v3/ticker/24hr",
	.summary = "The rolling day of symbols, as Binance answers it.",
	.params = day_table,
	.answer = answer_day,
	.keep = CHART_KEEP_SECOND,
	.schema = "V3Days",
};

const struct chart_endpoint chart_v3_price = {
	.path = "/api/v3/ticker/price",
	.summary = "The last price of symbols, as Binance answers it.",
	.params = price_table,
	.answer = answer_price,
	.keep = CHART_KEEP_SECOND,
	.schema = "V3Prices",
};
