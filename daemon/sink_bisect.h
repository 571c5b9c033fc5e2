/*
 * sink_bisect: how large a batch may be, so that a record that the database refuses is found and goes to quarantine alone.
 *
 * A refused batch is thrown away, the state rebuilt, and the same range taken again by batches of half the size, until one record is
 * left. What is not refused is committed on the way. Sink thread.
 */
#pragma once
#include "sink_batch.h"
#include "sink_refused.h"

struct sink_bisect {
	size_t full, limit; /* records of a batch: as set, and now */
	size_t suspects;    /* records still to be committed of the range that was refused */
	struct sink_refused refused; /* outlives the state */
};

void sink_bisect_init(struct sink_bisect *s, size_t full);
void sink_bisect_done(struct sink_bisect *s);
void sink_bisect_committed(struct sink_bisect *s, size_t records);
/* The database refused the sealed batch, and why. 0: rebuild the state and go on. -1: what it refuses is no record that could be
 * quarantined (a control record), or no memory; `e` says so. */
must_check int sink_bisect_refused(
	struct sink_bisect *s, const struct sink_batch *b, const char *reason, struct err *e);
