/*
 * market_item: what happens on the model's market, in order: trades, recorded frames, passing
 * time, jumps, the end.
 *
 * A source makes items in order of market time; market.c takes them. An item owns its text.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum market_item_kind {
	MARKET_TRADE,
	MARKET_FRAME, /* a recorded frame that goes out as it is */
	MARKET_TIME,  /* nothing, but the market was known up to here */
	MARKET_JUMP,  /* the recording pauses here; it goes on at `to_us` */
	MARKET_END,
};

struct market_trade {
	int symbol; /* index of the market's symbols */
	int64_t id;
	int64_t order;     /* id of its aggTrade; 0: told by T, price and side */
	int64_t price;     /* 10^-8 */
	__int128 quantity; /* 10^-8 */
	int64_t trade_us;  /* T: whole milliseconds; E is the item's time */
	bool maker;        /* the buyer is the maker */
};

struct market_item {
	enum market_item_kind kind;
	int64_t at_us; /* market time, not before that of the item before */
	int64_t to_us; /* of MARKET_JUMP: a whole second */
	struct market_trade trade;
	/* Owned (malloc). Of a trade: the recorded event object, NULL = to be printed. Of a frame:
	 * the frame, behind it its name if that was made. */
	char *text;
	size_t text_len;
	size_t data_at, data_len; /* of a frame: its event object in `text`; len 0 = it has none */
	size_t name_at, name_len; /* of a frame: its stream name in `text`; len 0 = it has none */
	bool wrapped;             /* of a frame */
};

/* Where items come from. `next` fills `out`: 1: an item; 0: none any more (after MARKET_END);
 * -1: `e` says why. */
struct market_source {
	void *ctx;
	int (*next)(void *ctx, struct market_item *out, struct err *e);
};
