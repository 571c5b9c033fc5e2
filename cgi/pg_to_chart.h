/*
 * pg_to_chart: from PostgreSQL to the chart's answers: path and method to endpoint. Runs on the workers of fcgi_server, each with its own
 * connection; what was answered before is kept (chart_cache) as long as nothing was committed (chart_pulse), and answered on the epoll thread.
 *
 * An answer is at most [chart] keep older than the database, and says of when it is; so long one of before is told while it is made anew
 * (chart_refresh). With the database away the last good answer is given, which says that it is stale, or 503. A plain CGI request is answered
 * from the database alone.
 */
#pragma once
#include "err.h"
#include "fcgi_server.h"
#include "request.h"
#include "settings.h"

struct pg_to_chart;

/* One reader per worker, and one for what is made anew; connects at the first request. `s` is lent. NULL: `e` says why. */
struct pg_to_chart *pg_to_chart_new(const struct settings *s, int workers, struct err *e);
/* After the last answer. */
void pg_to_chart_free(struct pg_to_chart *c);
/* For the epoll thread: lays out an answer that is kept and still good, or returns false. Never blocks. pg_to_chart_now_done follows. */
bool pg_to_chart_now(struct pg_to_chart *c, const struct request *rq, struct fcgi_ready *out);
void pg_to_chart_now_done(struct fcgi_ready *r);
/* Fills the answer, which comes empty. At once for several workers, one request at a time for each. Blocks for the database. */
void pg_to_chart_answer(
	struct pg_to_chart *c, int worker, const struct request *rq, struct answer *a);
