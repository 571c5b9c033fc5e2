/*
 * sink_bars: the bars above the second: minutes that are over → COPY, as they were folded in memory; what memory can't know →
 * fold_1m, fold_1h, fold_1d in the database. Writer's thread.
 *
 * Memory is right about a minute if nothing but the sink's own fast rows wrote its seconds. What came by another way is told by the
 * symbol (rewritten_us: late, restated, repeated and history rows) or by the partition: each other writer raises its
 * revision, so one that is not our last one + 1 means that all candles there at that moment may be others' (foreign_us), as they may
 * be after a start.
 */
#pragma once
#include "pg_copy.h"
#include "sink_facts.h"
#include "sink_write.h"

struct sink_bars {
	struct pg_copy minutes;
};

void sink_bars_init(struct sink_bars *w, size_t max_bytes);
void sink_bars_done(struct sink_bars *w);
/* The state was thrown away: nothing is known of who wrote. */
void sink_bars_forget(struct sink_write *to);
/* After the fence: whether somebody else has written since our last commit. */
must_check enum pg_failure sink_bars_foreign(struct sink_write *to, struct err *e);
/* After all rows of seconds: writes the minutes, or adds them to the batch's folds. */
must_check enum pg_failure sink_bars_minutes(
	struct sink_bars *w, const struct sink_write *to, struct err *e);
/* After the minutes: the batch's folds. */
must_check enum pg_failure sink_bars_fold(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
/* The transaction is durable. */
void sink_bars_committed(struct sink_write *to);
