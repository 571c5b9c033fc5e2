#include "chart_reader.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "pg_pipeline.h"
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

#define BEGIN "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define BY_VALUE "SET LOCAL plan_cache_mode = force_custom_plan"

struct expected {
	struct chart_statement statement;
	struct chart_params params;
	PGresult *result; /* NULL: not sent yet, or taken */
	bool sent;
};

struct chart_reader {
	struct pg *pg;
	const char *venue;
	int64_t limit_us;
	const atomic_bool *away;
	struct chart_basis basis;
	struct answer *answer; /* of the snapshot that is open; NULL: none is */
	bool begun;            /* its first statement was sent */
	bool want_by_value;    /* chart_reader_plan_by_value was called in it */
	bool by_value;         /* and the database knows */
	struct expected expected[CHART_EXPECTED_MAX];
	size_t expected_count;
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
	pg_set_session(r->pg, "SET jit = off"); /* short statements only lose by it */
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

static enum pg_failure connect(struct chart_reader *r, struct err *e)
{
	if (pg_connected(r->pg))
		return PG_OK;
	limit(r, CONNECT_MAX_US < r->limit_us ? CONNECT_MAX_US : r->limit_us);
	return pg_connect(r->pg, e);
}

int chart_reader_begin(struct chart_reader *r, struct answer *a)
{
	struct err e = {0};
	enum pg_failure f;

	chart_reader_forget_basis(r);
	if ((r->away && atomic_load(r->away)) ||
		(!pg_connected(r->pg) && clock_mono_us() < r->not_before_us)) {
		refuse(a);
		return -1;
	}
	f = connect(r, &e);
	if (f != PG_OK) {
		fail(r, a, f, &e);
		return -1;
	}
	limit(r, r->limit_us);
	r->answer = a;
	r->begun = r->want_by_value = r->by_value = false;
	r->expected_count = 0;
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
	r->want_by_value = true;
	return 0;
}

static void copy_params(struct chart_params *to, const struct chart_params *from)
{
	*to = *from;
	for (int i = 0; i < from->count; i++)
		if (from->v[i] == from->text[i])
			to->v[i] = to->text[i];
}

void chart_reader_expect(
	struct chart_reader *r, const struct chart_statement *s, const struct chart_params *p)
{
	struct expected *x = &r->expected[r->expected_count];

	if (r->expected_count == CHART_EXPECTED_MAX)
		return;
	for (size_t i = 0; i < r->expected_count; i++)
		if (strcmp(r->expected[i].statement.name, s->name) == 0)
			return; /* a pipeline can prepare a name once */
	*x = (struct expected){.statement = *s};
	copy_params(&x->params, p);
	r->expected_count++;
}

/* The statements in the order in which they are sent: those that are planned by value come last, as that cannot be taken back. */
static size_t order_calls(
	struct chart_reader *r, struct expected *const *x, size_t count, struct pg_call *calls)
{
	size_t n = 0;

	if (!r->begun)
		calls[n++] = (struct pg_call){.sql = BEGIN};
	for (int by_value = 0; by_value < 2; by_value++) {
		bool told = r->by_value || !by_value;

		for (size_t i = 0; i < count; i++) {
			const struct chart_statement *s = &x[i]->statement;

			if (s->by_value != by_value)
				continue;
			if (!told)
				calls[n++] = (struct pg_call){.sql = BY_VALUE};
			told = true;
			calls[n++] = (struct pg_call){
				s->name, s->sql, x[i]->params.count, x[i]->params.v, NULL};
		}
	}
	return n;
}

static void take_results(struct chart_reader *r, struct expected *const *x, size_t count,
	struct pg_call *calls, size_t n)
{
	for (size_t c = 0; c < n; c++) {
		if (calls[c].name == NULL) {
			r->by_value |= strcmp(calls[c].sql, BY_VALUE) == 0;
			PQclear(calls[c].result);
		}
		for (size_t i = 0; i < count && calls[c].name != NULL; i++)
			if (x[i]->params.v == calls[c].params)
				x[i]->result = calls[c].result;
	}
	r->begun = true;
}

/* Sends all of them, and waits for all. */
static enum pg_failure run(
	struct chart_reader *r, struct expected *const *x, size_t count, struct err *e)
{
	struct pg_call calls[CHART_EXPECTED_MAX + 2];
	size_t n = order_calls(r, x, count, calls);
	enum pg_failure f = pg_query_all(r->pg, calls, n, e);

	/* The server may have been started anew since the last request. */
	if (f == PG_RETRY && !r->begun && !pg_connected(r->pg) &&
		!(r->away && atomic_load(r->away))) {
		f = connect(r, e);
		limit(r, r->limit_us);
		if (f == PG_OK)
			f = pg_query_all(r->pg, calls, n, e);
	}
	if (f != PG_OK) {
		r->begun = true; /* as far as it came */
		return f;
	}
	if (!r->begun)
		retry_good(&r->retry, clock_mono_us());
	take_results(r, x, count, calls, n);
	return PG_OK;
}

static bool is_same(const struct chart_params *a, const struct chart_params *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static struct expected *find_expected(
	struct chart_reader *r, const char *name, const struct chart_params *p)
{
	for (size_t i = 0; i < r->expected_count; i++) {
		struct expected *x = &r->expected[i];

		if (strcmp(x->statement.name, name) == 0 && is_same(&x->params, p) &&
			(!x->sent || x->result))
			return x;
	}
	return NULL;
}

static enum pg_failure run_expected(struct chart_reader *r, struct err *e)
{
	struct expected *x[CHART_EXPECTED_MAX];
	size_t count = 0;

	for (size_t i = 0; i < r->expected_count; i++) {
		if (r->expected[i].sent)
			continue;
		r->expected[i].sent = true;
		x[count++] = &r->expected[i];
	}
	return run(r, x, count, e);
}

int chart_reader_query(struct chart_reader *r, const char *name, const char *sql,
	const struct chart_params *p, PGresult **result)
{
	struct expected one = {.statement = {name, sql, r->want_by_value}}, *x;
	struct expected *const alone[] = {&one};
	struct err e = {0};
	enum pg_failure f = PG_OK;

	x = find_expected(r, name, p);
	if (!x) {
		copy_params(&one.params, p);
		x = &one;
		f = run(r, alone, 1, &e);
	} else if (!x->sent) {
		f = run_expected(r, &e);
	}
	if (f != PG_OK) {
		err_wrap(&e, "%s", name);
		return give_up(r, f, &e);
	}
	*result = x->result;
	x->result = NULL;
	return 0;
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
	if (!r->answer)
		return;
	r->answer = NULL;
	for (size_t i = 0; i < r->expected_count; i++)
		PQclear(r->expected[i].result);
	r->expected_count = 0;
	if (!r->begun)
		return;
	r->begun = false;
	pg_rollback_soon(r->pg); /* nothing was written */
}
