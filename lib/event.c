#include "event.h"
#include "clock.h"
#include "field.h"
#include <stdlib.h>
#include <string.h>

#define EARLIEST_US 1498867200000000LL /* 2017-07-01: the exchange opened that month */
#define NAME_SIZE 32

#define MEMBERS_MAX 24 /* of one object */
#define AT(part) offsetof(struct event, part)
#define END(part) (AT(part) + sizeof(((struct event *)NULL)->part))

struct event_parser {
	/* What to look for, and what the last text had, by letters. */
	struct json_wanted wanted[STREAM_COUNT][MEMBERS_MAX], inside[STREAM_COUNT][MEMBERS_MAX];
	struct field_values top, bar;
};

static const struct event_member mini_ticker_members[] = {
	{"c", EVENT_DECIMAL, AT(mini_ticker.close), "close"},
	{"o", EVENT_DECIMAL, AT(mini_ticker.open), "open"},
	{"h", EVENT_DECIMAL, AT(mini_ticker.high), "high"},
	{"l", EVENT_DECIMAL, AT(mini_ticker.low), "low"},
	{"v", EVENT_DECIMAL, AT(mini_ticker.volume), "volume"},
	{"q", EVENT_DECIMAL, AT(mini_ticker.quote), "quote"},
	{.name = NULL},
};
static const struct event_member trade_members[] = {
	{"t", EVENT_COUNT, AT(trade.id), "id"},
	{"p", EVENT_DECIMAL, AT(trade.price), "price"},
	{"q", EVENT_DECIMAL, AT(trade.quantity), "quantity"},
	{"T", EVENT_TIME, AT(trade.trade_us), "trade_us"},
	{"m", EVENT_TRUTH, AT(trade.buyer_is_maker), "buyer_is_maker"},
	{.name = NULL},
};
static const struct event_member agg_trade_members[] = {
	{"a", EVENT_COUNT, AT(agg_trade.id), "id"},
	{"p", EVENT_DECIMAL, AT(agg_trade.price), "price"},
	{"q", EVENT_DECIMAL, AT(agg_trade.quantity), "quantity"},
	{"f", EVENT_INTEGER, AT(agg_trade.first_id), "first_id"},
	{"l", EVENT_INTEGER, AT(agg_trade.last_id), "last_id"},
	{"T", EVENT_TIME, AT(agg_trade.trade_us), "trade_us"},
	{"m", EVENT_TRUTH, AT(agg_trade.buyer_is_maker), "buyer_is_maker"},
	{.name = NULL},
};
static const struct event_member ticker_members[] = {
	{"x", EVENT_DECIMAL, AT(ticker.before), "before"},
	{"c", EVENT_DECIMAL, AT(ticker.close), "close"},
	{"Q", EVENT_DECIMAL, AT(ticker.last_quantity), "last_quantity"},
	{"b", EVENT_DECIMAL, AT(ticker.bid), "bid"},
	{"B", EVENT_DECIMAL, AT(ticker.bid_quantity), "bid_quantity"},
	{"a", EVENT_DECIMAL, AT(ticker.ask), "ask"},
	{"A", EVENT_DECIMAL, AT(ticker.ask_quantity), "ask_quantity"},
	{"o", EVENT_DECIMAL, AT(ticker.open), "open"},
	{"h", EVENT_DECIMAL, AT(ticker.high), "high"},
	{"l", EVENT_DECIMAL, AT(ticker.low), "low"},
	{"v", EVENT_DECIMAL, AT(ticker.volume), "volume"},
	{"q", EVENT_DECIMAL, AT(ticker.quote), "quote"},
	{"O", EVENT_TIME, AT(ticker.open_us), "open_us"},
	{"C", EVENT_TIME, AT(ticker.close_us), "close_us"},
	{"F", EVENT_INTEGER, AT(ticker.first_id), "first_id"},
	{"L", EVENT_INTEGER, AT(ticker.last_id), "last_id"},
	{"n", EVENT_COUNT, AT(ticker.trades), "trades"},
	{.name = NULL},
};
/* Of its object "k". It is kept as the candle. */
static const struct event_member kline_members[] = {
	{"t", EVENT_TIME, AT(kline.open_us), NULL},
	{"i", EVENT_OWN, 0, NULL},
	{"f", EVENT_OWN, 0, NULL},
	{"L", EVENT_OWN, 0, NULL},
	{"o", EVENT_DECIMAL, AT(kline.open), NULL},
	{"c", EVENT_DECIMAL, AT(kline.close), NULL},
	{"h", EVENT_DECIMAL, AT(kline.high), NULL},
	{"l", EVENT_DECIMAL, AT(kline.low), NULL},
	{"v", EVENT_DECIMAL, AT(kline.volume), NULL},
	{"n", EVENT_COUNT, AT(kline.trades), NULL},
	{"x", EVENT_TRUTH, AT(kline.closed), NULL},
	{"q", EVENT_DECIMAL, AT(kline.quote), NULL},
	{"V", EVENT_DECIMAL, AT(kline.taker_volume), NULL},
	{"Q", EVENT_DECIMAL, AT(kline.taker_quote), NULL},
	{.name = NULL},
};

