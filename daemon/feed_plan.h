/*
 * feed_plan: which connection holds which subscriptions: at most FEED_STREAMS_MAX each, as few connections as that takes.
 *
 * Whoever stays wanted stays where it is; new ones fill what is free, then further connections. Feed thread.
 */
#pragma once
#include "err.h"
#include "feed_subscribe.h"
#include "feed_wants.h"
#include <stdbool.h>
#include <stddef.h>

#define FEED_CONNECTIONS_MAX (FEED_WANTS_MAX / FEED_STREAMS_MAX)

struct feed_plan {
	struct feed_slot {
		struct feed_want *wants;
		size_t count;
		bool changed; /* by the last feed_plan_set */
	} slots[FEED_CONNECTIONS_MAX];
	size_t used; /* the slots behind have never held any */
};

/* At most FEED_WANTS_MAX, none twice. `p` zeroed at first. -1: no memory, nothing changed. */
must_check int feed_plan_set(struct feed_plan *p, const struct feed_want *wants, size_t count);
void feed_plan_done(struct feed_plan *p);
