/*
 * pg: a PostgreSQL connection (libpq) with classified failures. Blocking, within a limit where one is set; one owning thread.
 *
 * Statements are prepared by name on first use after each connect; parameters and results are text
 * unless said otherwise. Statement texts come from sql/query/ (pg_queries.h, made at build).
 */
#pragma once
#include "err.h"
#include "pg_wait.h"
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_failure {
	PG_OK,
	PG_RETRY, /* 40001 40P01 55P03 57014 57P0x 08xxx 53xxx, no connection: all again, later */
	PG_NO_PARTITION, /* 23514 "no partition of relation found for row" */
	PG_CONFLICT,     /* 23505 */
	PG_BAD_DATA,     /* other 22xxx, 23xxx: this input can't be stored */
	PG_BUG,          /* everything else: syntax, missing table or right */
};

struct pg;
/* Remembers the conninfo; connects at the first use or by pg_connect. `application` shows in
 * pg_stat_activity. NULL: no memory. */
struct pg *pg_new(const char *conninfo, const char *application);
void pg_free(struct pg *pg);
/* Connects if it isn't; waits at most connect_timeout of the conninfo (default 2 s). Runs `SET
 * search_path = pricegraph` and what pg_set_session gave. */
must_check enum pg_failure pg_connect(struct pg *pg, struct err *e);
void pg_disconnect(struct pg *pg);
/* From now on everything that waits for the server, connecting included, does so within the limit; when it is met, the connection is closed and
 * the failure is PG_RETRY (SQLSTATE 08006). All zero: no limit, as at first. Not for COPY. */
void pg_set_limit(struct pg *pg, const struct pg_limit *limit);
bool pg_connected(const struct pg *pg);
/* `sql`, a static text of SET statements, is run after each connect from now on. */
void pg_set_session(struct pg *pg, const char *sql);

/* Runs one statement without parameters (BEGIN, COMMIT, ...). When the connection was lost within a
 * transaction, everything is PG_RETRY until "ROLLBACK" (then PG_OK) or BEGIN. "COMMIT" that could
 * not commit is never PG_OK. */
must_check enum pg_failure pg_exec(struct pg *pg, const char *sql, struct err *e);
/* Sends ROLLBACK and does not wait: the next call takes its answer first, and connects anew if the connection is lost by then. */
void pg_rollback_soon(struct pg *pg);
/* Runs a prepared statement. `name` identifies `sql`; it is prepared on first use. `params` are
 * texts or NULL. On PG_OK *result is the caller's (PQclear), unless `result` is NULL. On a lost
 * connection the handle is disconnected and PG_RETRY returned. */
must_check enum pg_failure pg_query(struct pg *pg, const char *name, const char *sql,
	int param_count, const char *const *params, PGresult **result, struct err *e);
/* SQLSTATE of the last failure, "" if none. */
const char *pg_sqlstate(const struct pg *pg);

/* Reading results of pg_query. Column by index; NULL values: PQgetisnull. A value that is not of
 * the type is a bug and asserts. */
int64_t pg_int(const PGresult *r, int row, int column);
/* For pg_copy and pg_pipeline only. */
PGconn *pg_raw(struct pg *pg);
enum pg_failure pg_classify(struct pg *pg, const PGresult *r, struct err *e);
const struct pg_limit *pg_limit_of(const struct pg *pg);
/* Connects before a statement, unless that would tear a transaction apart. */
must_check enum pg_failure pg_ensure(struct pg *pg, struct err *e);
/* The connection is closed, because it is lost or the limit was met; both return PG_RETRY. */
enum pg_failure pg_lost(struct pg *pg, struct err *e);
enum pg_failure pg_late(struct pg *pg, struct err *e);
bool pg_is_prepared(const struct pg *pg, const char *name);
must_check enum pg_failure pg_note_prepared(struct pg *pg, const char *name, struct err *e);
/* Takes over from libpq whether a transaction is open. */
void pg_see_transaction(struct pg *pg);
