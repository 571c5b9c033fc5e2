/*
 * catalog_to_pg: the arrow from the exchange's list of symbols (/api/v3/exchangeInfo, Binance's documentation) into PostgreSQL, on the thread
 * "catalog", so that pricegraph-chart can answer with the rules of each symbol.
 *
 * The list is fetched at the start and each hour; each symbol's object is stored byte for byte, whether it is collected or not, and one that the list
 * lacks is deleted. Where the exchange or PostgreSQL is away what is stored stays, and it is tried again, at most each ten minutes.
 */
#pragma once
#include "err.h"
#include "settings.h"

struct catalog_to_pg;
/* Starts the thread; `s` must outlive it. NULL: `e` says why. */
struct catalog_to_pg *catalog_to_pg_start(const struct settings *s, struct err *e);
/* It ends from now on; catalog_to_pg_stop is still to be called. NULL is fine. */
void catalog_to_pg_quit(struct catalog_to_pg *c);
/* Joins the thread; a transfer under way is given up within a second. NULL is fine. */
void catalog_to_pg_stop(struct catalog_to_pg *c);
