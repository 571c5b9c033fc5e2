/*
 * feed_dial: when a connection may be tried, and at which address: the back-off after a loss, the look-up of the host's name,
 * one of its addresses after the other, and the limit of attempts. Feed thread; never blocks.
 */
#pragma once
#include "feed_attempts.h"
#include "feed_backoff.h"
#include "feed_resolver.h"
#include "feed_socket.h"

struct feed_dial {
	struct feed_backoff backoff;
	struct feed_resolver *resolver; /* lent */
	struct feed_attempts *attempts; /* lent; shared by all connections */
	int64_t ticket;                 /* of a look-up under way; 0 = none */
	struct feed_addresses addresses;
	int next;              /* address to be tried next */
	int64_t not_before_us; /* monotonic */
};

void feed_dial_init(struct feed_dial *d, struct feed_resolver *resolver,
	struct feed_attempts *attempts, uint64_t seed);
/* The address to connect to now, valid until the next call, counted as an attempt; NULL: not now. Monotonic time. */
const char *feed_dial_address(struct feed_dial *d, int64_t now_us);
/* The connection was lost, or the attempt failed: the next address follows at once if there is one and the server said nothing;
 * else everything anew after the back-off. */
void feed_dial_lost(struct feed_dial *d, const struct feed_socket_closed *why, int64_t now_us);
/* Data came. */
void feed_dial_good(struct feed_dial *d, int64_t now_us);
