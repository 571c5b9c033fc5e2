#include "maintenance.h"

#include "clock.h"
#include "log.h"
#include "monitor.h"
#include "pg.h"
#include "pg_queries.h"
#include "retention.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD_DAYS 2
#define EVERY_S 600
#define AGAIN_S 1
#define REFUSED_S 60

struct maintenance {
	const char *venue;
	pthread_t thread;
	pthread_mutex_t lock; /* guards pg */
	struct pg *pg;
	struct retention *retention; /* the thread's */
	struct monitor monitor;
	bool stop; /* by monitor */
};

int maintenance_ensure(struct maintenance *m, const struct maintenance_times *times, struct err *e)
{
	enum pg_failure f = PG_OK;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < times->count && f == PG_OK; i++) {
		char time[24];
		const char *params[] = {m->venue, time, times->of == MAINTENANCE_YEARS ? "t" : "f"};

		snprintf(time, sizeof time, "%lld", (long long)times->us[i]);
		f = pg_query(
			m->pg, "maintenance_ensure", sql_maintenance_ensure, 3, params, NULL, e);
	}
	pthread_mutex_unlock(&m->lock);
	return f == PG_OK ? 0 : -1;
}

/* The venue's clock, or the host's while no feed was heard. */
static int64_t clock_now_us(struct maintenance *m)
{
	int64_t now_us = clock_wall_us();
	PGresult *r = NULL;
	struct err e;

	pthread_mutex_lock(&m->lock);
	if (pg_query(m->pg, "maintenance_clock", sql_maintenance_clock, 1, &m->venue, &r, &e) ==
		PG_OK)
		now_us = pg_int(r, 0, 0);
	PQclear(r);
	pthread_mutex_unlock(&m->lock);
	return now_us;
}

/* The venue may not be there yet: the sink makes it when it takes over. */
static int make_ahead(struct maintenance *m)
{
	int64_t days[AHEAD_DAYS + 1], now_us = clock_now_us(m);
	struct err e = {""};

	for (int i = 0; i <= AHEAD_DAYS; i++)
		days[i] = clock_floor(now_us, DAY_US) + i * DAY_US;
	if (maintenance_ensure(
		    m, &(struct maintenance_times){MAINTENANCE_ALL, days, AHEAD_DAYS + 1}, &e) == 0)
		return 0;
	log_debug("maintenance_waits", "reason=\"%s\"", e.text);
	return -1;
}

/* In how many seconds to look again. */
static int retain(struct maintenance *m)
{
	struct err e = {""};

	switch (retention_run(m->retention, &e)) {
	case RETENTION_DONE:
		return EVERY_S;
	case RETENTION_AGAIN:
		log_debug("retention_waits", "reason=\"%s\"", e.text);
		return AGAIN_S;
	case RETENTION_REFUSED:
		log_error("retention_refused", "reason=\"%s\" setting=postgres.owner", e.text);
		return REFUSED_S;
	}
	return REFUSED_S;
}

static bool wait_for_stop(struct maintenance *m, int seconds)
{
	int64_t until_us = clock_mono_us() + seconds * SECOND_US;
	bool stop;

	monitor_enter(&m->monitor);
	while (!m->stop && monitor_wait_until(&m->monitor, until_us))
		;
	stop = m->stop;
	monitor_leave(&m->monitor);
	return stop;
}

static void *run(void *arg)
{
	struct maintenance *m = arg;
	bool ahead = strncmp(m->venue, "replay-", 7) != 0;

	log_thread_name("maintenance");
	for (;;) {
		/* Recordings have their partitions made as they are met, and no horizon. */
		int seconds = !ahead ? EVERY_S : make_ahead(m) != 0 ? AGAIN_S : retain(m);

		if (wait_for_stop(m, seconds))
			return NULL;
	}
}

static void destroy(struct maintenance *m)
{
	pg_free(m->pg);
	retention_free(m->retention);
	pthread_mutex_destroy(&m->lock);
	monitor_done(&m->monitor);
	free(m);
}

struct maintenance *maintenance_start(const struct settings *s, struct err *e)
{
	struct maintenance *m = calloc(1, sizeof *m);

	if (!m) {
		err_set(e, "no memory for maintenance");
		return NULL;
	}
	m->venue = settings_text(s, "venue", "name");
	pthread_mutex_init(&m->lock, NULL);
	monitor_init(&m->monitor);
	m->pg = pg_new(settings_text(s, "postgres", "collector"), "pricegraph-maintenance");
	m->retention = retention_new(s);
	if (!m->pg || !m->retention || pthread_create(&m->thread, NULL, run, m) != 0) {
		err_set(e, "cannot start the maintenance thread");
		destroy(m);
		return NULL;
	}
	return m;
}

void maintenance_stop(struct maintenance *m)
{
	if (!m)
		return;
	monitor_enter(&m->monitor);
	m->stop = true;
	monitor_changed(&m->monitor);
	monitor_leave(&m->monitor);
	pthread_join(m->thread, NULL);
	destroy(m);
}
