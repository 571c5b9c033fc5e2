/*
 * sink_commit: one batch → one fenced transaction: raw rows, seconds, folded bars, spans, gaps, offsets.
 *
 * The offset in the database is the only truth. Every batch first counts up the revision of its partitions under the sink's token, then
 * moves the offsets from where they are expected; if either finds another state, another sink took over: nothing is
 * written. Writer's thread; blocks on PostgreSQL.
 */
#pragma once
#include "pg.h"
#include "sink_batch.h"
#include "sink_rows.h"

enum sink_done {
	SINK_COMMITTED,
	SINK_LATER,        /* the database is away or busy: the same batch again */
	SINK_NO_PARTITION, /* make partitions for the batch's days, then the same batch again */
	SINK_FENCED,       /* another sink owns a partition */
	SINK_REFUSED,      /* a row can't be stored */
	SINK_BROKEN,       /* a bug */
};

struct sink_commit;
struct sink_commit *sink_commit_new(
	struct pg *pg, const char *token, size_t max_bytes, struct err *e);
void sink_commit_free(struct sink_commit *c);
/* The state is rebuilt: what was known of the database's candles is not any more. Sink thread, while no batch is with the writer. */
void sink_commit_forget(struct sink_commit *c);
/* `b` is sealed. After SINK_COMMITTED the symbols' settled_revision is as the database has it; the caller resets the batch. Otherwise
 * nothing changed in the database. */
must_check enum sink_done sink_commit_run(
	struct sink_commit *c, const struct sink_state *st, struct sink_batch *b, struct err *e);