const struct event_form event_forms[STREAM_COUNT] = {
	[STREAM_MINI_TICKER] = {mini_ticker_members, AT(event_us), 0, END(mini_ticker)},
	[STREAM_KLINE_1S] = {kline_members, AT(kline.open_us), 0, END(kline)},
	[STREAM_TRADE] = {trade_members, AT(trade.trade_us), AT(trade.id), END(trade)},
	[STREAM_AGG_TRADE] = {agg_trade_members, AT(agg_trade.trade_us), AT(agg_trade.id),
		END(agg_trade)},
	[STREAM_TICKER] = {ticker_members, AT(event_us), 0, END(ticker)},
};

int64_t event_second_us(const struct event *ev)
{
	return clock_floor(event_time_us(ev), SECOND_US);
}

static struct json_wanted wanted(size_t base, const char *name)
{
	return (struct json_wanted)FIELD_WANTED(base, name, name[0]);
}

static void want(struct event_parser *p, enum stream_kind kind)
{
	static const char *const of_all[] = {"e", "E", "s"};
	struct json_wanted *top = p->wanted[kind];
	size_t base = offsetof(struct event_parser, top);

	for (size_t i = 0; i < sizeof(of_all) / sizeof(of_all[0]); i++)
		*top++ = wanted(base, of_all[i]);
	if (stream_table[kind].says == SAYS_KLINE) {
		*top = wanted(base, "k");
		top->inside = p->inside[kind];
		top = p->inside[kind];
		base = offsetof(struct event_parser, bar);
	}
	for (const struct event_member *m = event_forms[kind].members; m->name; m++)
		*top++ = wanted(base, m->name);
}

struct event_parser *event_parser_new(struct err *e)
{
	struct event_parser *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, "no memory for an event parser");
		return NULL;
	}
	for (int i = 0; i < STREAM_COUNT; i++)
		want(p, (enum stream_kind)i);
	return p;
}

