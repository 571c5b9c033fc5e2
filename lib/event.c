#include "event.h"
#include "clock.h"
#include "field.h"
#include <stdlib.h>
#include <string.h>

#define EARLIEST_US 1498867200000000LL /* 2017-07-01: the exchange opened that month */
#define NAME_SIZE 32

struct event_parser { /* what the last text had, by letters */
	struct field_values top, bar;
};

#define TOP(name, letter) FIELD_WANTED(offsetof(struct event_parser, top), name, letter)
#define BAR(name, letter) FIELD_WANTED(offsetof(struct event_parser, bar), name, letter)

/* In the order in which the exchange sends them: so they are found fastest. */
static const struct json_wanted mini_ticker_wanted[] = {TOP("e", 'e'), TOP("E", 'E'), TOP("s", 's'),
	TOP("c", 'c'), TOP("o", 'o'), TOP("h", 'h'), TOP("l", 'l'), TOP("v", 'v'), TOP("q", 'q'),
	{NULL, 0, NULL}};
static const struct json_wanted trade_wanted[] = {TOP("e", 'e'), TOP("E", 'E'), TOP("s", 's'),
	TOP("t", 't'), TOP("p", 'p'), TOP("q", 'q'), TOP("T", 'T'), TOP("m", 'm'), {NULL, 0, NULL}};
static const struct json_wanted agg_trade_wanted[] = {TOP("e", 'e'), TOP("E", 'E'), TOP("s", 's'),
	TOP("a", 'a'), TOP("p", 'p'), TOP("q", 'q'), TOP("f", 'f'), TOP("l", 'l'), TOP("T", 'T'),
	TOP("m", 'm'), {NULL, 0, NULL}};
static const struct json_wanted bar_wanted[] = {BAR("t", 't'), BAR("i", 'i'), BAR("f", 'f'),
	BAR("L", 'L'), BAR("o", 'o'), BAR("c", 'c'), BAR("h", 'h'), BAR("l", 'l'), BAR("v", 'v'),
	BAR("n", 'n'), BAR("x", 'x'), BAR("q", 'q'), BAR("V", 'V'), BAR("Q", 'Q'), {NULL, 0, NULL}};
static const struct json_wanted kline_wanted[] = {TOP("e", 'e'), TOP("E", 'E'), TOP("s", 's'),
	{"k", offsetof(struct event_parser, top) + ('k' - 'A') * sizeof(struct json_value),
		bar_wanted},
	{NULL, 0, NULL}};
static const struct json_wanted *const wanted[STREAM_COUNT] = {
	[STREAM_MINI_TICKER] = mini_ticker_wanted,
	[STREAM_KLINE_1S] = kline_wanted,
	[STREAM_TRADE] = trade_wanted,
	[STREAM_AGG_TRADE] = agg_trade_wanted,
};

/* A decimal member and where it goes. */
struct place {
	const char *name;
	size_t offset;
};

static const struct place mini_ticker_decimals[] = {
	{"c", offsetof(struct event_mini_ticker, close)},
	{"o", offsetof(struct event_mini_ticker, open)},
	{"h", offsetof(struct event_mini_ticker, high)},
	{"l", offsetof(struct event_mini_ticker, low)},
	{"v", offsetof(struct event_mini_ticker, volume)},
	{"q", offsetof(struct event_mini_ticker, quote)},
	{NULL, 0},
};
static const struct place trade_decimals[] = {
	{"p", offsetof(struct event_trade, price)},
	{"q", offsetof(struct event_trade, quantity)},
	{NULL, 0},
};
static const struct place agg_trade_decimals[] = {
	{"p", offsetof(struct event_agg_trade, price)},
	{"q", offsetof(struct event_agg_trade, quantity)},
	{NULL, 0},
};
static const struct place kline_decimals[] = {
	{"o", offsetof(struct event_kline, open)},
	{"c", offsetof(struct event_kline, close)},
	{"h", offsetof(struct event_kline, high)},
	{"l", offsetof(struct event_kline, low)},
	{"v", offsetof(struct event_kline, volume)},
	{"q", offsetof(struct event_kline, quote)},
	{"V", offsetof(struct event_kline, taker_volume)},
	{"Q", offsetof(struct event_kline, taker_quote)},
	{NULL, 0},
};

