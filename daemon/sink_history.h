/*
 * sink_history: the `.history` topics → batches of their own: what back-fill and import bring, and how repairs stand.
 *
 * Read by a consumer of its own, and only while the live topics do not lag. Its batches are small (at most HISTORY_RECORDS_MAX records, fewer when
 * their transactions take long), and go to the writer between the live ones under the same fence and the same rule of offsets, so everything
 * is taken once. A record of a second that is not settled yet is left, with all behind it in its partition, until it is. Sink thread.
 */
#pragma once
#include "pg.h"
#include "settings.h"
#include "sink_batch.h"

#define HISTORY_RECORDS_MAX 2000

struct sink_history;
/* `s` is lent. NULL: `e` says why. */
struct sink_history *sink_history_new(const struct settings *s, size_t max_bytes, struct err *e);
void sink_history_free(struct sink_history *h); /* NULL is fine */
/* After sink_load, with no batch at the writer: what was stored of the offsets, and reading from there. Blocks on PostgreSQL. */
must_check enum pg_failure sink_history_load(
	struct sink_history *h, struct pg *pg, const struct sink_state *st, struct err *e);
/* Stops reading until the next load. */
void sink_history_stop(struct sink_history *h);
/* One round: takes what there is. 1: a sealed batch is in *out, for the writer; until one of the two below is called there is no other.
 * 0: nothing to write. -1: a bug or no memory. Never waits. */
must_check int sink_history_run(
	struct sink_history *h, struct sink_state *st, struct sink_batch **out, struct err *e);
/* The batch is in the database; its transaction, which others may have waited for, took `took_us`. */
void sink_history_committed(struct sink_history *h, int64_t took_us);
/* The database refused the batch. 0: the state is to be rebuilt, then smaller ones come until the bad record is found. -1: no way on. */
must_check int sink_history_refused(struct sink_history *h, const char *reason, struct err *e);
