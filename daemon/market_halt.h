/*
 * market_halt: what can happen to a symbol besides trading: halts, and bars that are restated.
 *
 * In a halt nobody trades: the source's trades of that time are left out, and the ids behind it go
 * on without a hole. Without rows there are no klines and no miniTickers of that time either, as
 * it was on 2023-03-24. One owning thread.
 */
#pragma once
#include "market_symbol.h"

/* Nobody trades from `from_us` (a whole second, not before what has happened) to `to_us`
 * (MARKET_NEVER: ever again). -1: no memory, nothing changed. */
must_check int market_halt(
	struct market_symbol *s, struct market_pause span, bool rows, enum market_status status);
/* Is this trade of the source left out? Else it gets the ids that it has behind halts. */
bool market_halt_takes(struct market_symbol *s, struct market_item *item);
/* The same for a trade that is still to come, which is not counted. False: it will be left out. */
bool market_halt_next(const struct market_symbol *s, struct market_trade *next);
/* It is `now_us`: a halt that is over ends. */
void market_halt_tick(struct market_symbol *s, int64_t now_us);
/* Are there no klines of all of [from_us, to_us)? */
bool market_hidden(const struct market_symbol *s, int64_t from_us, int64_t to_us);
/* Volumes of the seconds in the span times `millionths`, and of the minutes with them. */
void market_restate(struct market_symbol *s, struct market_pause span, int64_t millionths);
