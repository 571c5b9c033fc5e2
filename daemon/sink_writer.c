#include "sink_writer.h"

#include "log.h"
#include "monitor.h"
#include "progress.h"
#include "retry.h"
#include "sink_observe.h"

#include <pthread.h>
#include <stdlib.h>

struct sink_writer {
	pthread_t thread;
	struct monitor monitor;
	/* By monitor. */
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
	int64_t took_us; /* of the transaction run last */
};

/* False: it is not worth trying again. */
static bool pause_before_retry(struct sink_writer *w)
{
	int64_t now_us = clock_mono_us(), end_us = now_us + retry_delay_us(&w->retry, now_us);
	bool again;

	monitor_enter(&w->monitor);
	while (!w->stopping && monitor_wait_until(&w->monitor, end_us))
		;
	again = !w->stopping && !(w->until_us && clock_mono_us() > w->until_us);
	monitor_leave(&w->monitor);
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

/* False: later again. */
static bool make_partitions(struct sink_writer *w, const struct sink_batch *b)
{
	const struct maintenance_times days = {
		MAINTENANCE_ALL, BATCH_ROWS(b->days, const int64_t), BATCH_COUNT(b->days, int64_t)};
	const struct maintenance_times years = {MAINTENANCE_YEARS,
		BATCH_ROWS(b->years, const int64_t), BATCH_COUNT(b->years, int64_t)};

	return maintenance_ensure(w->maintenance, &days, &w->reason) == 0 &&
	       maintenance_ensure(w->maintenance, &years, &w->reason) == 0;
}

static enum sink_outcome write_batch(
	struct sink_writer *w, const struct sink_state *st, struct sink_batch *b)
{
	int64_t began_us = clock_mono_us();

	for (;;) {
		int64_t run_us = clock_mono_us();
		enum sink_done done;

		progress_wait(PROGRESS_SINK, WAIT_DATABASE, run_us);
		done = sink_commit_run(w->commit, st, b, &w->reason);
		w->took_us = clock_mono_us() - run_us;
		switch (done) {
		case SINK_COMMITTED:
			return committed(w, b, began_us);
		case SINK_FENCED:
			return OUTCOME_FENCED;
		case SINK_REFUSED:
			return OUTCOME_REFUSED;
		case SINK_BROKEN:
			return OUTCOME_BROKEN;
		case SINK_NO_PARTITION:
			if (make_partitions(w, b))
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
	monitor_enter(&w->monitor);
	while (!w->stopping) {
		if (w->st && w->outcome == OUTCOME_PENDING) {
			enum sink_outcome outcome;

			monitor_leave(&w->monitor);
			outcome = write_batch(w, w->st, w->batch);
			monitor_enter(&w->monitor);
			w->outcome = outcome;
			monitor_changed(&w->monitor);
		} else {
			monitor_wait(&w->monitor);
		}
	}
	monitor_leave(&w->monitor);
	return NULL;
}

static void destroy(struct sink_writer *w)
{
	monitor_done(&w->monitor);
	free(w);
}

struct sink_writer *sink_writer_start(
	struct pg *pg, struct sink_commit *commit, struct maintenance *maintenance, struct err *e)
{
	struct sink_writer *w = calloc(1, sizeof *w);

	if (!w) {
		err_set(e, "no memory for the sink's writer");
		return NULL;
	}
	w->pg = pg;
	w->commit = commit;
	w->maintenance = maintenance;
	retry_init(&w->retry, &retry_server, (uint64_t)clock_wall_us());
	monitor_init(&w->monitor);
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
	monitor_enter(&w->monitor);
	w->stopping = true;
	monitor_changed(&w->monitor);
	monitor_leave(&w->monitor);
	pthread_join(w->thread, NULL);
	destroy(w);
}

void sink_writer_give(struct sink_writer *w, const struct sink_state *st, struct sink_batch *sealed)
{
	monitor_enter(&w->monitor);
	w->st = st;
	w->batch = sealed;
	w->outcome = OUTCOME_PENDING;
	monitor_changed(&w->monitor);
	monitor_leave(&w->monitor);
}

bool sink_writer_busy(struct sink_writer *w)
{
	bool busy;

	monitor_enter(&w->monitor);
	busy = w->st != NULL;
	monitor_leave(&w->monitor);
	return busy;
}

enum sink_outcome sink_writer_outcome(struct sink_writer *w, bool wait)
{
	enum sink_outcome outcome;

	monitor_enter(&w->monitor);
	while (wait && w->outcome == OUTCOME_PENDING)
		monitor_wait(&w->monitor);
	outcome = w->outcome;
	if (outcome != OUTCOME_PENDING)
		w->st = NULL;
	monitor_leave(&w->monitor);
	return outcome;
}

const char *sink_writer_reason(const struct sink_writer *w)
{
	return w->reason.text;
}

int64_t sink_writer_took_us(const struct sink_writer *w)
{
	return w->took_us;
}

void sink_writer_hurry(struct sink_writer *w, int64_t until_us)
{
	monitor_enter(&w->monitor);
	w->until_us = until_us;
	monitor_leave(&w->monitor);
}
