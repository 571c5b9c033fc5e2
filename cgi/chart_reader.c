#include "chart_reader.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "problem.h"
#include "retry.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(away, "pricegraph_chart_database_away_total",
	"Requests that were refused because the database was away.");
METRIC_COUNTER(late, "pricegraph_chart_database_timeouts_total",
	"Requests whose statement exceeded the database's time limit.");

static const struct retry_policy policy = {
	.first_us = 50 * MS_US, .max_us = 500 * MS_US, .reset_us = 0};

#define CONNECT_MAX_US (800 * MS_US)

struct chart_reader {
	struct pg *pg;
	const char *venue;
	int64_t limit_us;
	const atomic_bool *away;
	struct chart_basis basis;
	struct answer *answer; /* of the snapshot that is open; NULL: none is */
	bool by_value;         /* chart_reader_plan_by_value was called in it */
	struct retry retry;
	int64_t not_before_us; /* monotonic; no attempt to connect before */
};

void chart_params_text(struct chart_params *p, const char *text)
{
	assert(p->count < CHART_PARAMS_MAX);
	p->v[p->count++] = text;
}

void chart_params_int(struct chart_params *p, int64_t value)
{
	assert(p->count < CHART_PARAMS_MAX);
	snprintf(p->text[p->count], sizeof(p->text[0]), "%" PRId64, value);
	p->v[p->count] = p->text[p->count];
	p->count++;
}

void chart_params_bool(struct chart_params *p, bool value)
{
	chart_params_text(p, value ? "t" : "f");
}

struct chart_reader *chart_reader_new(const struct chart_reader_options *o)
{
	struct chart_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->venue = o->venue;
	r->limit_us = o->limit_us;
	r->away = o->away;
	r->pg = pg_new(o->conninfo, "pricegraph-chart");
	retry_init(&r->retry, &policy, (uint64_t)clock_mono_us() ^ (uint64_t)(uintptr_t)r);
	if (!r->pg) {
		free(r);
		return NULL;
	}
	return r;
}

void chart_reader_free(struct chart_reader *r)
{
	if (!r)
		return;
	pg_free(r->pg);
	free(r);
}

const char *chart_reader_venue(const struct chart_reader *r)
{
	return r->venue;
}

static void refuse(struct answer *a)
{
	metric_add(&away, 1);
	problem_answer(a, PROBLEM_UNAVAILABLE, "The database cannot be reached.");
}

/* Says what happened: to the log all of it, to the client what it may know. */
static void fail(struct chart_reader *r, struct answer *a, enum pg_failure f, const struct err *e)
{
	if (f == PG_RETRY && pg_connected(r->pg)) {
		metric_add(&late, 1);
		log_warn("chart_query_gave_up", "sqlstate=%s reason=\"%s\"", pg_sqlstate(r->pg),
			e->text);
		problem_answer(a, PROBLEM_TIMEOUT, "The database did not answer in time.");
	} else if (f == PG_RETRY) {
		r->not_before_us = clock_mono_us() + retry_delay_us(&r->retry, clock_mono_us());
		log_warn("chart_database_away", "reason=\"%s\"", e->text);
		refuse(a);
	} else {
		log_error("chart_query_failed", "sqlstate=%s reason=\"%s\"", pg_sqlstate(r->pg),
			e->text);
		problem_answer(a, PROBLEM_INTERNAL, "The database refused a statement.");
	}
}

static void limit(struct chart_reader *r, int64_t us)
{
	pg_set_limit(r->pg, &(struct pg_limit){clock_mono_us() + us, r->away});
}

static enum pg_failure begin(struct chart_reader *r, struct err *e)
{
	if (!pg_connected(r->pg)) {
		enum pg_failure f;

		limit(r, CONNECT_MAX_US < r->limit_us ? CONNECT_MAX_US : r->limit_us);
		f = pg_connect(r->pg, e);
		/* Short statements only lose by it. */
		if (f == PG_OK)
			f = pg_exec(r->pg, "SET jit = off", e);
		if (f != PG_OK)
			return f;
	}
	limit(r, r->limit_us);
	return pg_exec(r->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
}

int chart_reader_begin(struct chart_reader *r, struct answer *a)
{
	bool was_connected = pg_connected(r->pg);
	struct err e = {0};
	enum pg_failure f;

	chart_reader_forget_basis(r);
	if ((r->away && atomic_load(r->away)) ||
		(!was_connected && clock_mono_us() < r->not_before_us)) {
		refuse(a);
		return -1;
	}
	f = begin(r, &e);
	/* The server may have been started anew since the last request. */
	if (f == PG_RETRY && was_connected && !pg_connected(r->pg))
		f = begin(r, &e);
	if (f != PG_OK) {
		fail(r, a, f, &e);
		return -1;
	}
	retry_good(&r->retry, clock_mono_us());
	r->answer = a;
	r->by_value = false;
	return 0;
}

/* Answers a failure of a statement of the snapshot, which is over then. */
static int give_up(struct chart_reader *r, enum pg_failure f, const struct err *e)
{
	fail(r, r->answer, f, e);
	chart_reader_end(r);
	return -1;
}

int chart_reader_plan_by_value(struct chart_reader *r)
{
	struct err e = {0};
	enum pg_failure f;

	if (r->by_value)
		return 0;
	f = pg_exec(r->pg, "SET LOCAL plan_cache_mode = force_custom_plan", &e);
	if (f != PG_OK)
		return give_up(r, f, &e);
	r->by_value = true;
	return 0;
}

int chart_reader_query(struct chart_reader *r, const char *name, const char *sql,
	const struct chart_params *p, PGresult **result)
{
	struct err e = {0};
	enum pg_failure f = pg_query(r->pg, name, sql, p->count, p->v, result, &e);

	if (f == PG_OK)
		return 0;
	err_wrap(&e, "%s", name);
	return give_up(r, f, &e);
}

struct chart_basis *chart_reader_basis(struct chart_reader *r)
{
	return &r->basis;
}

void chart_reader_forget_basis(struct chart_reader *r)
{
	r->basis = (struct chart_basis){0};
}

struct answer *chart_reader_answer(const struct chart_reader *r)
{
	return r->answer;
}

void chart_reader_end(struct chart_reader *r)
{
	struct err e;

	if (!r->answer)
		return;
	r->answer = NULL;
	/* Nothing was written: a failure here only means a new connection next time. */
	if (pg_exec(r->pg, "ROLLBACK", &e) != PG_OK)
		pg_disconnect(r->pg);
}
