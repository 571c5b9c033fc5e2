/*
 * feed_wants: what is to be collected: each stream that was chosen of each symbol that was chosen and is traded.
 *
 * A choice and the exchange's list of symbols make it. Where the list is not to be had (`catalog` NULL) names count as they
 * stand and patterns match nothing; where it is old, names that it lacks count too. Read-only once made.
 */
#pragma once
#include "err.h"
#include "feed_catalog.h"
#include "feed_choice.h"
#include "stream.h"
#include <stdbool.h>

#define FEED_WANTS_MAX 65536

/* One subscription. */
struct feed_want {
	enum stream_kind stream;
	char symbol
		[SYMBOL_SIZE]; /* as the exchange writes `s`; "": FEED_ARRAY_NAME, of all symbols */
};

struct feed_wants {
	struct feed_choice *choice; /* its own */
	char (*symbols)
		[SYMBOL_SIZE]; /* each once: names as they are listed, then matches by name */
	size_t symbol_count;
	struct feed_want *all; /* by stream, then as `symbols` */
	size_t count;
	bool checked; /* against a list of the exchange */
};

/* NULL: no memory, or more than FEED_WANTS_MAX subscriptions. */
struct feed_wants *feed_wants_new(const struct feed_choice *c, const struct feed_catalog *catalog,
	bool catalog_is_old, struct err *e);
void feed_wants_free(struct feed_wants *w);

/* Looks from entry `*i` on for a name that is to be collected but is not traded, and steps behind it. `status`: what the
 * exchange says of it, NULL if it does not know it. NULL: no further one. */
const struct feed_choice_entry *feed_wants_fault(const struct feed_choice *c,
	const struct feed_catalog *catalog, size_t *i, const char **status);
