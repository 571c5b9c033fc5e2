/*
 * given: what can be given of the past, and the in-band records by which import and back-fill by hand tell the sink that a stretch of it is there
 * whole, or that there is nothing in it: JSON in the `.history` topic that brings its rows, in the symbol's partition behind them, without
 * key, header "control" = "given".
 *
 * Plain values; any thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "event.h"
#include "interval.h"
#include <stdint.h>

#define GIVEN_HEADER_VALUE "given" /* of the header CONTROL_HEADER */
#define GIVEN_REASON_SIZE 100

struct given_kind {
	enum stream_kind stream; /* one that has a history */
	enum ladder level;       /* of kline_1s: whose bars; else LADDER_1S */
};

struct given {
	char symbol[SYMBOL_SIZE];
	struct given_kind kind;
	int64_t from_us,
		to_us; /* bars that open in [from, to); of trades from the first to the last */
	int64_t first_id, last_id;      /* of trades; of bars -1 */
	char reason[GIVEN_REASON_SIZE]; /* why there is nothing in it; "": everything is */
};

/* "kline_1s" "kline_1m" "kline_1h" "kline_1d" "trade" "aggTrade" */
const char *given_kind_name(struct given_kind k);
/* Appends the JSON text. Times are integer µs. */
void given_format(const struct given *g, struct buf *out);
/* Whether it is such a record at all, and not another of the history topics (fill). */
bool given_is(const char *json, size_t len);
/* -1: `e` names the member, `out` untouched. */
must_check int given_parse(struct given *out, const char *json, size_t len, struct err *e);
