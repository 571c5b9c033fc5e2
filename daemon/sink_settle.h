/*
 * sink_settle: T advanced → seconds that are settled now are written, the minutes that are over too, and the bars above them that are
 * over are folded. Seconds that lie SINK_SKEW_US behind the furthest stream and still wait for another one are spilled: the database has their raw
 * rows, and makes them of these. Sink thread.
 */
#pragma once
#include "sink_batch.h"
#include "sink_state.h"

/* Every symbol of the partition; spills too. */
void sink_settle_partition(struct sink_state *st, struct sink_batch *b, int partition);
/* Spills only: for control records that are read again. */
void sink_settle_spill(struct sink_state *st, struct sink_batch *b, int partition);
/* One symbol, which nobody listens to. */
void sink_settle_symbol(struct sink_batch *b, struct sink_symbol *sy, int64_t settled_us);
/* The settled second `open_us` changed: folds the stored bars above it again, as far as they were over when the batch was sealed.
 * The others are folded at their end anyway. Writer's thread. */
void sink_settle_refold(struct sink_batch *b, const struct sink_symbol *sy, int64_t open_us);
/* Folds the bars from `level` on that hold `open_us` and are over at `settled_us`. */
void sink_settle_fold(struct sink_batch *b, const struct sink_symbol *sy, enum ladder level,
	int64_t open_us, int64_t settled_us);
