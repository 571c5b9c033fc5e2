/*
 * sink_others: what other writers (corrections, rebuilds) changed in the past, found in the database once a second, so that the meta topic tells
 * of it: only the sink publishes.
 *
 * In a partition revisions rise in commit order, so what is above the greatest that was seen there is all that is new. Sink thread, while
 * the writer has no batch; blocks on PostgreSQL.
 */
#pragma once
#include "pg.h"
#include "sink_state.h"

struct sink_others {
	int64_t last_mono_us;
	int64_t seen[TOPIC_PARTITIONS]; /* greatest settled revision that was read */
};

/* Forgets what was seen: the next look reads every symbol. */
void sink_others_reset(struct sink_others *o);
/* Once a second: raises settled_revision of the symbols that others changed. */
must_check enum pg_failure sink_others_look(
	struct sink_others *o, struct pg *pg, struct sink_state *st, struct err *e);
