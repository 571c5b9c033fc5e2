/*
 * pg_pipeline: several statements sent at once, so that a server is waited for once and not once for each (libpq's pipeline mode).
 */
#pragma once
#include "pg.h"

struct pg_call {
	const char *name,
		*sql; /* as for pg_query; a NULL name: not prepared (BEGIN, ROLLBACK, SET) */
	int param_count;
	const char *const *params;
	PGresult *result; /* out */
};
/* Runs them one behind the other with one wait for all of them; no name may stand there twice. On PG_OK each result is the caller's; else there is none, and those
 * behind the one that failed were not run. */
must_check enum pg_failure pg_query_all(
	struct pg *pg, struct pg_call *calls, size_t count, struct err *e);
