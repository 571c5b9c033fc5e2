#include "pg_to_chart.h"
#include "accept.h"
#include "chart_cached.h"
#include "chart_endpoint.h"
#include "chart_key.h"
#include "chart_pulse.h"
#include "chart_reader.h"
#include "chart_refresh.h"
#include "clock.h"
#include "metrics.h"
#include "problem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(requests, "pricegraph_chart_requests_total", "Requests answered.");
METRIC_COUNTER(refused, "pricegraph_chart_client_errors_total", "Answers with status 4xx.");
METRIC_COUNTER(failed, "pricegraph_chart_server_errors_total", "Answers with status 5xx.");
METRIC_COUNTER(unchanged, "pricegraph_chart_not_modified_total", "Answers with status 304.");
METRIC_COUNTER(bytes, "pricegraph_chart_body_bytes_total", "Bytes of bodies made.");
METRIC_COUNTER_US(
	busy_us, "pricegraph_chart_busy_seconds_total", "Time that workers spent on answers.");

METRIC_COUNTER(told_stale, "pricegraph_chart_told_stale_total",
	"Answers of before, marked as stale, because the database was away.");

#define ENTRIES_MAX 16384
#define BEAT_US (125 * MS_US) /* where nothing is kept, only to learn that the database is away */

struct pg_to_chart {
	int64_t keep_us; /* 0: nothing is kept */
	struct chart_pulse *pulse;
	struct chart_cache *cache;
	struct chart_watch *watch;
	const char *prefix; /* lent by the settings */
	struct chart_refresh *refresh;
	struct answer refreshed; /* its thread's */
	int workers;
	struct chart_reader *readers[]; /* the workers', and the one of `refresh` */
};

