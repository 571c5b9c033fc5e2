#include "history_row.h"
#include "clock.h"
#include "decimal.h"
#include <stdlib.h>
#include <string.h>

#define EARLIEST_US 1498867200000000LL /* 2017-07-01: the exchange is not older */
#define INT64_DIGITS 18

enum column_type { DECIMAL, INTEGER, TIME, TRUTH, ANY };

/* `member`: what the event calls it; NULL: the event has no such member, or it stands elsewhere. */
struct column {
	const char *name, *member;
	enum column_type type;
};

static const struct column kline_columns[] = {
	{"open time", "t", TIME},
	{"open", "o", DECIMAL},
	{"high", "h", DECIMAL},
	{"low", "l", DECIMAL},
	{"close", "c", DECIMAL},
	{"volume", "v", DECIMAL},
	{"close time", "T", TIME},
	{"quote volume", "q", DECIMAL},
	{"trades", "n", INTEGER},
	{"taker volume", "V", DECIMAL},
	{"taker quote volume", "Q", DECIMAL},
};
static const struct column agg_trade_columns[] = {
	{"id", "a", INTEGER},
	{"price", "p", DECIMAL},
	{"quantity", "q", DECIMAL},
	{"first trade id", "f", INTEGER},
	{"last trade id", "l", INTEGER},
	{"time", "T", TIME},
	{"buyer is maker", "m", TRUTH},
};
static const struct column trade_columns[] = {
	{"id", "t", INTEGER},
	{"price", "p", DECIMAL},
	{"quantity", "q", DECIMAL},
	{"quote quantity", NULL, ANY},
	{"time", "T", TIME},
	{"buyer is maker", "m", TRUTH},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct column *columns_of(enum stream_kind kind, size_t *count)
{
	switch (kind) {
	case STREAM_KLINE_1S:
		*count = COUNT(kline_columns);
		return kline_columns;
	case STREAM_AGG_TRADE:
		*count = COUNT(agg_trade_columns);
		return agg_trade_columns;
	case STREAM_TRADE:
		*count = COUNT(trade_columns);
		return trade_columns;
	default: /* the others' past can't be had */
		abort();
	}
}

/* Digits, a minus before them if `negative`. */
static int integer(const struct history_text *t, int64_t *out)
{
	bool minus = t->len > 0 && t->at[0] == '-';
	size_t i = minus ? 1 : 0;
	int64_t n = 0;

	if (t->len == i || t->len - i > INT64_DIGITS)
		return -1;
	for (; i < t->len; i++) {
		if (t->at[i] < '0' || t->at[i] > '9')
			return -1;
		n = n * 10 + (t->at[i] - '0');
	}
	*out = minus ? -n : n;
	return 0;
}

static bool is(const struct history_text *t, const char *text)
{
	return t->len == strlen(text) && memcmp(t->at, text, t->len) == 0;
}

/* JSON's or Python's. */
static int truth(const struct history_text *t, bool *out)
{
	bool yes = is(t, "true") || is(t, "True") || is(t, "TRUE");

	if (!yes && !is(t, "false") && !is(t, "False") && !is(t, "FALSE"))
		return -1;
	*out = yes;
	return 0;
}

static int check_decimal(const struct column *c, const struct history_text *t, struct err *e)
{
	struct decimal d;

	if (decimal_parse(&d, t->at, t->len) < 0)
		return err_set(e, "%s: '%.*s' is no decimal", c->name,
			(int)(t->len > 40 ? 40 : t->len), t->at);
	return d.units < 0 ? err_set(e, "%s: '%.*s' is negative", c->name, (int)t->len, t->at) : 0;
}

static int check(const struct column *c, const struct history_text *t, struct err *e)
{
	int shown = (int)(t->len > 40 ? 40 : t->len);
	int64_t n;
	bool yes;

	switch (c->type) {
	case DECIMAL:
		return check_decimal(c, t, e);
	case INTEGER:
		return integer(t, &n) == 0
			       ? 0
			       : err_set(e, "%s: '%.*s' is no whole number", c->name, shown, t->at);
	case TIME:
		if (integer(t, &n) == 0 && clock_from_exchange(n) >= EARLIEST_US)
			return 0;
		return err_set(e, "%s: '%.*s' is no time since July 2017", c->name, shown, t->at);
	case TRUTH:
		return truth(t, &yes) == 0 ? 0
					   : err_set(e, "%s: '%.*s' is neither true nor false",
						     c->name, shown, t->at);
	case ANY:
		break;
	}
	return 0;
}

static int64_t number_at(const struct history_text *columns, size_t i)
{
	int64_t n = -1;

	return integer(&columns[i], &n) == 0 ? n : -1;
}

/* The interval whose bar from `open_us` closes just then; NULL: none. */
static const struct interval *of_close(int64_t open_us, const struct history_text *close)
{
	int64_t n = number_at(close, 0), unit_us = clock_from_exchange(n) == n ? 1 : MS_US;

	for (size_t i = 0; i < INTERVAL_COUNT; i++)
		if (interval_table[i].width_us &&
			clock_from_exchange(n) + unit_us == open_us + interval_table[i].width_us)
			return &interval_table[i];
	return NULL;
}

/* A bar of another length would be stored as one of this. Bars that a halt cut short close early (BINANCE.md 8, 12): any time within is good, but
 * not that of another interval. */
static int check_length(const struct history_row *r, struct err *e)
{
	const char *name = ladder_name[r->kind.level];
	int64_t close_us = clock_from_exchange(number_at(r->columns, 6));
	const struct interval *of = of_close(r->time_us, &r->columns[6]);

	if (r->time_us % ladder_width_us[r->kind.level] != 0)
		return err_set(e, "open time: no bar of %s begins then", name);
	if (of && of->width_us != ladder_width_us[r->kind.level])
		return err_set(e, "close time: the bar is one of %s, not of %s", of->name, name);
	if (close_us < r->time_us || close_us >= r->end_us)
		return err_set(e, "close time: not within a bar of %s", name);
	return 0;
}

static int read_kline(struct history_row *r, struct err *e)
{
	r->time_us = clock_from_exchange(number_at(r->columns, 0));
	r->end_us = r->time_us + ladder_width_us[r->kind.level];
	r->trades = number_at(r->columns, 8);
	if (check_length(r, e) < 0)
		return -1;
	return r->trades < 0 ? err_set(e, "trades: negative") : 0;
}

static int read_agg_trade(struct history_row *r, struct err *e)
{
	int64_t first = number_at(r->columns, 3), last = number_at(r->columns, 4);

	r->id = number_at(r->columns, 0);
	r->time_us = r->end_us = clock_from_exchange(number_at(r->columns, 5));
	if (r->id < 0)
		return err_set(e, "id: negative");
	if (first < -1 || last < first || (first == -1) != (last == -1))
		return err_set(
			e, "trade ids: from %lld to %lld", (long long)first, (long long)last);
	return 0;
}

static int read_trade(struct history_row *r, struct err *e)
{
	r->id = number_at(r->columns, 0);
	r->time_us = r->end_us = clock_from_exchange(number_at(r->columns, 4));
	return r->id < 0 ? err_set(e, "id: negative") : 0;
}

int history_row_read(struct given_kind kind, const struct history_text *columns, size_t count,
	struct history_row *out, struct err *e)
{
	struct history_row r = {.kind = kind, .id = -1, .columns = columns};
	size_t least;
	const struct column *c = columns_of(kind.stream, &least);
	int rc;

	if (count < least)
		return err_set(e, "%zu columns, %zu are due", count, least);
	for (size_t i = 0; i < least; i++)
		if (check(&c[i], &columns[i], e) < 0)
			return -1;
	rc = kind.stream == STREAM_KLINE_1S    ? read_kline(&r, e)
	     : kind.stream == STREAM_AGG_TRADE ? read_agg_trade(&r, e)
					       : read_trade(&r, e);
	if (rc == 0)
		*out = r;
	return rc;
}

static void add_column(struct buf *out, const struct column *c, const struct history_text *t)
{
	bool yes = false;

	if (!c->member)
		return;
	buf_printf(out, ",\"%s\":", c->member);
	switch (c->type) {
	case DECIMAL:
		buf_add_char(out, '"');
		buf_add(out, t->at, t->len);
		buf_add_char(out, '"');
		break;
	case TRUTH:
		buf_add_str(out, truth(t, &yes) == 0 && yes ? "true" : "false");
		break;
	case INTEGER:
	case TIME:
	case ANY:
		buf_add_int(out, number_at(t, 0)); /* without zeros that JSON forbids */
		break;
	}
}

void history_row_format(const struct history_row *r, const char *symbol, struct buf *out)
{
	size_t count;
	const struct column *c = columns_of(r->kind.stream, &count);

	buf_printf(out, "{\"e\":\"%s\",\"s\":", stream_table[r->kind.stream].event);
	buf_add_json(out, symbol, strlen(symbol));
	if (r->kind.stream == STREAM_KLINE_1S)
		buf_printf(out, ",\"k\":{\"i\":\"%s\",\"x\":true", ladder_name[r->kind.level]);
	for (size_t i = 0; i < count; i++)
		add_column(out, &c[i], &r->columns[i]);
	buf_add_str(out, r->kind.stream == STREAM_KLINE_1S ? "}}" : "}");
}
