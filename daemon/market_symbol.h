/*
 * market_symbol: one symbol of the market: its bars, its 24 h statistics, and what of them is to
 * be said next.
 *
 * One owning thread.
 */
#pragma once
#include "event.h"
#include "market_bars.h"
#include "market_item.h"
#include "market_window.h"

#define MARKET_NEVER INT64_MAX

struct market_symbol {
	char name[SYMBOL_SIZE];  /* as in `s` */
	char lower[SYMBOL_SIZE]; /* as in stream names */
	char trade_name[SYMBOL_SIZE + 16];
	char kline_name[SYMBOL_SIZE + 16];
	char ticker_name[SYMBOL_SIZE + 16];
	struct market_bars bars;
	struct market_window window;
	int64_t last_trade_us; /* T; -1 = no trade yet */
	int64_t begun_us;      /* where its market time began, or began again behind a jump */
	int64_t close_us;      /* the second whose kline is next; MARKET_NEVER = no trade yet */
	int64_t closed_price;  /* of the last closed kline: what a second without trades shows */
	int64_t slot_us;       /* the end of slot that is next */
};

/* The phase of its slots depends on the name alone. */
void market_symbol_init(struct market_symbol *s, const char *name);
void market_symbol_done(struct market_symbol *s);
/* Market time begins (again) at `t_us`, a whole second. */
void market_symbol_begin(struct market_symbol *s, int64_t t_us);
/* 1: taken; 0: too late, a later second or slot was begun or its own is closed; -1: no memory. */
must_check int market_symbol_add(struct market_symbol *s, const struct market_trade *t);
/* The bar of the second that is next to close, which must not be MARKET_NEVER; goes on to the
 * second behind it. */
struct market_bar market_symbol_close(struct market_symbol *s);
/* The slot that is next ends. True: its statistics changed, `out` holds them. */
bool market_symbol_slot(struct market_symbol *s, struct market_stats *out);
