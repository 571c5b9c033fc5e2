/*
 * feed_resolver: the addresses of the exchange's host, looked up on a thread of its own ("resolve"), because a look-up may take
 * as long as the name servers like.
 *
 * One look-up at a time; who asks while one is under way shares its answer. Feed thread.
 */
#pragma once
#include "err.h"
#include <stdint.h>

#define FEED_ADDRESSES_MAX 8
#define FEED_ADDRESS_SIZE 64

struct feed_addresses {
	int count;
	char text[FEED_ADDRESSES_MAX][FEED_ADDRESS_SIZE]; /* numeric, in the resolver's order */
};

enum feed_resolved { FEED_RESOLVE_WAIT, FEED_RESOLVED, FEED_UNRESOLVED };

struct feed_resolver;
/* `host` is lent. `wake` is called with `arg` by the thread, when there is an answer. NULL on error. */
struct feed_resolver *feed_resolver_new(
	const char *host, void (*wake)(void *arg), void *arg, struct err *e);
/* Ends the thread. One that is inside a look-up can't be ended: after 200 ms it is left to itself (detached, the one thread that is:
 * a join could take as long as the name servers like); it calls nobody any more and releases its memory when the look-up ends. */
void feed_resolver_free(struct feed_resolver *r);
/* Asks if *ticket is 0, and sets it. WAIT: no answer yet; else *ticket is 0 again, and `out` is filled or `e` says why not. */
enum feed_resolved feed_resolver_get(
	struct feed_resolver *r, int64_t *ticket, struct feed_addresses *out, struct err *e);