void event_parser_free(struct event_parser *p)
{
	free(p);
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

static int count(const struct fields *m, const char *name, int64_t *out)
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

static int member(const struct fields *m, const struct event_member *of, struct event *ev)
{
	void *out = (char *)ev + of->at;

	switch (of->type) {
	case EVENT_DECIMAL:
		return field_decimal(m, of->name, out);
	case EVENT_COUNT:
		return count(m, of->name, out);
	case EVENT_INTEGER:
		return field_int(m, of->name, out);
	case EVENT_TIME:
		return time_us(m, of->name, out);
	case EVENT_TRUTH:
		return field_bool(m, of->name, out);
	case EVENT_OWN:
		break;
	}
	return 0;
}

static int members(const struct fields *m, struct event *ev)
{
	for (const struct event_member *of = event_forms[ev->kind].members; of->name; of++)
		if (member(m, of, ev) != 0)
			return -1;
	return 0;
}

/* An aggregate that was taken back keeps its id and has no trades: f = l = -1, quantity 0. */
static int check_range(const struct event_agg_trade *t, struct err *e)
{
	if (t->first_id == -1 && t->last_id == -1)
		return 0;
	if (t->first_id < 0)
		return err_set(e, "member 'f' is negative");
	return t->last_id < t->first_id ? err_set(e, "member 'l' is below 'f'") : 0;
}

/* Streams bring bars of a second; history those of any level. */
static int level(const struct fields *bar, bool history, enum ladder *out)
{
	char text[NAME_SIZE];

	if (!history)
		*out = LADDER_1S;
	if (!history)
		return is_named(bar, "i", "1s");
	if (field_text(bar, "i", text, sizeof(text)) != 0)
		return -1;
	int found = ladder_find(text);
	if (found < 0)
		return err_set(bar->e, "member 'k.i' is '%s', which is no stored level", text);
	*out = (enum ladder)found;
	return 0;
}

/* `history`: REST's bars and the archive's know how many trades, but not which. */
static int kline(
	const struct fields *m, const struct field_values *of_bar, bool history, struct event *ev)
{
	const struct fields bar = {of_bar, "k.", m->e};
	struct event_kline *k = &ev->kline;

	if (field_object(m, "k") != 0 || level(&bar, history, &k->level) != 0 ||
		members(&bar, ev) != 0)
		return -1;
	if (k->open_us % ladder_width_us[k->level] != 0)
		return err_set(m->e, "member 'k.t' begins no bar of %s", ladder_name[k->level]);
	bool without = history && !field_exists(&bar, "f") && !field_exists(&bar, "L");
	if (k->trades == 0 || without) {
		k->first_id = k->last_id = -1;
		return 0;
	}
	if (count(&bar, "f", &k->first_id) != 0 || count(&bar, "L", &k->last_id) != 0)
		return -1;
	return k->last_id < k->first_id ? err_set(m->e, "member 'k.L' is below 'k.f'") : 0;
}

/* `version_us`: what stands for an absent E; -1: E must be there. */
static int event_time(const struct fields *m, int64_t version_us, struct event *ev)
{
	if (version_us < 0 || field_exists(m, "E"))
		return time_us(m, "E", &ev->event_us);
	if (stream_table[ev->kind].says == SAYS_KLINE && version_us < EARLIEST_US)
		return err_set(m->e,
			"a kline without 'E', and without the header that states its version");
	ev->event_us = version_us;
	return 0;
}

static int read_members(
	const struct event_parser *p, int64_t version_us, struct event *ev, struct err *e)
{
	const struct fields fields = {&p->top, "", e}, *m = &fields;
	const struct stream *s = &stream_table[ev->kind];

	if (is_named(m, "e", s->event) != 0 ||
		field_text(m, "s", ev->symbol, sizeof(ev->symbol)) != 0 ||
		event_time(m, version_us, ev) != 0)
		return -1;
	if (s->says == SAYS_KLINE)
		return kline(m, &p->bar, version_us >= 0, ev);
	if (members(m, ev) != 0)
		return -1;
	return s->says == SAYS_AGG_TRADE ? check_range(&ev->agg_trade, e) : 0;
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
	const struct event_form *form = &event_forms[text->kind];
	struct event ev; /* beyond the form's end nothing is read of it */

	ev.kind = text->kind;
	if (json_scan(text->json, text->len, p->wanted[text->kind], p) < 0)
		return no_json(text, e);
	if (!is_object(text))
		return err_set(e, "JSON, but no object");
	if (read_members(p, version_us, &ev, e) != 0)
		return -1;
	memcpy(out, &ev, form->bytes);
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
	bool is_kline = stream_table[text->kind].says == SAYS_KLINE;

	return parse(p, text, is_kline && stated_us > 0 ? stated_us : 0, out, e);
}
