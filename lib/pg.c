#include "pg.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_SIZE 6 /* SQLSTATE with '\0' */
#define PREPARED_MAX 128

struct pg {
	char *conninfo, *application;
	PGconn *conn; /* NULL: not connected */
	char sqlstate[STATE_SIZE];
	/* Also true when the connection was lost with the transaction: what else belongs to it must
	 * not run outside it on a new connection. */
	bool in_transaction;
	bool owes; /* the answer to pg_rollback_soon is still to come */
	struct pg_limit limit;
	const char *session;
	/* Names prepared on this connection. */
	char *prepared[PREPARED_MAX];
	size_t prepared_count;
};

struct pg *pg_new(const char *conninfo, const char *application)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	if (!pg)
		return NULL;
	pg->conninfo = strdup(conninfo);
	pg->application = strdup(application);
	pg->session = "";
	if (!pg->conninfo || !pg->application) {
		pg_free(pg);
		return NULL;
	}
	return pg;
}

void pg_free(struct pg *pg)
{
	if (!pg)
		return;
	pg_disconnect(pg);
	free(pg->conninfo);
	free(pg->application);
	free(pg);
}

static void disconnect(struct pg *pg)
{
	for (size_t i = 0; i < pg->prepared_count; i++)
		free(pg->prepared[i]);
	pg->prepared_count = 0;
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->owes = false;
}

void pg_disconnect(struct pg *pg)
{
	disconnect(pg);
	pg->in_transaction = false;
}

void pg_set_session(struct pg *pg, const char *sql)
{
	pg->session = sql;
}

bool pg_connected(const struct pg *pg)
{
	return pg->conn != NULL;
}

const char *pg_sqlstate(const struct pg *pg)
{
	return pg->sqlstate;
}

PGconn *pg_raw(struct pg *pg)
{
	return pg->conn;
}

const struct pg_limit *pg_limit_of(const struct pg *pg)
{
	return &pg->limit;
}

void pg_see_transaction(struct pg *pg)
{
	if (pg->conn)
		pg->in_transaction = PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

/* Notices ("relation exists, skipping") are nobody's error, and lib/ does not write to stderr. */
static void ignore_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

/* libpq's messages end with newlines, and may have several lines. */
static void set_text(struct err *e, const char *text)
{
	char line[ERR_TEXT_SIZE];
	size_t len = 0;

	for (; *text && len < sizeof(line) - 1; text++)
		line[len++] = *text == '\n' ? ' ' : *text;
	while (len > 0 && line[len - 1] == ' ')
		len--;
	line[len] = '\0';
	err_set(e, "%s", line);
}

static void explain(struct err *e, const PGresult *r)
{
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

	set_text(e, message ? message : "?");
	if (e && detail)
		err_set(e, "%s (%s)", e->text, detail);
}

enum pg_failure pg_lost(struct pg *pg, struct err *e)
{
	set_text(e, PQerrorMessage(pg->conn));
	if (!pg->sqlstate[0])
		memcpy(pg->sqlstate, "08006", STATE_SIZE);
	disconnect(pg);
	return PG_RETRY;
}

static bool is_class(const char *state, const char *class)
{
	return strncmp(state, class, strlen(class)) == 0;
}

static enum pg_failure failure_of_state(const char *state, const PGresult *r)
{
	static const char *const retry[] = {
		"40001", "40P01", "55P03", "57014", "57P0", "08", "53", NULL};

	for (size_t i = 0; retry[i]; i++)
		if (is_class(state, retry[i]))
			return PG_RETRY;
	/* A violated check has a constraint; a row without partition has none. The message is translated. */
	if (strcmp(state, "23514") == 0 && !PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME))
		return PG_NO_PARTITION;
	if (strcmp(state, "23505") == 0)
		return PG_CONFLICT;
	return is_class(state, "22") || is_class(state, "23") ? PG_BAD_DATA : PG_BUG;
}

