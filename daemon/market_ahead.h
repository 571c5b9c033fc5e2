/*
 * market_ahead: the items of a source that were read ahead of market time, in order, with the
 * trades of each symbol linked.
 *
 * Memory: the items of the time asked for, at most AHEAD_ITEMS_MAX. One owning thread.
 */
#pragma once
#include "err.h"
#include "market_item.h"
#include <stddef.h>
#include <stdint.h>

#define AHEAD_ITEMS_MAX (1u << 20)

struct market_ahead_entry;
struct market_ahead {
	struct market_source source;
	struct market_ahead_entry *ring; /* entry n is ring[n % room]; numbers begin at 1 */
	uint64_t first, next, room;
	struct market_ahead_symbol {
		uint64_t first, last; /* its trades in the ring; 0 = none */
	} * symbols;
	bool ended; /* the source is */
};

must_check int market_ahead_init(
	struct market_ahead *a, struct market_source source, size_t symbols);
void market_ahead_done(struct market_ahead *a);
/* Reads until an item at `until_us` or later is known. -1: the source failed or no memory. */
must_check int market_ahead_fill(struct market_ahead *a, int64_t until_us, struct err *e);
/* The next item, lent; NULL: none is known. */
const struct market_item *market_ahead_peek(const struct market_ahead *a);
/* Takes the next item out; its text is the caller's. There must be one. */
struct market_item market_ahead_take(struct market_ahead *a);
/* The symbol's next trade, lent; NULL: none is known. */
const struct market_trade *market_ahead_coming(const struct market_ahead *a, size_t symbol);
