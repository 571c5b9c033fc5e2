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
#include "market_trades.h"
#include "market_window.h"

#define MARKET_NEVER INT64_MAX

/* As exchangeInfo tells it. */
enum market_status { MARKET_TRADING, MARKET_HALT, MARKET_BREAK };

struct market_pause { /* market time, whole seconds */
	int64_t from_us, to_us;
};

struct market_symbol {
	char name[SYMBOL_SIZE];  /* as in `s` */
	char lower[SYMBOL_SIZE]; /* as in stream names */
	char trade_name[SYMBOL_SIZE + 16];
	char order_name[SYMBOL_SIZE + 16];
	char kline_name[SYMBOL_SIZE + 16];
	char mini_name[SYMBOL_SIZE + 16];
	char ticker_name[SYMBOL_SIZE + 16];
	enum market_status status;
	struct market_pause halt, *hidden; /* the last halt; all times without klines */
	size_t hidden_count;
	/* Not made in halts, and the source's last such order. */
	int64_t trades_halted, orders_halted, order_halted;
	struct market_bars bars;
	struct market_window window;
	struct market_trades trades;
	struct market_order order; /* of the last trade */
	bool order_open;           /* more of it may come */
	struct market_stats stats; /* as the last slot that changed them said */
	int64_t stats_us;          /* end of that slot; -1 = none yet */
	bool stats_told;           /* in an array */
	int64_t last_trade_us;     /* T; -1 = no trade yet */
	int64_t begun_us;          /* where its market time began, or began again behind a jump */
	int64_t close_us;          /* the second whose kline is next; MARKET_NEVER = no trade yet */
	int64_t closed_price; /* of the last closed kline: what a second without trades shows */
	int64_t slot_us;      /* the end of slot that is next */
};

/* The phase of its slots depends on the name alone. */
void market_symbol_init(struct market_symbol *s, const char *name);
const char *market_status_name(enum market_status s); /* "TRADING" "HALT" "BREAK" */
void market_symbol_done(struct market_symbol *s);
/* Market time begins (again) at `t_us`, a whole second. */
void market_symbol_begin(struct market_symbol *s, int64_t t_us);
/* 1: taken, and `t` got its order; 0: too late, a later second or slot was begun or its own is
 * closed; -1: no memory. */
must_check int market_symbol_add(struct market_symbol *s, struct market_trade *t);
/* The bar of the second that is next to close, which must not be MARKET_NEVER; goes on to the
 * second behind it. */
struct market_bar market_symbol_close(struct market_symbol *s);
/* `next` is the symbol's next trade, NULL = none is known. True: an order was open and is now
 * complete. */
bool market_symbol_order_ends(struct market_symbol *s, const struct market_trade *next);
/* The slot that is next ends. True: its statistics changed, `stats` holds them. */
bool market_symbol_slot(struct market_symbol *s);
