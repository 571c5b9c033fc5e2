/*
 * feed_subscribe_parts: what feed_subscribe (what is asked for) and feed_subscribe_answer (what the exchange says) share. Nobody
 * else includes it. Feed thread.
 */
#pragma once
#include "feed_subscribe.h"

void feed_subscribe_move(
	struct feed_subscribe *s, struct feed_entry *entry, enum feed_entry_state state);
/* Drops entries that are neither wanted nor subscribed. */
void feed_subscribe_sweep(struct feed_subscribe *s);
