#include "retention.h"

#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "pg.h"
#include "pg_array.h"
#include "pg_queries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(metric_dropped, "pricegraph_retention_dropped_total", "Partitions dropped");
METRIC_COUNTER(metric_joined, "pricegraph_retention_joined_total",
	"Rows of sessions and repaired gaps of long ago that were joined");

struct retention {
	const struct settings *settings;
	const char *venue;
	struct pg *pg;
};

static const char *const level_keys[] = {
	"raw_days", "seconds_days", "minutes_days", "hours_days", "days_days"};

struct retention *retention_new(const struct settings *s)
{
	struct retention *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->settings = s;
	r->venue = settings_text(s, "venue", "name");
	r->pg = pg_new(settings_text(s, "postgres", "owner"), "pricegraph-retention");
	if (r->pg)
		return r;
	free(r);
	return NULL;
}

void retention_free(struct retention *r)
{
	if (!r)
		return;
	pg_free(r->pg);
	free(r);
}

/* A clock that is the host's, set right by a few seconds, can't be far ahead of it. */
static void most_believed(const struct retention *r, char out[24])
{
	bool host = strcmp(settings_text(r->settings, "venue", "clock"), "host") == 0;

	int64_t most_us = host ? clock_wall_us() + HOUR_US : INT64_MAX;

	snprintf(out, 24, "%" PRId64, most_us);
}

static enum pg_failure begin(struct retention *r, bool *mine, struct err *e)
{
	PGresult *locked = NULL;
	enum pg_failure f = pg_exec(r->pg, "SET lock_timeout = '200ms'", e);

	if (f == PG_OK)
		f = pg_query(r->pg, "retention_lock", sql_retention_lock, 1, &r->venue, &locked, e);
	if (f == PG_OK)
		*mine = *PQgetvalue(locked, 0, 0) == 't';
	PQclear(locked);
	return f;
}

static enum pg_failure move_horizons(struct retention *r, struct err *e)
{
	char most[24];
	struct buf days;
	const char *params[3] = {r->venue, NULL, most};
	PGresult *moved = NULL;
	enum pg_failure f;

	most_believed(r, most);
	buf_init(&days, 1024);
	pg_array_begin(&days);
	for (size_t i = 0; i < sizeof(level_keys) / sizeof(level_keys[0]); i++)
		pg_array_int(&days, settings_int(r->settings, "retention", level_keys[i]));
	pg_array_end(&days);
	params[1] = days.data;
	f = days.failed ? PG_RETRY
			: pg_query(r->pg, "retention_horizons", sql_retention_horizons, 3, params,
				  &moved, e);
	if (f == PG_OK && *PQgetvalue(moved, 0, 0))
		log_info("retention_horizons", "moved=\"%s\"", PQgetvalue(moved, 0, 0));
	PQclear(moved);
	buf_done(&days);
	return f;
}

/* One step of each partition that is due; *steps: how many were made. */
static enum pg_failure step(struct retention *r, int *steps, struct err *e)
{
	PGresult *due = NULL;
	enum pg_failure f =
		pg_query(r->pg, "retention_due", sql_retention_due, 1, &r->venue, &due, e);

	*steps = 0;
	for (int i = 0; f == PG_OK && i < PQntuples(due); i++) {
		f = pg_exec(r->pg, PQgetvalue(due, i, 1), e);
		if (f != PG_OK)
			break;
		++*steps;
		if (strncmp(PQgetvalue(due, i, 1), "DROP", 4) != 0)
			continue;
		metric_add(&metric_dropped, 1);
		log_info("retention_dropped", "table=%s", PQgetvalue(due, i, 0));
	}
	PQclear(due);
	return f;
}

static enum pg_failure join_sessions(struct retention *r, struct err *e)
{
	char days[24], most[24];
	const char *params[] = {r->venue, days, most};
	int64_t keep = settings_int(r->settings, "retention", "sessions_days");
	PGresult *joined = NULL;
	enum pg_failure f;

	if (!keep)
		return PG_OK;
	most_believed(r, most);
	snprintf(days, sizeof(days), "%" PRId64, keep);
	f = pg_query(r->pg, "retention_sessions", sql_retention_sessions, 3, params, &joined, e);
	if (f == PG_OK && pg_int(joined, 0, 0)) {
		metric_add(&metric_joined, pg_int(joined, 0, 0));
		log_info("retention_joined", "rows=%s", PQgetvalue(joined, 0, 0));
	}
	PQclear(joined);
	return f;
}

static enum retention_done outcome(enum pg_failure f)
{
	switch (f) {
	case PG_OK:
		return RETENTION_DONE;
	case PG_RETRY:
		return RETENTION_AGAIN;
	case PG_NO_PARTITION:
	case PG_CONFLICT:
	case PG_BAD_DATA:
	case PG_BUG:
		return RETENTION_REFUSED;
	}
	return RETENTION_REFUSED;
}

enum retention_done retention_run(struct retention *r, struct err *e)
{
	bool mine = false;
	int steps = 0;
	enum pg_failure f;

	if (pg_connect(r->pg, e) != PG_OK)
		return RETENTION_REFUSED;
	f = begin(r, &mine, e);

	if (f == PG_OK && !mine)
		return RETENTION_DONE;
	if (f == PG_OK)
		f = move_horizons(r, e);
	/* What was detached is there to be dropped. */
	do
		f = f == PG_OK ? step(r, &steps, e) : f;
	while (f == PG_OK && steps);
	if (f == PG_OK)
		f = join_sessions(r, e);
	/* The connection is seldom used, and ends with it the lock. */
	pg_disconnect(r->pg);
	return outcome(f);
}
