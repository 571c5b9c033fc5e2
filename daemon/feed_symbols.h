/*
 * feed_symbols: from the operator's choice and the exchange's list of symbols to what is wanted, on the thread "symbols".
 *
 * The list (/api/v3/exchangeInfo) is fetched at the start, whenever another choice comes, each hour, and more often where a
 * symbol has just stopped trading; so the feed never waits for REST. A choice that names a symbol which the exchange does not
 * trade is refused whole and the one in force stays; the first one goes into force without those symbols. Each of them is an
 * error in the log. While the list can't be had, names count as they stand, with a warning, and patterns wait.
 */
#pragma once
#include "err.h"
#include "feed_wants.h"
#include "settings.h"

struct feed_symbols;
/* Starts the thread. Takes `choice`, also where it fails. `wake` is called on the thread when there is something to take. main's
 * thread. NULL on error. */
struct feed_symbols *feed_symbols_new(const struct settings *s, struct feed_choice *choice,
	void (*wake)(void *arg), void *arg, struct err *e);
/* It ends from now on; feed_symbols_free is still to be called. Any thread. */
void feed_symbols_quit(struct feed_symbols *f);
/* Joins the thread; a transfer under way is given up within a second. */
void feed_symbols_free(struct feed_symbols *f);
/* Another choice, which it takes; the exchange's list is fetched anew. Any thread. */
void feed_symbols_choose(struct feed_symbols *f, struct feed_choice *choice);
/* What is wanted from now on, the caller's; NULL: as before. Feed thread. */
struct feed_wants *feed_symbols_take(struct feed_symbols *f);
