/*
 * feed_wants: what is to be collected: each stream of [feed] streams of each symbol of [feed] symbols. Read-only once made.
 */
#pragma once
#include "err.h"
#include "feed_subscribe.h"
#include "settings.h"
#include <stdbool.h>

struct feed_wants {
	struct feed_want *
		all; /* by stream, then as the symbols are listed; symbols are lent by the settings */
	size_t count;
	bool streams[STREAM_COUNT];
};

/* A name that comes twice counts once. -1: nothing to collect, an unknown stream, or a symbol that is no text of 1 to 63
 * bytes; `e` names it. */
must_check int feed_wants_init(struct feed_wants *w, const struct settings *s, struct err *e);
void feed_wants_done(struct feed_wants *w);
