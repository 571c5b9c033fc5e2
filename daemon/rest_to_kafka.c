#include "rest_to_kafka.h"
#include "backfill_work.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "pg_queries.h"
#include "rest_limits.h"
#include "topics.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_US (5 * SECOND_US) /* for newer gaps, while there is work */
#define IDLE_US SECOND_US             /* between two looks when there is none */
#define STAND_BY_US (3 * SECOND_US)
#define TOPICS_TIMEOUT_MS 1500 /* a stop may wait for it */

METRIC_GAUGE(gaps_waiting, "pricegraph_backfill_gaps_waiting",
	"Gaps that were to be repaired when back-fill looked last, and are not answered yet.");

struct rest_to_kafka {
	const struct settings *settings;
	const char *venue;
	pthread_t thread;
	struct backfill_work work;
	struct backfill_plan plan;
	bool topics_there, locked, limits_asked;
	int64_t asked_us; /* when we looked last how far the sink is; monotonic */
};

static bool stopping(void *arg)
{
	const struct rest_to_kafka *b = arg;

	return binance_rest_stopping(b->work.rest);
}

static bool read_gaps(struct rest_to_kafka *b, int64_t before_us)
{
	struct backfill_plan *p = &b->plan;
	struct err e = {""};
	size_t kept = 0;

	if (backfill_plan_read(p, b->work.write.pg, b->venue, before_us, &e) != PG_OK) {
		b->locked = false;
		return backfill_work_written(&b->work, HISTORY_FAILED, &e);
	}
	int64_t now_us = clock_mono_us();
	for (size_t i = 0; i < p->gap_count; i++)
		if (!backfill_answered_has(b->work.answered, &p->gaps[i], now_us))
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

	switch (binance_rest_time(b->work.rest, &b->work.clock_us, &round_trip_us, &e)) {
	case REST_OK:
		return true;
	case REST_LATER:
		log_info("backfill_postponed", "reason=\"%s\"", e.text);
		binance_rest_wait(b->work.rest);
		return false;
	case REST_REFUSED:
		log_warn("backfill_strange_answer", "reason=\"%s\"", e.text);
		binance_rest_pause(b->work.rest, BACKFILL_STRANGE_US);
		return false;
	case REST_STOPPED:
		break;
	}
	return false;
}

/* False: not now. Where the exchange does not say how much it grants, the setting holds. */
static bool read_limits(struct rest_to_kafka *b)
{
	struct err e = {""};

	if (b->limits_asked)
		return true;
	switch (rest_limits_ask(b->work.rest, &e)) {
	case REST_OK:
		b->limits_asked = true;
		return true;
	case REST_LATER:
		log_info("backfill_postponed", "reason=\"%s\"", e.text);
		binance_rest_wait(b->work.rest);
		return false;
	case REST_REFUSED:
		log_warn("backfill_no_limits", "reason=\"%s\"", e.text);
		b->limits_asked = true;
		return true;
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

	if (b->locked && pg_connected(b->work.write.pg))
		return true;
	if (pg_query(b->work.write.pg, "backfill_lock", sql_backfill_lock, 1, &b->venue, &r, &e) !=
		PG_OK)
		return backfill_work_written(&b->work, HISTORY_FAILED, &e);
	b->locked = *PQgetvalue(r, 0, 0) == 't';
	PQclear(r);
	if (b->locked)
		log_info("backfill_ready", "venue=%s rest=%s", b->venue,
			binance_rest_base(b->work.rest));
	else
		binance_rest_pause(b->work.rest, STAND_BY_US);
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
	return b->topics_there || backfill_work_written(&b->work, HISTORY_FAILED, &e);
}

/* Once the sink has taken everything, what is still open was not closed by it. */
static bool see_what_is_taken(struct rest_to_kafka *b)
{
	static const enum stream_kind kinds[] = {STREAM_KLINE_1S, STREAM_AGG_TRADE};
	int64_t now_us = clock_mono_us(), sum = 0, count;
	struct err e = {""};

	backfill_answered_tidy(b->work.answered, now_us);
	if (backfill_answered_count(b->work.answered) == 0 || now_us - b->asked_us < LOOK_EVERY_US)
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (history_ahead_count(
			    b->work.write.ahead, b->work.write.pg, kinds[i], &count, &e) < 0)
			return backfill_work_written(&b->work, HISTORY_FAILED, &e);
		sum += count;
	}
	b->asked_us = now_us;
	if (sum == 0 &&
		history_out_acknowledged(b->work.write.out) == history_out_sent(b->work.write.out))
		backfill_answered_settled(b->work.answered, now_us);
	return true;
}

/* One look at the gaps, and work on them for a while. */
static void look(struct rest_to_kafka *b)
{
	int64_t until_us = clock_mono_us() + LOOK_EVERY_US;

	if (!see_to_topics(b) || !take_lock(b) || !see_what_is_taken(b) || !read_gaps(b, INT64_MAX))
		return;
	if (b->plan.gap_count == 0) {
		history_out_poll(b->work.write.out, 0);
		binance_rest_pause(b->work.rest, IDLE_US);
		return;
	}
	if (!read_limits(b) || !read_clock(b) || !read_gaps(b, backfill_due_us(b->work.clock_us)))
		return;
	backfill_plan_make(&b->plan);
	for (size_t i = 0; i < b->plan.job_count && clock_mono_us() < until_us; i++)
		if (!backfill_work_fill(&b->work, &b->plan, &b->plan.jobs[i]))
			return;
	if (b->plan.job_count == 0)
		binance_rest_pause(b->work.rest, IDLE_US);
}

/* Thread "backfill". */
static void *run(void *arg)
{
	struct rest_to_kafka *b = arg;

	log_thread_name("backfill");
	while (!binance_rest_stopping(b->work.rest))
		look(b);
	return NULL;
}

static void free_all(struct rest_to_kafka *b)
{
	rest_history_done(&b->work.history);
	backfill_plan_done(&b->plan);
	backfill_answered_free(b->work.answered);
	history_write_done(&b->work.write);
	binance_rest_free(b->work.rest);
	free(b);
}

static int make_all(struct rest_to_kafka *b, struct err *e)
{
	const struct settings *s = b->settings;

	rest_history_init(&b->work.history);
	b->work.answered = backfill_answered_new();
	b->work.rest = binance_rest_new(s, "backfill", e);
	if (!b->work.answered || !b->work.rest)
		return b->work.rest ? err_set(e, "no memory") : -1;
	binance_rest_bulk(b->work.rest);
	if (backfill_plan_init(&b->plan, e) < 0 ||
		history_write_init(&b->work.write, s, "rest", e) < 0)
		return -1;
	b->work.write.stopping = stopping;
	b->work.write.arg = b;
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
		binance_rest_stop(b->work.rest);
}

void rest_to_kafka_stop(struct rest_to_kafka *b)
{
	if (!b)
		return;
	binance_rest_stop(b->work.rest);
	pthread_join(b->thread, NULL);
	free_all(b);
}