const struct param chart_no_params[] = {
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static void print_metrics(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	(void)r;
	(void)c;
	a->content_type = "text/plain; version=0.0.4; charset=utf-8";
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	metrics_print(&a->body);
}

const struct chart_endpoint chart_metrics = {
	.path = "/metrics",
	.summary = "Counters as Prometheus reads them.",
	.params = chart_no_params,
	.answer = print_metrics,
	.types = "text/plain",
};

const struct chart_endpoint *const chart_endpoints[] = {
	&chart_initial,
	&chart_periodic,
	&chart_symbols,
	&chart_coverage,
	&chart_status,
	&chart_healthz,
	&chart_metrics,
	&chart_v3_ping,
	&chart_v3_time,
	&chart_v3_klines,
	&chart_v3_ui_klines,
	&chart_v3_exchange_info,
	&chart_v3_day,
	&chart_v3_price,
	&chart_v3_average,
	&chart_udf_config,
	&chart_udf_symbols,
	&chart_udf_search,
	&chart_udf_history,
	&chart_udf_time,
	&chart_openapi,
	NULL,
};

static void refresh(void *arg, const char *key, size_t key_len);

static int make_parts(struct pg_to_chart *c, const struct settings *s, struct err *e)
{
	struct chart_reader_options o = {
		.conninfo = settings_text(s, "postgres", "reader"),
		.venue = settings_text(s, "venue", "name"),
		.limit_us = settings_int(s, "chart", "timeout") * MS_US,
	};
	/* Half of what an answer may be older, so that who comes never waits for a beat while there are others. */
	int64_t every_us = c->keep_us > 0 ? c->keep_us / 2 : BEAT_US;

	c->pulse = chart_pulse_new(o.conninfo, o.venue, every_us, e);
	if (!c->pulse)
		return -1;
	o.away = chart_pulse_away(c->pulse);
	c->cache = chart_cache_new((size_t)settings_int(s, "chart", "keep_bytes"), ENTRIES_MAX);
	c->watch = chart_watch_new();
	if (!c->cache || !c->watch)
		return err_set(e, "no memory for the answers that are kept");
	for (int i = 0; i <= c->workers; i++) {
		c->readers[i] = chart_reader_new(&o);
		if (!c->readers[i])
			return err_set(e, "no memory for worker %d", i);
	}
	c->refresh = chart_refresh_new(&(struct chart_refresh_owner){refresh, c}, e);
	return c->refresh ? 0 : -1;
}

struct pg_to_chart *pg_to_chart_new(const struct settings *s, int workers, struct err *e)
{
	struct pg_to_chart *c =
		calloc(1, sizeof(*c) + (size_t)(workers + 1) * sizeof(c->readers[0]));

	if (!c) {
		err_set(e, "no memory for %d workers", workers);
		return NULL;
	}
	c->workers = workers;
	c->keep_us = settings_int(s, "chart", "keep") * MS_US;
	c->prefix = settings_text(s, "web", "prefix");
	buf_init(&c->refreshed.body, FCGI_ANSWER_MAX);
	if (make_parts(c, s, e) != 0) {
		pg_to_chart_free(c);
		return NULL;
	}
	return c;
}

void pg_to_chart_free(struct pg_to_chart *c)
{
	if (!c)
		return;
	chart_refresh_free(c->refresh);
	for (int i = 0; i <= c->workers; i++)
		chart_reader_free(c->readers[i]);
	buf_done(&c->refreshed.body);
	chart_pulse_free(c->pulse);
	chart_cache_free(c->cache);
	chart_watch_free(c->watch);
	free(c);
}

static const struct chart_endpoint *find(const char *path)
{
	for (const struct chart_endpoint *const *e = chart_endpoints; *e != NULL; e++)
		if (strcmp((*e)->path, path) == 0)
			return *e;
	return NULL;
}

static struct chart_want want_of(const struct pg_to_chart *c, const struct chart_endpoint *e,
	const struct chart_beat *beat, const char *key, size_t key_len)
{
	int64_t hold_us = e->keep == CHART_KEEP_SECOND ? SECOND_US : 0;

	return (struct chart_want){key, key_len, beat, hold_us, c->keep_us};
}

static const char *types_of(const struct chart_endpoint *e)
{
	return e->types ? e->types : "application/json";
}

static bool is_read(const struct request *rq)
{
	return strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0;
}

struct job { /* all lent */
	struct pg_to_chart *c;
	int worker;
	const struct chart_endpoint *e;
	const struct request *rq;
	struct answer *a;
};

static void make(const struct job *j, const struct request *rq)
{
	struct chart_reader *r = j->c->readers[j->worker];
	struct param_values values;

	chart_reader_forget_basis(r);
	if (param_parse(j->e->params, rq->query, &values, j->a) != 0)
		return;
	if (!rq->gateway_cgi)
		chart_pulse_enter(j->c->pulse);
	j->e->answer(r, &(struct chart_call){rq, values.v, j->c->watch}, j->a);
	if (!rq->gateway_cgi)
		chart_pulse_leave(j->c->pulse);
	param_values_done(&values);
}

/* The answer says that the database is away: better the last one that was good. */
static void tell_stale(const struct job *j, const struct chart_want *w)
{
	struct chart_entry *e = chart_cache_last(j->c->cache, w);

	if (e && chart_cached_can_be_stale(e)) {
		metric_add(&told_stale, 1);
		chart_cached_answer(e, j->rq, true, j->a);
	}
	chart_cache_let_go(e);
}

/* Makes what the cache wants made, and gives it to whoever waits for it. */
static void make_for_all(const struct job *j, const struct chart_want *w, struct chart_entry *entry)
{
	struct request plain = *j->rq;

	plain.if_none_match = "";
	make(j, entry ? &plain : j->rq);
	if (entry)
		chart_cache_made(
			j->c->cache, w, entry, j->a, chart_reader_basis(j->c->readers[j->worker]));
}

static void keep(const struct job *j)
{
	char key[CHART_KEY_SIZE];
	struct chart_beat beat;
	struct chart_want w = want_of(j->c, j->e, &beat, key, chart_key_of(j->rq, key));
	struct chart_entry *entry = NULL;
	bool wanted = true;

	if (w.key_len > 0 && chart_pulse_wait(j->c->pulse, j->c->keep_us, &beat))
		entry = chart_cache_enter(j->c->cache, &w, &wanted);
	if (wanted)
		make_for_all(j, &w, entry);
	if (entry)
		chart_cached_answer(entry, j->rq, false, j->a);
	if (j->a->status == 503 && w.key_len > 0)
		tell_stale(j, &w);
	chart_cache_let_go(entry);
}

/* The address decides of which type the answer is, so that what is kept serves all; the header may only refuse it. */
static void answer_in_type(const struct job *j)
{
	if (j->e->keep == CHART_KEEP_NOT || j->c->keep_us == 0 || j->rq->gateway_cgi)
		make(j, j->rq);
	else
		keep(j);
	if (j->a->status == 200 && !accept_one(j->rq->accept, j->a->content_type))
		problem_answer(
			j->a, PROBLEM_NOT_ACCEPTABLE, "This address is %s.", j->a->content_type);
}

static void dispatch(struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a)
{
	const struct chart_endpoint *e = find(rq->path);
	struct job j = {c, worker, e, rq, a};

	if (!e)
		problem_answer(a, PROBLEM_NOT_FOUND, "There is no '%.200s'.", rq->path);
	else if (!is_read(rq))
		problem_answer(a, PROBLEM_METHOD, "'%s' answers GET and HEAD only.", e->path);
	else if (!accept_any(rq->accept, types_of(e)))
		problem_answer(a, PROBLEM_NOT_ACCEPTABLE, "'%s' is %s.", e->path, types_of(e));
	else
		answer_in_type(&j);
}

static void begin(struct answer *a, const struct request *rq)
{
	a->status = 200;
	a->content_type = "application/json";
	a->udf = strncmp(rq->path, "/udf/", 5) == 0;
}

/* On its own thread: makes a kept answer anew, unless somebody has. */
static void refresh(void *arg, const char *key, size_t key_len)
{
	struct pg_to_chart *c = arg;
	struct answer *a = &c->refreshed;
	char pieces[CHART_KEY_SIZE];
	struct request rq = {.method = "GET",
		.prefix = c->prefix,
		.if_none_match = "",
		.prefer = "",
		.last_event_id = "",
		.origin = ""};

	memcpy(pieces, key, key_len + 1);
	chart_key_parse(pieces, &rq);
	a->etag[0] = a->headers[0] = '\0';
	buf_reset(&a->body);
	begin(a, &rq);
	keep(&(struct job){c, c->workers, find(rq.path), &rq, a});
}

static void count(int status, size_t body_bytes)
{
	metric_add(&requests, 1);
	metric_add(&bytes, (int64_t)body_bytes);
	if (status == 304)
		metric_add(&unchanged, 1);
	else if (status >= 500)
		metric_add(&failed, 1);
	else if (status >= 400)
		metric_add(&refused, 1);
}

bool pg_to_chart_now(struct pg_to_chart *c, const struct request *rq, struct fcgi_ready *out)
{
	const struct chart_endpoint *e = c->keep_us > 0 && is_read(rq) ? find(rq->path) : NULL;
	char key[CHART_KEY_SIZE];
	struct chart_beat beat;
	struct chart_want w;
	struct chart_entry *entry;
	bool old;

	if (!e || e->keep == CHART_KEEP_NOT)
		return false;
	w = want_of(c, e, &beat, key, chart_key_of(rq, key));
	if (w.key_len == 0 || !chart_pulse_now(c->pulse, c->keep_us, &beat))
		return false;
	entry = chart_cache_get(c->cache, &w, &old);
	if (!entry)
		return false;
	if (old)
		chart_refresh_want(c->refresh, key, w.key_len);
	if (!accept_one(rq->accept, entry->answer.content_type)) {
		chart_cache_let_go(entry);
		return false;
	}
	chart_cached_lay_out(entry, rq, false, out);
	out->held = entry;
	count(out->head.status, entry->answer.body.len);
	return true;
}

void pg_to_chart_now_done(struct fcgi_ready *r)
{
	chart_cache_let_go(r->held);
}

void pg_to_chart_answer(
	struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a)
{
	int64_t begin_us = clock_mono_us();

	begin(a, rq);
	dispatch(c, worker, rq, a);
	metric_add(&busy_us, clock_mono_us() - begin_us);
	count(a->status, a->body.len);
}