int64_t event_second_us(const struct event *ev)
{
	switch (ev->kind) {
	case STREAM_MINI_TICKER:
		return clock_floor(ev->event_us, SECOND_US);
	case STREAM_KLINE_1S:
		return ev->kline.open_us;
	case STREAM_TRADE:
		return clock_floor(ev->trade.trade_us, SECOND_US);
	case STREAM_AGG_TRADE:
		return clock_floor(ev->agg_trade.trade_us, SECOND_US);
	case STREAM_COUNT:
		break;
	}
	abort();
}

struct event_parser *event_parser_new(struct err *e)
{
	struct event_parser *p = calloc(1, sizeof(*p));

	if (!p)
		err_set(e, "no memory for an event parser");
	return p;
}

void event_parser_free(struct event_parser *p)
{
	free(p);
}

static int decimals(const struct fields *m, const struct place *p, void *base)
{
	for (; p->name; p++)
		if (field_decimal(m, p->name, (struct decimal *)((char *)base + p->offset)) != 0)
			return -1;
	return 0;
}

static int time_us(const struct fields *m, const char *name, int64_t *out)
{
	int64_t raw;

	if (field_int(m, name, &raw) != 0)
		return -1;
	int64_t us = clock_from_exchange(raw);
	if (us < EARLIEST_US)
		return err_set(m->e, "member '%s%s' is before 2017-07-01: %lld", m->path, name,
			(long long)raw);
	*out = us;
	return 0;
}

static int id(const struct fields *m, const char *name, int64_t *out)
{
	int64_t value;

	if (field_int(m, name, &value) != 0)
		return -1;
	if (value < 0)
		return err_set(m->e, "member '%s%s' is negative", m->path, name);
	*out = value;
	return 0;
}

static int is_named(const struct fields *m, const char *name, const char *expected)
{
	char text[NAME_SIZE];

	if (field_text(m, name, text, sizeof(text)) != 0)
		return -1;
	if (strcmp(text, expected) != 0)
		return err_set(
			m->e, "member '%s%s' is '%s', not '%s'", m->path, name, text, expected);
	return 0;
}

static int trade(const struct fields *m, struct event_trade *t)
{
	if (id(m, "t", &t->id) != 0 || time_us(m, "T", &t->trade_us) != 0 ||
		field_bool(m, "m", &t->buyer_is_maker) != 0)
		return -1;
	return decimals(m, trade_decimals, t);
}

/* An aggregate that was taken back keeps its id and has no trades: f = l = -1, quantity 0. */
static int trade_range(const struct fields *m, struct event_agg_trade *t)
{
	int64_t first, last;

	if (field_int(m, "f", &first) != 0 || field_int(m, "l", &last) != 0)
		return -1;
	if (first == -1 && last == -1) {
		t->first_id = t->last_id = -1;
		return 0;
	}
	if (first < 0)
		return err_set(m->e, "member 'f' is negative");
	if (last < first)
		return err_set(m->e, "member 'l' is below 'f'");
	t->first_id = first;
	t->last_id = last;
	return 0;
}

static int agg_trade(const struct fields *m, struct event_agg_trade *t)
{
	if (id(m, "a", &t->id) != 0 || trade_range(m, t) != 0 ||
		time_us(m, "T", &t->trade_us) != 0 || field_bool(m, "m", &t->buyer_is_maker) != 0)
		return -1;
	return decimals(m, agg_trade_decimals, t);
}

