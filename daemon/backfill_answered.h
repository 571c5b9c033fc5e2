/*
 * backfill_answered: the gaps whose repair was told to the sink, which closes them only when it gets there: they are not to be fetched again
 * meanwhile.
 *
 * A gap that is still there long after its answer (BACKFILL_ANSWER_US) is answered anew: Kafka has lost it, or the gap is another by now. Bounded
 * by BACKFILL_GAPS_MAX entries; beyond, nothing is remembered, and a gap may be fetched twice. One owning thread.
 */
#pragma once
#include "backfill_plan.h"

#define BACKFILL_ANSWER_US (600 * 1000000LL)

struct backfill_answered;
struct backfill_answered *backfill_answered_new(void); /* NULL: no memory */
void backfill_answered_free(struct backfill_answered *a);
void backfill_answered_add(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us);
bool backfill_answered_has(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us);
/* What was sent is lost. */
void backfill_answered_clear(struct backfill_answered *a);
/* Forgets those that are older than an answer may take. */
void backfill_answered_tidy(struct backfill_answered *a, int64_t now_us);
size_t backfill_answered_count(const struct backfill_answered *a);
