/*
 * market_emit: makes the texts of what happens on the market and gives them to its output.
 *
 * `!miniTicker@arr` holds the last miniTicker of each symbol that had one since the array before,
 * in the order of the symbols; nobody is given an empty one. Arrays and `@ticker` are made only while they are wanted. One owning thread.
 */
#pragma once
#include "buf.h"
#include "json_slice.h"
#include "market_symbol.h"

#define MARKET_ENDED_NAME "!replayEnded"
#define MARKET_JUMPED_NAME "!replayJumped"
#define MARKET_ARRAY_NAME "!miniTicker@arr"
#define MARKET_ARRAY_OTHER "!miniTicker@arr@1000ms" /* as python-binance asks for it */

struct market_event {
	int64_t at_us;
	struct slice name;   /* stream name; absent: a frame without one */
	struct slice object; /* the event object; absent: a frame that is no object */
	struct slice frame;  /* of a recorded frame: its bytes, else absent */
	bool wrapped;        /* of a recorded frame: it has the combined wrapper */
	bool everyone;       /* goes to all connections: replayEnded, replayJumped */
};

/* Gets every event, in order; slices live during the call. */
struct market_output {
	void *ctx;
	void (*event)(void *ctx, const struct market_event *ev);
	/* Is the stream of this name wanted? Asked of those that are made only then. NULL: only MARKET_ARRAY_NAME is. */
	bool (*wanted)(void *ctx, const char *name);
};

struct market_emit {
	const struct market_output *output; /* NULL: nothing is made */
	struct buf text, array;
};

void market_emit_init(struct market_emit *m);
void market_emit_done(struct market_emit *m);
/* Each at market time `at_us`. */
void market_emit_trade(struct market_emit *m, int64_t at_us, const struct market_symbol *s,
	const struct market_item *item);
/* The symbol's order is complete. */
void market_emit_order(struct market_emit *m, int64_t at_us, const struct market_symbol *s);
void market_emit_kline(struct market_emit *m, int64_t at_us, const struct market_symbol *s,
	const struct market_bar *bar);
/* miniTicker and ticker. E is the end of slot `end_us`. */
void market_emit_ticker(
	struct market_emit *m, int64_t at_us, struct market_symbol *s, int64_t end_us);
void market_emit_array(
	struct market_emit *m, int64_t at_us, struct market_symbol *symbols, size_t count);
void market_emit_frame(struct market_emit *m, int64_t at_us, const struct market_item *item);
/* A jump's or the end's notice. */
void market_emit_notice(struct market_emit *m, const struct market_item *item);
