/*
 * sink_facts: what a transaction writes besides rows: fence and offsets, spans, subscriptions, gaps, symbols, quarantine.
 * Writer's thread.
 */
#pragma once
#include "sink_write.h"

#define SINK_ARRAYS 13

struct sink_facts {
	struct buf arrays[SINK_ARRAYS]; /* parameters of the statement under way */
};

void sink_facts_init(struct sink_facts *f, size_t max_bytes);
void sink_facts_done(struct sink_facts *f);
/*
 * For the other pieces of the transaction too: the arrays, all begun; and a statement whose parameters are the venue and the first
 * `count` of them. result: NULL if its rows are not wanted.
 */
struct buf *sink_facts_begin(struct sink_facts *f);
must_check enum pg_failure sink_facts_run(struct sink_facts *f, const struct sink_write *to,
	const char *const name_sql[2], int count, PGresult **result, struct err *e);
/* Counts up the revisions under the token, fills to->revisions, moves the offsets. *fenced: another sink was there. */
must_check enum pg_failure sink_facts_fence(
	struct sink_facts *f, struct sink_write *to, bool *fenced, struct err *e);
/* Everything else, in the order in which it depends on each other. */
must_check enum pg_failure sink_facts_write(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
/* The transaction is durable: raises the changed symbols' settled_revision. */
void sink_facts_committed(const struct sink_write *to);
