/*
 * pg_to_chart: from PostgreSQL to the chart's answers: path and method to endpoint. Runs on the workers of fcgi_server, each with its own
 * connection; keeps nothing between requests.
 */
#pragma once
#include "err.h"
#include "request.h"
#include "settings.h"

struct pg_to_chart;

/* One reader per worker; connects at the first request. `s` is lent. NULL: `e` says why. */
struct pg_to_chart *pg_to_chart_new(const struct settings *s, int workers, struct err *e);
/* After the last answer. */
void pg_to_chart_free(struct pg_to_chart *c);
/* Fills the answer, which comes empty. At once for several workers, one request at a time for each. Blocks for the database. */
void pg_to_chart_answer(
	struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a);
