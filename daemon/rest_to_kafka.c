#include "rest_to_kafka.h"
#include "backfill_answered.h"
#include "binance_rest.h"
#include "clock.h"
#include "history_write.h"
#include "log.h"
#include "metrics.h"
#include "pg_queries.h"
#include "rest_history.h"
#include "topics.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGE_US (10 * SECOND_US)       /* of a gap's end: before, REST may lack the last trades */
#define LOOK_EVERY_US (5 * SECOND_US) /* for newer gaps, while there is work */
#define IDLE_US SECOND_US             /* between two looks when there is none */
#define FAILED_US (5 * SECOND_US)     /* after a failure of Kafka or the database */
#define STRANGE_US (60 * SECOND_US)   /* after an answer that nobody understands */
#define STAND_BY_US (3 * SECOND_US)
#define TRADES_BEFORE_US                                                                           \
	(2 * SECOND_US) /* trades reach us up to so late; what was under way when we lost touch */
#define TOPICS_TIMEOUT_MS 1500 /* a stop may wait for it */
#define CODE_REFUSED                                                                               \
	(-1100) /* from here on down the request itself is refused (Binance's error codes) */

METRIC_COUNTER(jobs_done, "pricegraph_backfill_jobs_total",
	"Stretches of a symbol's past fetched from REST to repair gaps.");
METRIC_COUNTER(gaps_filled, "pricegraph_backfill_gaps_filled_total",
	"Gaps whose missing rows were handed over.");
METRIC_COUNTER(gaps_given_up, "pricegraph_backfill_gaps_given_up_total",
	"Gaps for which the exchange has nothing to give.");
METRIC_GAUGE(gaps_waiting, "pricegraph_backfill_gaps_waiting",
	"Gaps that were to be repaired when back-fill looked last, and are not answered yet.");

struct rest_to_kafka {
	const struct settings *settings;
	const char *venue;
	pthread_t thread;
	struct binance_rest *rest;
	struct history_write write;
	struct rest_history history;
	struct backfill_plan plan;
	struct backfill_answered *answered;
	bool topics_there, locked;
	int64_t clock_us; /* the venue's, as REST told it in this look */
};

static bool stopping(void *arg)
{
	const struct rest_to_kafka *b = arg;

	return binance_rest_stopping(b->rest);
}

/* True: all is well. Else it was logged, and a dead producer was replaced: nothing of what it was given is sure. */
static bool written(struct rest_to_kafka *b, enum history_written w, const struct err *why)
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

static struct backfill_gap *gap_of(struct rest_to_kafka *b, const struct backfill_job *j, size_t i)
{
	return &b->plan.gaps[j->first + i];
}

/* Tells the sink the state of all gaps of the job. */
static bool tell(struct rest_to_kafka *b, const struct backfill_job *j, enum fill_state state,
	const char *reason)
{
	struct err e = {""};
	struct fill f;

	for (size_t i = 0; i < j->count; i++) {
		struct backfill_gap *g = gap_of(b, j, i);

		if (state == FILL_REPAIRING && g->repairing)
			continue;
		backfill_gap_fill(g, state, &f);
		snprintf(f.reason, sizeof(f.reason), "%s", reason);
		if (!written(b, history_write_fill(&b->write, &f, &e), &e))
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

static bool give_up(struct rest_to_kafka *b, const struct backfill_job *j, const char *reason)
{
	const struct backfill_gap *g = gap_of(b, j, 0);

	log_warn("backfill_given_up", "symbol=%s gaps=%zu from_us=%" PRId64 " reason=\"%s\"",
		g->symbol, j->count, j->from_us, reason);
	return tell(b, j, FILL_UNREPAIRABLE, reason);
}

/* One more page, however long it takes. False: the job is to be left. */
static bool get_page(struct rest_to_kafka *b, const struct backfill_job *j)
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
			binance_rest_pause(b->rest, STRANGE_US);
			return false;
		}
	}
}

static bool send_page(struct rest_to_kafka *b, const struct backfill_job *j)
{
	const char *symbol = gap_of(b, j, 0)->symbol;
	struct err e = {""};
	struct history_row row;

	while (rest_history_next(&b->history, &row)) {
		if (row.kind == STREAM_KLINE_1S && row.time_us + SECOND_US + AGE_US > b->clock_us)
			continue; /* not final yet */
		for (size_t i = 0; i < j->count; i++)
			gap_of(b, j, i)->rows +=
				backfill_gap_holds(gap_of(b, j, i), j->through, row.time_us);
		if (!written(b, history_write_row(&b->write, symbol, &row, b->clock_us, &e), &e))
			return false;
	}
	return true;
}

