/*
 * pg_wait: waiting for a PostgreSQL server with a limit: a server that is stopped, or behind a network that swallows everything, keeps its
 * connections open and never answers; libpq alone would wait for it as long as TCP does.
 *
 * What is waited for ends at a deadline, or soon after a flag is set by somebody who knows that the server is away. A name that has to be looked up
 * first is not bounded by it. One owning thread; the flag is another's.
 */
#pragma once
#include "err.h"
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pg_limit {
	int64_t deadline_us;        /* monotonic; 0: none */
	const atomic_bool *give_up; /* looked at every 20 ms; NULL: nobody tells */
};

/* Whether there is a limit at all. */
bool pg_limit_is_set(const struct pg_limit *l);
/* As PQconnectdbParams; NULL: no memory. Whoever finds CONNECTION_OK has a connection; *late tells that the limit was met. */
PGconn *pg_wait_connect(
	const struct pg_limit *l, const char *const *names, const char *const *values, bool *late);
/* Sends what is unsent, and waits until the next PQgetResult will not. 0; -1: the limit was met, and the connection is of no use any more. What else
 * went wrong PQgetResult tells. */
must_check int pg_wait_result(const struct pg_limit *l, PGconn *conn);
