/*
 * sink_writer: the thread "sink-commit": writes one sealed batch at a time, however long that takes, while the sink takes the next.
 *
 * It has the connection to PostgreSQL and the batch from sink_writer_give until sink_writer_outcome has told how it went; at all
 * other times both are the sink's. Failures that pass (PostgreSQL away, busy, a partition missing) are tried again with
 * growing pauses. Called by the sink thread, except for _hurry.
 */
#pragma once
#include "maintenance.h"
#include "sink_commit.h"

enum sink_outcome {
	OUTCOME_PENDING,
	OUTCOME_COMMITTED,
	OUTCOME_FENCED,
	OUTCOME_REFUSED,  /* a row can't be stored: sink_writer_reason */
	OUTCOME_BROKEN,   /* a bug */
	OUTCOME_GIVEN_UP, /* hurried, and the database still away */
};

struct sink_writer;
/* Lends all three. NULL: `e` says why. */
struct sink_writer *sink_writer_start(
	struct pg *pg, struct sink_commit *commit, struct maintenance *maintenance, struct err *e);
/* Joins; a batch under way is given up. NULL is fine. */
void sink_writer_stop(struct sink_writer *w);
/* It has no batch. */
void sink_writer_give(
	struct sink_writer *w, const struct sink_state *st, struct sink_batch *sealed);
bool sink_writer_busy(struct sink_writer *w);
/* How the batch given last went, once; `wait`: not before that is known. */
enum sink_outcome sink_writer_outcome(struct sink_writer *w, bool wait);
const char *sink_writer_reason(const struct sink_writer *w);
/* How long the transaction took that committed the batch given last. After its outcome. */
int64_t sink_writer_took_us(const struct sink_writer *w);
/* It is time to stop: what does not succeed until then (monotonic) is given up. Any thread. */
void sink_writer_hurry(struct sink_writer *w, int64_t until_us);
