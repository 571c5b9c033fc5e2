#include "sink_writer.h"

#include "log.h"
#include "progress.h"
#include "retry.h"
#include "sink_observe.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct sink_writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* By lock. */
	const struct sink_state *st; /* NULL: no batch */
	struct sink_batch *batch;
	enum sink_outcome outcome;
	bool stopping;
	int64_t until_us; /* 0: no hurry */
	/* The thread's while it has a batch. */
	struct pg *pg;
	struct sink_commit *commit;
	struct maintenance *maintenance;
	struct retry retry;
	struct err reason;
};

/* False: it is not worth trying again. */
static bool pause_before_retry(struct sink_writer *w)
{
	int64_t now_us = clock_mono_us(), end_us = now_us + retry_delay_us(&w->retry, now_us);
	struct timespec until = {
		.tv_sec = end_us / SECOND_US, .tv_nsec = end_us % SECOND_US * 1000};
	bool again;

	pthread_mutex_lock(&w->lock);
	while (!w->stopping && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0)
		;
	again = !w->stopping && !(w->until_us && clock_mono_us() > w->until_us);
	pthread_mutex_unlock(&w->lock);
	return again;
}

static enum sink_outcome committed(
	struct sink_writer *w, const struct sink_batch *b, int64_t began_us)
{
	int64_t now_us = clock_mono_us();

	sink_observe_committed(b, now_us - began_us);
	log_debug("sink_committed", "records=%zu us=%lld", b->records,
		(long long)(now_us - began_us));
	retry_good(&w->retry, now_us);
	return OUTCOME_COMMITTED;
}

static enum sink_outcome write_batch(
	struct sink_writer *w, const struct sink_state *st, struct sink_batch *b)
{
	int64_t began_us = clock_mono_us();

	for (;;) {
		progress_wait(PROGRESS_SINK, WAIT_DATABASE, clock_mono_us());
		switch (sink_commit_run(w->commit, st, b, &w->reason)) {
		case SINK_COMMITTED:
			return committed(w, b, began_us);
		case SINK_FENCED:
			return OUTCOME_FENCED;
		case SINK_REFUSED:
			return OUTCOME_REFUSED;
		case SINK_BROKEN:
			return OUTCOME_BROKEN;
		case SINK_NO_PARTITION:
			if (maintenance_ensure(w->maintenance, b->days, b->day_count, &w->reason) ==
				0)
				continue;
			break;
		case SINK_LATER:
			break;
		}
		progress_wait(PROGRESS_SINK, WAIT_DATABASE, clock_mono_us());
		log_warn("sink_retry", "records=%zu sqlstate=%s reason=\"%s\"", b->records,
			pg_sqlstate(w->pg), w->reason.text);
		if (!pause_before_retry(w))
			return OUTCOME_GIVEN_UP;
	}
}

static void *run(void *arg)
{
	struct sink_writer *w = arg;

	log_thread_name("sink-commit");
	pthread_mutex_lock(&w->lock);
	while (!w->stopping) {
		if (w->st && w->outcome == OUTCOME_PENDING) {
			enum sink_outcome outcome;

			pthread_mutex_unlock(&w->lock);
			outcome = write_batch(w, w->st, w->batch);
			pthread_mutex_lock(&w->lock);
			w->outcome = outcome;
			pthread_cond_broadcast(&w->wake);
		} else {
			pthread_cond_wait(&w->wake, &w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void destroy(struct sink_writer *w)
{
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct sink_writer *sink_writer_start(
	struct pg *pg, struct sink_commit *commit, struct maintenance *maintenance, struct err *e)
{
	static const struct retry_policy policy = {
		.first_us = 100 * MS_US, .max_us = 800 * MS_US, .reset_us = 5 * SECOND_US};
	struct sink_writer *w = calloc(1, sizeof *w);
	pthread_condattr_t monotonic;

	if (!w) {
		err_set(e, "no memory for the sink's writer");
		return NULL;
	}
	w->pg = pg;
	w->commit = commit;
	w->maintenance = maintenance;
	retry_init(&w->retry, &policy, (uint64_t)clock_wall_us());
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, run, w) == 0)
		return w;
	destroy(w);
	err_set(e, "cannot start the sink's writer");
	return NULL;
}

void sink_writer_stop(struct sink_writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	destroy(w);
}

void sink_writer_give(struct sink_writer *w, const struct sink_state *st, struct sink_batch *sealed)
{
	pthread_mutex_lock(&w->lock);
	w->st = st;
	w->batch = sealed;
	w->outcome = OUTCOME_PENDING;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool sink_writer_busy(struct sink_writer *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->st != NULL;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

enum sink_outcome sink_writer_outcome(struct sink_writer *w, bool wait)
{
	enum sink_outcome outcome;

	pthread_mutex_lock(&w->lock);
	while (wait && w->outcome == OUTCOME_PENDING)
		pthread_cond_wait(&w->wake, &w->lock);
	outcome = w->outcome;
	if (outcome != OUTCOME_PENDING)
		w->st = NULL;
	pthread_mutex_unlock(&w->lock);
	return outcome;
}

const char *sink_writer_reason(const struct sink_writer *w)
{
	return w->reason.text;
}

void sink_writer_hurry(struct sink_writer *w, int64_t until_us)
{
	pthread_mutex_lock(&w->lock);
	w->until_us = until_us;
	pthread_mutex_unlock(&w->lock);
}
