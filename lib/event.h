/*
 * event: the exchange's event objects, read into plain values (payloads: Binance's documentation of the spot streams).
 *
 * Unknown members are ignored; a missing or ill-typed one is an error that names it; decimals must
 * be JSON strings, times JSON integers (ms or µs). Used by the sink and the cache on the values of
 * Kafka records, so that both see the same thing. A parser belongs to one thread and re-uses its
 * memory. Member names written with escapes are unknown ones.
 */
#pragma once
#include "decimal.h"
#include "err.h"
#include "interval.h"
#include "stream.h"
#include <stdbool.h>
#include <stdint.h>

/* With '\0'; symbols are UTF-8, upper case where ASCII, any length below this. */
#define SYMBOL_SIZE 64

struct event_mini_ticker { /* rolling 24 h; v and q are no traded volume of this second */
	struct decimal close, open, high, low, volume, quote;
};

struct event_trade {
	int64_t id;
	int64_t trade_us; /* T: market time */
	struct decimal price, quantity;
	bool buyer_is_maker;
};

struct event_agg_trade { /* trades of one taker order at one price */
	int64_t id;      /* a */
	int64_t first_id,
		last_id;  /* trade ids f..l; -1, -1: the exchange took it back, no trade is in it */
	int64_t trade_us; /* T: market time */
	struct decimal price, quantity;
	bool buyer_is_maker;
};

struct event_kline {
	int64_t open_us;
	enum ladder level; /* whose bar it is: of streams LADDER_1S */
	struct decimal open, high, low, close, volume, quote, taker_volume, taker_quote;
	int64_t trades, first_id,
		last_id; /* ids -1 when trades == 0, and of history that does not know them */
	bool closed;
};

struct event_ticker { /* rolling 24 h; what follows from the others (p, P, w) is not kept */
	struct decimal before, close, last_quantity, bid, bid_quantity, ask, ask_quantity, open,
		high, low, volume, quote;
	int64_t open_us, close_us;
	int64_t first_id, last_id, trades; /* ids -1: nobody traded */
};

struct event {
	enum stream_kind kind;
	char symbol[SYMBOL_SIZE];
	int64_t event_us; /* E; 0: history without it */
	union {
		struct event_mini_ticker mini_ticker;
		struct event_trade trade;
		struct event_agg_trade agg_trade;
		struct event_kline kline;
		struct event_ticker ticker;
	};
};

enum event_member_type {
	EVENT_DECIMAL, /* in a string, not negative */
	EVENT_COUNT,   /* an integer, not negative; also an id */
	EVENT_INTEGER,
	EVENT_TIME, /* ms or µs, not before 2017-07 */
	EVENT_TRUTH,
	EVENT_OWN, /* found for the rules that the stream has of its own */
};

struct event_member {
	const char *name; /* one letter, as the exchange has it; NULL ends a list */
	enum event_member_type type;
	size_t at;          /* in struct event */
	const char *column; /* of the stream's raw table; NULL: is not kept there */
};

/* What the events of a stream consist of beside e, E and s. */
struct event_form {
	const struct event_member *members; /* in the exchange's order: so they are found fastest */
	size_t time_at,
		id_at; /* of market time and of the id, in struct event; id_at 0: has none */
	size_t bytes;  /* how much of a struct event it fills, from the beginning */
};

#define EVENT_PART_AT offsetof(struct event, mini_ticker) /* before it what all streams have */

extern const struct event_form event_forms[STREAM_COUNT]; /* index = kind */

static inline int64_t event_int_at(const struct event *ev, size_t at)
{
	return *(const int64_t *)(const void *)((const char *)ev + at);
}

/* Market time: of trades T, of klines the open time, of others E. */
static inline int64_t event_time_us(const struct event *ev)
{
	return event_int_at(ev, event_forms[ev->kind].time_at);
}

/* Greater for what came later on the exchange: the id, or without one the time. */
static inline int64_t event_order(const struct event *ev)
{
	const struct event_form *f = &event_forms[ev->kind];

	return event_int_at(ev, f->id_at ? f->id_at : f->time_at);
}

/* The second of market time that the event belongs to. */
int64_t event_second_us(const struct event *ev);

struct event_parser;
struct event_parser *event_parser_new(struct err *e);
void event_parser_free(struct event_parser *p);
/* Parses one event object of the given kind, the whole of `len` bytes. Event times before
 * 2017-07-01 are errors. -1: `e` says why, `out` untouched. */
must_check int event_parse(struct event_parser *p, enum stream_kind kind, const char *json,
	size_t len, struct event *out, struct err *e);
/* One event object as a `.history` topic holds it: the same, but `E` may be absent, and of a kline `f` and `L`. `stated_us` is the record's header: the
 * version of a kline without `E`, which must then be there (> 0); of other kinds unused. A kline may be a bar of any level of the ladder. */
struct event_text {
	enum stream_kind kind;
	const char *json;
	size_t len;
};
must_check int event_parse_history(struct event_parser *p, const struct event_text *text,
	int64_t stated_us, struct event *out, struct err *e);
