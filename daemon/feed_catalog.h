/*
 * feed_catalog: the symbols that the exchange has, with their status, from /api/v3/exchangeInfo (Binance's documentation).
 *
 * Read-only once made, then any thread.
 */
#pragma once
#include "err.h"
#include "event.h"
#include <stdbool.h>
#include <stddef.h>

#define FEED_STATUS_SIZE 24
#define FEED_CATALOG_MAX 100000

struct feed_catalog_symbol {
	char name[SYMBOL_SIZE];
	char status[FEED_STATUS_SIZE]; /* "TRADING", "BREAK", ... */
};

struct feed_catalog {
	struct feed_catalog_symbol *symbols; /* sorted by name */
	size_t count;
};

/* From the answer's body. Symbols whose name is no text of 1 to 63 bytes are left out; other members are passed over. NULL: no
 * such answer, or one without symbols; `e` says what is wrong. */
struct feed_catalog *feed_catalog_new(const char *json, size_t len, struct err *e);
void feed_catalog_free(struct feed_catalog *c);
/* NULL: there is no such symbol. */
const struct feed_catalog_symbol *feed_catalog_find(const struct feed_catalog *c, const char *name);
/* It trades, or is halted: that ends, and who does not listen then misses what follows. The others (BREAK) are taken off, or not on yet. */
bool feed_catalog_is_listed(const struct feed_catalog_symbol *s);