enum pg_failure pg_classify(struct pg *pg, const PGresult *r, struct err *e)
{
	ExecStatusType status = PQresultStatus(r); /* of NULL: PGRES_FATAL_ERROR */

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN)
		return PG_OK;
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	snprintf(pg->sqlstate, sizeof(pg->sqlstate), "%s", state ? state : "");
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return pg_lost(pg, e);
	if (!state) {
		set_text(e, PQerrorMessage(pg->conn));
		return PG_BUG;
	}
	explain(e, r);
	enum pg_failure f = failure_of_state(state, r);
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
	if (severity && strcmp(severity, "FATAL") == 0)
		disconnect(pg); /* the server has closed it; libpq may not have seen that yet */
	return f;
}

enum pg_failure pg_late(struct pg *pg, struct err *e)
{
	err_set(e, "the server did not answer in time");
	memcpy(pg->sqlstate, "08006", STATE_SIZE);
	disconnect(pg);
	return PG_RETRY;
}

void pg_set_limit(struct pg *pg, const struct pg_limit *limit)
{
	pg->limit = *limit;
	if (pg->conn)
		PQsetnonblocking(pg->conn, pg_limit_is_set(limit));
}

/* Takes `sent`, what a PQsend function returned. The last result of the one statement, as PQexec gives it; NULL also when the limit was met, *late
 * tells. */
static PGresult *await_result(struct pg *pg, int sent, bool *late)
{
	PGresult *last = NULL, *r;

	*late = false;
	if (!sent)
		return NULL;
	for (;;) {
		if (pg_wait_result(&pg->limit, pg->conn) != 0) {
			*late = true;
			PQclear(last);
			return NULL;
		}
		r = PQgetResult(pg->conn);
		if (!r)
			return last;
		PQclear(last);
		last = r;
		if (PQresultStatus(r) == PGRES_COPY_IN || PQstatus(pg->conn) == CONNECTION_BAD)
			return last;
	}
}

enum pg_failure pg_connect(struct pg *pg, struct err *e)
{
	/* What stands before dbname is a default that the conninfo may override. */
	const char *const names[] = {"connect_timeout", "fallback_application_name",
		"client_encoding", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
		"dbname", NULL};
	const char *const values[] = {
		"2", pg->application, "UTF8", "15000", "10", "5", pg->conninfo, NULL};

	if (pg->conn)
		return PG_OK;
	pg->sqlstate[0] = '\0';
	bool late = false;
	pg->conn = pg_limit_is_set(&pg->limit) ? pg_wait_connect(&pg->limit, names, values, &late)
					       : PQconnectdbParams(names, values, 1);
	if (!pg->conn) {
		err_set(e, "no memory for a connection");
		return PG_RETRY;
	}
	if (late)
		return pg_late(pg, e);
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return pg_lost(pg, e);
	PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
	PQsetnonblocking(pg->conn, pg_limit_is_set(&pg->limit));
	const char *const sets[] = {"SET search_path = pricegraph", pg->session};
	enum pg_failure f = PG_OK;
	for (int i = 0; i < 2 && f == PG_OK && *sets[i]; i++) {
		PGresult *r = await_result(pg, PQsendQuery(pg->conn, sets[i]), &late);

		if (late)
			return pg_late(pg, e);
		f = pg_classify(pg, r, e);
		PQclear(r);
	}
	if (f != PG_OK)
		disconnect(pg);
	return f;
}

/* Takes `sent`, what a PQsend function returned: its result goes to the caller on success, if it wants it. */
static enum pg_failure finish(struct pg *pg, int sent, PGresult **result, struct err *e)
{
	bool late;
	PGresult *r = await_result(pg, sent, &late);
	if (late)
		return pg_late(pg, e);
	enum pg_failure f = pg_classify(pg, r, e);

	if (f == PG_OK && PQresultStatus(r) == PGRES_COPY_IN) {
		err_set(e, "COPY is not for pg_exec and pg_query");
		disconnect(pg); /* out of the copy state */
		f = PG_BUG;
	}
	pg_see_transaction(pg);
	if (f == PG_OK && result)
		*result = r;
	else
		PQclear(r);
	return f;
}

