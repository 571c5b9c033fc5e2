/*
 * backfill_work: one job of the back-fill: fetches what the gaps of a symbol lack and hands it over to Kafka between the records that tell the sink
 * how their repair stands. Thread "backfill"; its calls wait for the exchange's weight, for the sink and for Kafka, until `rest` is stopped.
 */
#pragma once
#include "backfill_answered.h"
#include "binance_rest.h"
#include "history_write.h"
#include "rest_history.h"

#define BACKFILL_STRANGE_US (60 * 1000000LL) /* pause after an answer that nobody understands */

/* Made and freed by its owner. */
struct backfill_work {
	struct binance_rest *rest;
	struct history_write write;
	struct rest_history history;
	struct backfill_answered *answered;
	int64_t clock_us;           /* the venue's, at most as late as it is: the version of bars */
	struct backfill_plan *plan; /* of the job under way */
};

/* Fills the gaps of job `j` of the plan. False: stop, or something is away or strange, which was logged and waited for; the gaps stay as they
 * are. */
must_check bool backfill_work_fill(
	struct backfill_work *b, struct backfill_plan *plan, const struct backfill_job *j);
/* True: it was written. Else it was logged and waited for, and a dead producer was replaced: nothing of what it was given is sure. */
bool backfill_work_written(struct backfill_work *b, enum history_written w, const struct err *why);