/* `history`: REST's bars and the archive's know how many trades, but not which. */
static int kline(const struct fields *m, const struct field_values *of_bar, bool history,
	struct event_kline *k)
{
	const struct fields bar = {of_bar, "k.", m->e};

	if (field_object(m, "k") != 0 || is_named(&bar, "i", "1s") != 0 ||
		time_us(&bar, "t", &k->open_us) != 0 || id(&bar, "n", &k->trades) != 0 ||
		field_bool(&bar, "x", &k->closed) != 0 || decimals(&bar, kline_decimals, k) != 0)
		return -1;
	if (k->open_us % SECOND_US != 0)
		return err_set(m->e, "member 'k.t' is no whole second");
	bool without = history && !field_exists(&bar, "f") && !field_exists(&bar, "L");
	if (k->trades == 0 || without) {
		k->first_id = k->last_id = -1;
		return 0;
	}
	if (id(&bar, "f", &k->first_id) != 0 || id(&bar, "L", &k->last_id) != 0)
		return -1;
	return k->last_id < k->first_id ? err_set(m->e, "member 'k.L' is below 'k.f'") : 0;
}

/* `version_us`: what stands for an absent E; -1: E must be there. */
static int event_time(const struct fields *m, int64_t version_us, struct event *ev)
{
	if (version_us < 0 || field_exists(m, "E"))
		return time_us(m, "E", &ev->event_us);
	if (ev->kind == STREAM_KLINE_1S && version_us < EARLIEST_US)
		return err_set(m->e,
			"a kline without 'E', and without the header that states its version");
	ev->event_us = version_us;
	return 0;
}

static int read_members(
	const struct event_parser *p, int64_t version_us, struct event *ev, struct err *e)
{
	const struct fields fields = {&p->top, "", e}, *m = &fields;

	if (is_named(m, "e", stream_table[ev->kind].event) != 0 ||
		field_text(m, "s", ev->symbol, sizeof(ev->symbol)) != 0 ||
		event_time(m, version_us, ev) != 0)
		return -1;
	switch (ev->kind) {
	case STREAM_MINI_TICKER:
		return decimals(m, mini_ticker_decimals, &ev->mini_ticker);
	case STREAM_KLINE_1S:
		return kline(m, &p->bar, version_us >= 0, &ev->kline);
	case STREAM_TRADE:
		return trade(m, &ev->trade);
	case STREAM_AGG_TRADE:
		return agg_trade(m, &ev->agg_trade);
	case STREAM_COUNT:
		break;
	}
	abort();
}

static int no_json(const struct event_text *text, struct err *e)
{
	size_t stop = json_scan_stop(text->json, text->len);

	if (stop == text->len)
		return err_set(e, "JSON ends early");
	return err_set(e, "no JSON at byte %zu", stop);
}

static bool is_object(const struct event_text *text)
{
	size_t first = 0;

	while (strchr(" \t\r\n", text->json[first]))
		first++;
	return text->json[first] == '{';
}

static int parse(struct event_parser *p, const struct event_text *text, int64_t version_us,
	struct event *out, struct err *e)
{
	struct event ev = {.kind = text->kind};

	if (json_scan(text->json, text->len, wanted[text->kind], p) < 0)
		return no_json(text, e);
	if (!is_object(text))
		return err_set(e, "JSON, but no object");
	if (read_members(p, version_us, &ev, e) != 0)
		return -1;
	*out = ev;
	return 0;
}

int event_parse(struct event_parser *p, enum stream_kind kind, const char *json, size_t len,
	struct event *out, struct err *e)
{
	const struct event_text text = {kind, json, len};

	return parse(p, &text, -1, out, e);
}

int event_parse_history(struct event_parser *p, const struct event_text *text, int64_t stated_us,
	struct event *out, struct err *e)
{
	bool is_kline = text->kind == STREAM_KLINE_1S;

	return parse(p, text, is_kline && stated_us > 0 ? stated_us : 0, out, e);
}
