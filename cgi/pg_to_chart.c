#include "pg_to_chart.h"
#include "chart_endpoint.h"
#include "chart_reader.h"
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

struct pg_to_chart {
	int workers;
	struct chart_reader *readers[];
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

static const struct chart_endpoint *const endpoints[] = {
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
};
#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

struct pg_to_chart *pg_to_chart_new(const struct settings *s, int workers, struct err *e)
{
	struct pg_to_chart *c = calloc(1, sizeof(*c) + (size_t)workers * sizeof(c->readers[0]));

	if (!c) {
		err_set(e, "no memory for %d workers", workers);
		return NULL;
	}
	c->workers = workers;
	for (int i = 0; i < workers; i++) {
		c->readers[i] = chart_reader_new(
			settings_text(s, "postgres", "reader"), settings_text(s, "venue", "name"));
		if (!c->readers[i]) {
			err_set(e, "no memory for worker %d", i);
			pg_to_chart_free(c);
			return NULL;
		}
	}
	return c;
}

void pg_to_chart_free(struct pg_to_chart *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->workers; i++)
		chart_reader_free(c->readers[i]);
	free(c);
}

static const struct chart_endpoint *find(const char *path)
{
	for (size_t i = 0; i < ENDPOINTS; i++)
		if (strcmp(endpoints[i]->path, path) == 0)
			return endpoints[i];
	return NULL;
}

static void dispatch(struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a)
{
	const struct chart_endpoint *e = find(rq->path);
	struct param_values values;

	if (!e) {
		problem_answer(a, PROBLEM_NOT_FOUND, "There is no '%.200s'.", rq->path);
	} else if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
		problem_answer(a, PROBLEM_METHOD, "'%s' answers GET and HEAD only.", e->path);
	} else if (param_parse(e->params, rq->query, &values, a) == 0) {
		e->answer(c->readers[worker], &(struct chart_call){rq, values.v}, a);
		param_values_done(&values);
	}
}

void pg_to_chart_answer(
	struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a)
{
	int64_t begin_us = clock_mono_us();

	a->status = 200;
	a->content_type = "application/json";
	a->udf = strncmp(rq->path, "/udf/", 5) == 0;
	dispatch(c, worker, rq, a);
	metric_add(&requests, 1);
	metric_add(&busy_us, clock_mono_us() - begin_us);
	metric_add(&bytes, (int64_t)a->body.len);
	if (a->status == 304)
		metric_add(&unchanged, 1);
	else if (a->status >= 500)
		metric_add(&failed, 1);
	else if (a->status >= 400)
		metric_add(&refused, 1);
}
