#include "backfill_work.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FAILED_US (5 * SECOND_US) /* after a failure of Kafka or the database */
#define TRADES_BEFORE_US                                                                           \
	(2 * SECOND_US) /* trades reach us up to so late; what was under way when we lost touch */
#define CODE_REFUSED                                                                               \
	(-1100) /* from here on down the request itself is refused (Binance's error codes) */

METRIC_COUNTER(jobs_done, "pricegraph_backfill_jobs_total",
	"Stretches of a symbol's past fetched from REST to repair gaps.");
METRIC_COUNTER(gaps_filled, "pricegraph_backfill_gaps_filled_total",
	"Gaps whose missing rows were handed over.");
METRIC_COUNTER(gaps_given_up, "pricegraph_backfill_gaps_given_up_total",
	"Gaps for which the exchange has nothing to give.");

/* True: all is well. Else it was logged, and a dead producer was replaced: nothing of what it was given is sure. */
bool backfill_work_written(struct backfill_work *b, enum history_written w, const struct err *why)
{
	struct err e = {""};

	switch (w) {
	case HISTORY_WRITTEN:
		return true;
	case HISTORY_STOPPED:
		return false;
	case HISTORY_FAILED:
		log_warn("backfill_waits", "reason=\"%s\"", why->text);
		break;
	case HISTORY_DEAD:
		log_error("backfill_producer_dead", "reason=\"%s\"", why->text);
		backfill_answered_clear(b->answered);
		if (history_write_revive(&b->write, &e) < 0)
			log_error("backfill_producer_dead", "reason=\"%s\"", e.text);
		break;
	}
	binance_rest_pause(b->rest, FAILED_US);
	return false;
}

static struct backfill_gap *gap_of(struct backfill_work *b, const struct backfill_job *j, size_t i)
{
	return &b->plan->gaps[j->first + i];
}

/* Tells the sink the state of all gaps of the job. */
static bool tell(struct backfill_work *b, const struct backfill_job *j, enum fill_state state,
	const char *reason)
{
	struct err e = {""};
	struct fill f;

	for (size_t i = 0; i < j->count; i++) {
		struct backfill_gap *g = gap_of(b, j, i);

		backfill_gap_fill(g, state, &f);
		snprintf(f.reason, sizeof(f.reason), "%s", reason);
		if (!backfill_work_written(b, history_write_fill(&b->write, &f, &e), &e))
			return false;
		if (state != FILL_REPAIRING)
			backfill_answered_add(b->answered, g, clock_mono_us());
	}
	if (state == FILL_DONE)
		metric_add(&gaps_filled, (int64_t)j->count);
	if (state == FILL_UNREPAIRABLE)
		metric_add(&gaps_given_up, (int64_t)j->count);
	return true;
}

static bool give_up(struct backfill_work *b, const struct backfill_job *j, const char *reason)
{
	const struct backfill_gap *g = gap_of(b, j, 0);

	log_warn("backfill_given_up", "symbol=%s gaps=%zu from_us=%" PRId64 " reason=\"%s\"",
		g->symbol, j->count, j->from_us, reason);
	return tell(b, j, FILL_UNREPAIRABLE, reason);
}

/* One more page, however long it takes. False: the job is to be left. */
static bool get_page(struct backfill_work *b, const struct backfill_job *j)
{
	struct err e = {""};
	char reason[FILL_REASON_SIZE];

	for (;;) {
		switch (rest_history_page(&b->history, b->rest, &e)) {
		case REST_OK:
			return true;
		case REST_STOPPED:
			return false;
		case REST_LATER:
			log_info("backfill_postponed", "symbol=%s reason=\"%s\"",
				gap_of(b, j, 0)->symbol, e.text);
			if (!binance_rest_wait(b->rest))
				return false;
			break;
		case REST_REFUSED:
			if (binance_rest_code(b->rest) <= CODE_REFUSED) {
				snprintf(reason, sizeof(reason), "the exchange refused: %.150s",
					e.text);
				give_up(b, j, reason);
				return false;
			}
			log_warn("backfill_strange_answer", "symbol=%s reason=\"%s\"",
				gap_of(b, j, 0)->symbol, e.text);
			binance_rest_pause(b->rest, BACKFILL_STRANGE_US);
			return false;
		}
	}
}

static bool send_page(struct backfill_work *b, const struct backfill_job *j)
{
	const char *symbol = gap_of(b, j, 0)->symbol;
	struct err e = {""};
	struct history_row row;

	while (rest_history_next(&b->history, &row)) {
		for (size_t i = 0; i < j->count; i++)
			gap_of(b, j, i)->rows +=
				backfill_gap_holds(gap_of(b, j, i), j->through, row.time_us);
		if (!backfill_work_written(
			    b, history_write_row(&b->write, symbol, &row, b->clock_us, &e), &e))
			return false;
	}
	return true;
}

static void begin_history(struct backfill_work *b, const struct backfill_job *j)
{
	struct rest_history_want want = {
		.symbol = gap_of(b, j, 0)->symbol,
		.kind = {j->through, LADDER_1S},
		.from_us = j->from_us - TRADES_BEFORE_US,
		.to_us = j->to_us,
	};

	if (j->through == STREAM_KLINE_1S) {
		want.from_us = clock_floor(j->from_us, SECOND_US);
		want.to_us = j->to_us > j->from_us ? j->to_us : j->from_us + 1;
	}
	rest_history_begin(&b->history, &want);
}

/* False: stop, or something is away; the gaps stay as they are. */
bool backfill_work_fill(
	struct backfill_work *b, struct backfill_plan *plan, const struct backfill_job *j)
{
	struct err e = {""};
	const char *lost;
	b->plan = plan;
	lost = backfill_gap_lost(gap_of(b, j, 0));
	int64_t began_us = clock_mono_us(), before = history_out_sent(b->write.out);

	if (!backfill_work_written(b, history_write_room(&b->write, j->through, &e), &e))
		return false;
	if (lost)
		return give_up(b, j, lost);
	for (size_t i = 0; i < j->count; i++)
		gap_of(b, j, i)->rows = 0;
	if (!tell(b, j, FILL_REPAIRING, ""))
		return false;
	begin_history(b, j);
	while (!b->history.finished) {
		if (!backfill_work_written(b, history_write_room(&b->write, j->through, &e), &e) ||
			!get_page(b, j) || !send_page(b, j))
			return false;
	}
	if (!tell(b, j, FILL_DONE, ""))
		return false;
	metric_add(&jobs_done, 1);
	log_info("backfill_filled",
		"symbol=%s through=%s gaps=%zu from_us=%" PRId64 " to_us=%" PRId64
		" records=%" PRId64 " ms=%lld",
		gap_of(b, j, 0)->symbol, stream_table[j->through].name, j->count, j->from_us,
		j->to_us, history_out_sent(b->write.out) - before,
		(clock_mono_us() - began_us) / MS_US);
	return true;
}
