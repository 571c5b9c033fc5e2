/*
 * sink_write: what the pieces of one transaction share. A plain value that lives while the transaction runs. Sink thread.
 */
#pragma once
#include "pg.h"
#include "sink_batch.h"
#include "sink_state.h"

struct sink_write {
	struct pg *pg;
	const char *token; /* the sink's, in partition.owner */
	struct sink_state *st;
	struct sink_batch *batch;
	int64_t revisions[TOPIC_PARTITIONS]; /* of this commit */
	bool all_slow;                       /* every row may be a repeat */
};