static void begin_history(struct rest_to_kafka *b, const struct backfill_job *j)
{
	struct rest_history_want want = {
		.symbol = gap_of(b, j, 0)->symbol,
		.kind = j->through,
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
static bool fill_job(struct rest_to_kafka *b, const struct backfill_job *j)
{
	struct err e = {""};
	int64_t began_us = clock_mono_us(), before = history_out_sent(b->write.out);

	if (!written(b, history_write_room(&b->write, j->through, &e), &e))
		return false;
	if (strcmp(gap_of(b, j, 0)->cause, "recording") == 0)
		return give_up(b, j, "the recording holds nothing here");
	for (size_t i = 0; i < j->count; i++)
		gap_of(b, j, i)->rows = 0;
	if (!tell(b, j, FILL_REPAIRING, ""))
		return false;
	begin_history(b, j);
	while (!b->history.finished) {
		if (!written(b, history_write_room(&b->write, j->through, &e), &e) ||
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

static bool read_gaps(struct rest_to_kafka *b, int64_t before_us)
{
	struct backfill_plan *p = &b->plan;
	struct err e = {""};
	size_t kept = 0;

	if (backfill_plan_read(p, b->write.pg, b->venue, before_us, &e) != PG_OK) {
		b->locked = false;
		return written(b, HISTORY_FAILED, &e);
	}
	int64_t now_us = clock_mono_us();
	for (size_t i = 0; i < p->gap_count; i++)
		if (!backfill_answered_has(b->answered, &p->gaps[i], now_us))
			p->gaps[kept++] = p->gaps[i];
	p->gap_count = kept;
	metric_set(&gaps_waiting, (int64_t)kept);
	return true;
}

/* The venue's clock by REST; it may have gone on meanwhile, which only makes us wait a little longer. */
static bool read_clock(struct rest_to_kafka *b)
{
	int64_t round_trip_us;
	struct err e = {""};

	switch (binance_rest_time(b->rest, &b->clock_us, &round_trip_us, &e)) {
	case REST_OK:
		return true;
	case REST_LATER:
		log_info("backfill_postponed", "reason=\"%s\"", e.text);
		binance_rest_wait(b->rest);
		return false;
	case REST_REFUSED:
		log_warn("backfill_strange_answer", "reason=\"%s\"", e.text);
		binance_rest_pause(b->rest, STRANGE_US);
		return false;
	case REST_STOPPED:
		break;
	}
	return false;
}

/* True: this one is the venue's back-fill. */
static bool take_lock(struct rest_to_kafka *b)
{
	struct err e = {""};
	PGresult *r;

	if (b->locked && pg_connected(b->write.pg))
		return true;
	if (pg_query(b->write.pg, "backfill_lock", sql_backfill_lock, 1, &b->venue, &r, &e) !=
		PG_OK)
		return written(b, HISTORY_FAILED, &e);
	b->locked = *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	if (b->locked)
		log_info(
			"backfill_ready", "venue=%s rest=%s", b->venue, binance_rest_base(b->rest));
	else
		binance_rest_pause(b->rest, STAND_BY_US);
	return b->locked;
}

static bool see_to_topics(struct rest_to_kafka *b)
{
	struct err e = {""};
	struct kafka_admin *admin;

	if (b->topics_there)
		return true;
	admin = kafka_admin_new(b->settings, &e);
	b->topics_there = admin && topics_ensure(b->settings, admin, TOPICS_TIMEOUT_MS, &e) == 0;
	kafka_admin_free(admin);
	return b->topics_there || written(b, HISTORY_FAILED, &e);
}

/* One look at the gaps, and work on them for a while. */
static void look(struct rest_to_kafka *b)
{
	int64_t until_us = clock_mono_us() + LOOK_EVERY_US;

	if (!see_to_topics(b) || !take_lock(b) || !read_gaps(b, INT64_MAX))
		return;
	backfill_answered_tidy(b->answered, clock_mono_us());
	if (b->plan.gap_count == 0) {
		history_out_poll(b->write.out, 0);
		binance_rest_pause(b->rest, IDLE_US);
		return;
	}
	if (!read_clock(b) || !read_gaps(b, b->clock_us - AGE_US))
		return;
	backfill_plan_make(&b->plan);
	for (size_t i = 0; i < b->plan.job_count && clock_mono_us() < until_us; i++)
		if (!fill_job(b, &b->plan.jobs[i]))
			return;
	if (b->plan.job_count == 0)
		binance_rest_pause(b->rest, IDLE_US);
}

/* Thread "backfill". */
static void *run(void *arg)
{
	struct rest_to_kafka *b = arg;

	log_thread_name("backfill");
	while (!binance_rest_stopping(b->rest))
		look(b);
	return NULL;
}

static void free_all(struct rest_to_kafka *b)
{
	rest_history_done(&b->history);
	backfill_plan_done(&b->plan);
	backfill_answered_free(b->answered);
	history_write_done(&b->write);
	binance_rest_free(b->rest);
	free(b);
}

static int make_all(struct rest_to_kafka *b, struct err *e)
{
	const struct settings *s = b->settings;

	rest_history_init(&b->history);
	b->answered = backfill_answered_new();
	b->rest = binance_rest_new(s, "backfill", e);
	if (!b->answered || !b->rest)
		return b->rest ? err_set(e, "no memory") : -1;
	binance_rest_bulk(b->rest);
	if (backfill_plan_init(&b->plan, e) < 0 || history_write_init(&b->write, s, "rest", e) < 0)
		return -1;
	b->write.stopping = stopping;
	b->write.arg = b;
	int failed = pthread_create(&b->thread, NULL, run, b);
	return failed ? err_set(e, "cannot start thread backfill: %s", strerror(failed)) : 0;
}

struct rest_to_kafka *rest_to_kafka_start(const struct settings *s, struct err *e)
{
	struct rest_to_kafka *b = calloc(1, sizeof(*b));

	if (!b) {
		err_set(e, "no memory");
		return NULL;
	}
	b->settings = s;
	b->venue = settings_text(s, "venue", "name");
	if (make_all(b, e) < 0) {
		free_all(b);
		return NULL;
	}
	return b;
}

void rest_to_kafka_quit(struct rest_to_kafka *b)
{
	if (b)
		binance_rest_stop(b->rest);
}

void rest_to_kafka_stop(struct rest_to_kafka *b)
{
	if (!b)
		return;
	binance_rest_stop(b->rest);
	pthread_join(b->thread, NULL);
	free_all(b);
}
