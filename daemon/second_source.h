/*
 * second_source: seconds of the past, each with everything that the raw rows know of it, computed by lib/second.
 *
 * The one way in which a second is computed anew: by the sink when something comes late, by a rebuild, by the withdrawal of a correction. One
 * owning thread; blocks on PostgreSQL; reads within the caller's transaction.
 */
#pragma once
#include "pg.h"
#include "second.h"

struct second_known {
	struct second second;
	const char *symbol; /* lent until it is read */
	struct candle
		stored; /* of kline rank or above; open_us 0: there is none, or it was not asked for */
};

struct second_source {
	struct second_known *v; /* as added */
	size_t count, room;
	/* What a query asks for: parallel arrays, and which seconds they are. */
	struct buf symbols, starts;
	struct second_known **asked;
	size_t asked_count;
	int64_t decided; /* seconds so far that what is stored decided */
};

void second_source_init(struct second_source *s, size_t max_bytes);
void second_source_done(struct second_source *s);
/* Empty again; keeps the memory. */
void second_source_reset(struct second_source *s);
/* A second of a symbol (lent), about which nothing is known yet; lent until the next one is added. NULL: no memory. */
struct second *second_source_add(
	struct second_source *s, const char *symbol, int64_t second_us, struct err *e);
/* Takes in the raw rows of the seconds. With `stored` first the stored candles of kline rank and above, since a kline is its own raw row: of a second
 * that they decide, or a late kline does, no raw row is looked up. */
must_check enum pg_failure second_source_read(
	struct second_source *s, struct pg *pg, const char *venue, bool stored, struct err *e);
/* A stored candle from 14 columns of a row: open, high, low, close, volume (NULL: none is known), quote, taker volumes, trades, ids (-1: none), origin,
 * closed, version. -1: a number is out of range. */
must_check int second_source_candle(
	const PGresult *r, int row, int column, int64_t open_us, struct candle *out);
