#include "chart_pulse.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "pg.h"
#include "pg_queries.h"
#include "retry.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define BEAT_MAX_US (700 * MS_US)
#define WAIT_MAX_US                                                                                \
	(900 * MS_US) /* a beat may have begun before we came; an answer is due within a second */

METRIC_COUNTER(beats, "pricegraph_chart_pulse_beats_total",
	"Times the database was asked whether anything had changed.");
METRIC_COUNTER(missed, "pricegraph_chart_pulse_missed_total",
	"Beats that failed or took too long: the database is away.");
METRIC_GAUGE(up, "pricegraph_chart_database_up", "1 while the database answers, else 0.");

static const struct retry_policy policy = {
	.first_us = 50 * MS_US, .max_us = 500 * MS_US, .reset_us = 0};

struct chart_pulse {
	/* Of the thread. */
	struct pg *pg;
	const char *venue;
	int64_t every_us;
	struct retry retry;
	/* Of all. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake, beaten;
	bool started;
	bool wanted, stopping;  /* guarded by lock */
	int busy;               /* guarded by lock */
	struct chart_beat last; /* guarded by lock; at_us 0: none yet */
	atomic_bool away;
};

int64_t chart_beat_revision(const struct chart_beat *b, int partition)
{
	int64_t sum = 0;

	if (partition >= 0)
		return b->revisions[partition];
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		sum += b->revisions[i];
	return sum;
}

static struct timespec timespec_of(int64_t us)
{
	return (struct timespec){.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
}

static void take_rows(const PGresult *rows, struct chart_beat *out)
{
	out->known = PQntuples(rows) > 0;
	for (int row = 0; row < PQntuples(rows); row++) {
		int64_t i = pg_int(rows, row, 2);

		out->epoch = pg_int(rows, row, 0);
		out->generation = pg_int(rows, row, 1);
		if (i >= 0 && i < TOPIC_PARTITIONS)
			out->revisions[i] = pg_int(rows, row, 3);
	}
}

static enum pg_failure ask(struct chart_pulse *p, struct chart_beat *out, struct err *e)
{
	const char *const params[] = {p->venue};
	struct chart_beat b = {.at_us = clock_mono_us()};
	PGresult *rows = NULL;
	enum pg_failure f = pg_query(p->pg, "chart_pulse", sql_chart_pulse, 1, params, &rows, e);

	if (f != PG_OK)
		return f;
	take_rows(rows, &b);
	PQclear(rows);
	*out = b;
	return PG_OK;
}

/* Of the thread, without the lock. */
static bool beat(struct chart_pulse *p, struct chart_beat *out)
{
	bool was_connected = pg_connected(p->pg);
	struct pg_limit limit = {.deadline_us = clock_mono_us() + BEAT_MAX_US};
	struct err e = {""};
	enum pg_failure f;

	pg_set_limit(p->pg, &limit);
	metric_add(&beats, 1);
	f = ask(p, out, &e);
	/* The server may have been started anew since the last beat. */
	if (f == PG_RETRY && was_connected && !pg_connected(p->pg))
		f = ask(p, out, &e);
	if (f != PG_OK) {
		metric_add(&missed, 1);
		if (!atomic_load(&p->away))
			log_warn("chart_database_away", "reason=\"%s\"", e.text);
	} else if (atomic_load(&p->away)) {
		log_info("chart_database_back", "venue=%s", p->venue);
	}
	metric_set(&up, f == PG_OK);
	return f == PG_OK;
}

/* What to wait behind a beat that began at `began_us`. */
static int64_t next_us(struct chart_pulse *p, int64_t began_us)
{
	int64_t now_us = clock_mono_us();

	if (atomic_load(&p->away))
		return now_us + retry_delay_us(&p->retry, now_us);
	retry_init(&p->retry, &policy, (uint64_t)now_us);
	return began_us + p->every_us;
}

static void pause_locked(struct chart_pulse *p, int64_t until_us)
{
	struct timespec until = timespec_of(until_us);

	while (!p->stopping && clock_mono_us() < until_us)
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
}

static bool is_asked_locked(const struct chart_pulse *p)
{
	return p->wanted || p->busy > 0 || atomic_load(&p->away);
}

static void *run(void *arg)
{
	struct chart_pulse *p = arg;

	log_thread_name("pulse");
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct chart_beat b;
		int64_t began_us;
		bool good;

		while (!p->stopping && !is_asked_locked(p))
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->stopping)
			break;
		p->wanted = false;
		pthread_mutex_unlock(&p->lock);
		began_us = clock_mono_us();
		good = beat(p, &b);
		pthread_mutex_lock(&p->lock);
		if (good)
			p->last = b;
		atomic_store(&p->away, !good);
		pthread_cond_broadcast(&p->beaten);
		pause_locked(p, next_us(p, began_us));
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void init_sync(struct chart_pulse *p)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, &monotonic);
	pthread_cond_init(&p->beaten, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

struct chart_pulse *chart_pulse_new(
	const char *conninfo, const char *venue, int64_t every_us, struct err *e)
{
	struct chart_pulse *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, "no memory for the pulse");
		return NULL;
	}
	init_sync(p);
	p->venue = venue;
	p->every_us = every_us;
	retry_init(&p->retry, &policy, (uint64_t)clock_mono_us());
	p->pg = pg_new(conninfo, "pricegraph-chart-pulse");
	if (p->pg && pthread_create(&p->thread, NULL, run, p) == 0) {
		p->started = true;
		return p;
	}
	err_set(e, "cannot start the pulse's thread");
	chart_pulse_free(p);
	return NULL;
}

void chart_pulse_free(struct chart_pulse *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
	pg_free(p->pg);
	pthread_cond_destroy(&p->wake);
	pthread_cond_destroy(&p->beaten);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void want_locked(struct chart_pulse *p)
{
	if (p->wanted)
		return;
	p->wanted = true;
	pthread_cond_signal(&p->wake);
}

bool chart_pulse_now(struct chart_pulse *p, int64_t max_age_us, struct chart_beat *out)
{
	bool good;

	pthread_mutex_lock(&p->lock);
	want_locked(p);
	good = !atomic_load(&p->away) && p->last.at_us != 0 &&
	       p->last.at_us >= clock_mono_us() - max_age_us;
	if (good)
		*out = p->last;
	pthread_mutex_unlock(&p->lock);
	return good;
}

bool chart_pulse_wait(struct chart_pulse *p, int64_t max_age_us, struct chart_beat *out)
{
	int64_t now_us = clock_mono_us(), give_up_us = now_us + WAIT_MAX_US;
	int64_t oldest_us = now_us - max_age_us;
	struct timespec until = timespec_of(give_up_us);
	bool good;

	pthread_mutex_lock(&p->lock);
	want_locked(p);
	while (!atomic_load(&p->away) && (p->last.at_us == 0 || p->last.at_us < oldest_us) &&
		clock_mono_us() < give_up_us)
		pthread_cond_timedwait(&p->beaten, &p->lock, &until);
	good = !atomic_load(&p->away) && p->last.at_us != 0 && p->last.at_us >= oldest_us;
	if (good)
		*out = p->last;
	pthread_mutex_unlock(&p->lock);
	return good;
}

void chart_pulse_enter(struct chart_pulse *p)
{
	pthread_mutex_lock(&p->lock);
	p->busy++;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void chart_pulse_leave(struct chart_pulse *p)
{
	pthread_mutex_lock(&p->lock);
	p->busy--;
	pthread_mutex_unlock(&p->lock);
}

const atomic_bool *chart_pulse_away(const struct chart_pulse *p)
{
	return &p->away;
}
