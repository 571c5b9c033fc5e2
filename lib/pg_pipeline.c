#include "pg_pipeline.h"

static bool send_call(PGconn *conn, const struct pg_call *c, bool prepare_it)
{
	if (c->name == NULL)
		return PQsendQueryParams(conn, c->sql, 0, NULL, NULL, NULL, NULL, 0);
	if (prepare_it && !PQsendPrepare(conn, c->name, c->sql, 0, NULL))
		return false;
	return PQsendQueryPrepared(conn, c->name, c->param_count, c->params, NULL, NULL, 0);
}

static bool send_calls(struct pg *pg, const struct pg_call *calls, size_t count)
{
	PGconn *conn = pg_raw(pg);

	if (!PQenterPipelineMode(conn))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!send_call(conn, &calls[i],
			    calls[i].name != NULL && !pg_is_prepared(pg, calls[i].name)))
			return false;
	return PQpipelineSync(conn);
}

/* What PQgetResult gives next, waited for. */
static enum pg_failure await(struct pg *pg, PGresult **out, struct err *e)
{
	if (pg_wait_result(pg_limit_of(pg), pg_raw(pg)) != 0)
		return pg_late(pg, e);
	*out = PQgetResult(pg_raw(pg));
	return PG_OK;
}

/* The result of the pipeline's next statement, and the NULL behind it. */
static enum pg_failure next_result(struct pg *pg, PGresult **out, struct err *e)
{
	PGresult *end = NULL;
	enum pg_failure f = await(pg, out, e);

	if (f == PG_OK)
		f = pg_classify(pg, *out, e);
	if (f == PG_OK)
		f = await(pg, &end, e);
	PQclear(end);
	return f;
}

static enum pg_failure take_result(struct pg *pg, struct pg_call *c, struct err *e)
{
	enum pg_failure f = PG_OK;

	if (c->name != NULL && !pg_is_prepared(pg, c->name)) {
		PGresult *r = NULL;

		f = next_result(pg, &r, e);
		PQclear(r);
		if (f == PG_OK)
			f = pg_note_prepared(pg, c->name, e);
	}
	return f == PG_OK ? next_result(pg, &c->result, e) : f;
}

/* Behind the last result, or behind the one that failed, where the rest says that it was not run. */
static enum pg_failure end_pipeline(struct pg *pg, struct err *e)
{
	for (bool over = false; !over;) {
		PGresult *r = NULL;
		enum pg_failure f = await(pg, &r, e);

		if (f != PG_OK)
			return f;
		over = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
		PQclear(r);
		if (PQstatus(pg_raw(pg)) != CONNECTION_OK)
			return pg_lost(pg, e);
	}
	pg_see_transaction(pg);
	return PQexitPipelineMode(pg_raw(pg)) ? PG_OK : pg_lost(pg, e);
}

static void drop_results(struct pg_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		PQclear(calls[i].result);
		calls[i].result = NULL;
	}
}

enum pg_failure pg_query_all(struct pg *pg, struct pg_call *calls, size_t count, struct err *e)
{
	struct err unused;
	enum pg_failure f = pg_ensure(pg, e);

	for (size_t i = 0; i < count; i++)
		calls[i].result = NULL;
	if (f != PG_OK)
		return f;
	if (!send_calls(pg, calls, count))
		return pg_lost(pg, e);
	for (size_t i = 0; i < count && f == PG_OK; i++)
		f = take_result(pg, &calls[i], e);
	if (pg_connected(pg)) {
		enum pg_failure end = end_pipeline(pg, f == PG_OK ? e : &unused);

		if (f == PG_OK)
			f = end;
	}
	if (f != PG_OK)
		drop_results(calls, count);
	return f;
}