void pg_rollback_soon(struct pg *pg)
{
	pg->in_transaction = false;
	pg->owes = pg->conn && PQsendQuery(pg->conn, "ROLLBACK") == 1;
	if (!pg->owes)
		disconnect(pg);
}

static void take_owed(struct pg *pg)
{
	bool late;
	PGresult *r = await_result(pg, 1, &late);

	pg->owes = false;
	if (late || PQresultStatus(r) != PGRES_COMMAND_OK)
		disconnect(pg);
	PQclear(r);
}

/* Connects before a statement, unless that would tear a transaction apart. */
enum pg_failure pg_ensure(struct pg *pg, struct err *e)
{
	if (pg->owes)
		take_owed(pg);
	if (!pg->conn && pg->in_transaction) {
		err_set(e, "the transaction was lost with its connection");
		return PG_RETRY;
	}
	return pg_connect(pg, e);
}

static enum pg_failure commit(struct pg *pg, struct err *e)
{
	if (!pg->in_transaction) {
		err_set(e, "COMMIT without a transaction");
		return PG_BUG;
	}
	/* The server answers a COMMIT of a failed transaction with success, having rolled back. */
	bool failed = PQtransactionStatus(pg->conn) == PQTRANS_INERROR;
	enum pg_failure f = finish(pg, PQsendQuery(pg->conn, "COMMIT"), NULL, e);
	if (f == PG_OK && failed) {
		err_set(e, "COMMIT of a failed transaction");
		f = PG_BUG;
	}
	return f;
}

enum pg_failure pg_exec(struct pg *pg, const char *sql, struct err *e)
{
	if (!pg->conn && (strcmp(sql, "ROLLBACK") == 0 || strncmp(sql, "BEGIN", 5) == 0)) {
		pg->in_transaction = false;
		if (*sql == 'R')
			return PG_OK;
	}
	enum pg_failure f = pg_ensure(pg, e);
	if (f != PG_OK)
		return f;
	if (strcmp(sql, "COMMIT") == 0)
		return commit(pg, e);
	return finish(pg, PQsendQuery(pg->conn, sql), NULL, e);
}

bool pg_is_prepared(const struct pg *pg, const char *name)
{
	for (size_t i = 0; i < pg->prepared_count; i++)
		if (strcmp(pg->prepared[i], name) == 0)
			return true;
	return false;
}

enum pg_failure pg_note_prepared(struct pg *pg, const char *name, struct err *e)
{
	assert(pg->prepared_count < PREPARED_MAX);
	char *copy = strdup(name);

	if (!copy) {
		err_set(e, "no memory for a statement's name");
		disconnect(pg); /* which knows a name that we don't */
		return PG_RETRY;
	}
	pg->prepared[pg->prepared_count++] = copy;
	return PG_OK;
}

static enum pg_failure prepare(struct pg *pg, const char *name, const char *sql, struct err *e)
{
	if (pg_is_prepared(pg, name))
		return PG_OK;
	enum pg_failure f = finish(pg, PQsendPrepare(pg->conn, name, sql, 0, NULL), NULL, e);
	return f == PG_OK ? pg_note_prepared(pg, name, e) : f;
}

enum pg_failure pg_query(struct pg *pg, const char *name, const char *sql, int param_count,
	const char *const *params, PGresult **result, struct err *e)
{
	enum pg_failure f = pg_ensure(pg, e);

	if (f == PG_OK)
		f = prepare(pg, name, sql, e);
	if (f != PG_OK)
		return f;
	return finish(pg, PQsendQueryPrepared(pg->conn, name, param_count, params, NULL, NULL, 0),
		result, e);
}

int64_t pg_int(const PGresult *r, int row, int column)
{
	const char *text = PQgetvalue(r, row, column);
	char *end = NULL;

	assert(text && *text);
	errno = 0;
	long long value = strtoll(text, &end, 10);
	assert(errno == 0 && *end == '\0');
	return value;
}
