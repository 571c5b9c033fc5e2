/*
 * backfill_answered: the gaps whose repair was told to the sink, which closes them only when it gets there: they are not to be fetched again
 * meanwhile.
 *
 * A gap that is still there when the sink has taken all (backfill_answered_settled) is answered anew, at growing intervals up to an hour: the sink
 * asks for it, or it is another gap by now. Without that, after BACKFILL_ANSWER_US: Kafka may have lost the answer. Bounded by BACKFILL_GAPS_MAX
 * entries; beyond, nothing is remembered, and a gap may be fetched twice. Times are monotonic. One owning thread.
 */
#pragma once
#include "backfill_plan.h"

#define BACKFILL_ANSWER_US (600 * 1000000LL)
#define BACKFILL_AGAIN_US (10 * 1000000LL) /* doubled each time */

struct backfill_answered;
struct backfill_answered *backfill_answered_new(void); /* NULL: no memory */
void backfill_answered_free(struct backfill_answered *a);
void backfill_answered_add(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us);
/* True: it is not to be answered now. */
bool backfill_answered_has(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us);
/* The sink has taken everything that was sent before `before_us`. */
void backfill_answered_settled(struct backfill_answered *a, int64_t before_us);
/* What was sent is lost. */
void backfill_answered_clear(struct backfill_answered *a);
/* Forgets those that were answered long ago: they are closed, or they would have been answered again. */
void backfill_answered_tidy(struct backfill_answered *a, int64_t now_us);
size_t backfill_answered_count(const struct backfill_answered *a);
