/*
 * sink_write: what the pieces of one transaction share. A plain value that lives while the transaction runs. Writer's thread.
 */
#pragma once
#include "pg.h"
#include "sink_batch.h"
#include "sink_state.h"

#define REVISION_UNKNOWN (-1)

enum sink_horizon { HORIZON_RAW, HORIZON_1S, HORIZON_1M, HORIZON_1H, HORIZON_1D, HORIZON_COUNT };

struct sink_write {
	struct pg *pg;
	const char *token;           /* the sink's, in partition.owner */
	const struct sink_state *st; /* only venue and epoch: the rest may change meanwhile */
	struct sink_batch *batch;
	int64_t revisions[TOPIC_PARTITIONS]; /* of this commit */
	int64_t known_revisions
		[TOPIC_PARTITIONS]; /* of our last commit there; REVISION_UNKNOWN: of nobody's */
	int64_t foreign_us[TOPIC_PARTITIONS]; /* no candle that others wrote begins behind it */
	int64_t horizons_us[HORIZON_COUNT];   /* below them nothing is kept; 0: everything is */
	struct buf *changed;                  /* struct sink_symbol *: those marked so */
	bool all_slow;                        /* every row may be a repeat */
};

/* Something settled of the symbol changes with this transaction, from `open_us` on at the earliest (INT64_MAX: no candle). */
void sink_write_changed(const struct sink_write *to, struct sink_symbol *sy, int64_t open_us);
