#include "ctl_migrate.h"
#include "clock.h"
#include "pg_migrations.h"
#include "retry.h"
#include <poll.h>
#include <string.h>

#define ATTEMPTS 8

static const struct retry_policy policy = {.first_us = 50 * MS_US, .max_us = SECOND_US};

static const char *const prelude[] = {
	"SELECT pg_advisory_lock(hashtextextended('pricegraph.migration', 0))",
	"SET client_min_messages = warning",
	"CREATE SCHEMA IF NOT EXISTS pricegraph",
	"CREATE TABLE IF NOT EXISTS pricegraph.migration (name text PRIMARY KEY, checksum text NOT "
	"NULL, "
	"applied_at timestamptz NOT NULL DEFAULT now())",
	NULL,
};

/* 1: it is applied already; 0: not yet; -1. */
static int is_applied(struct pg *pg, const struct sql_file *m, struct err *e)
{
	const char *params[] = {m->name, m->sql};
	PGresult *r;
	int rc = 0;

	if (pg_query(pg, "ctl_migration_known",
		    "SELECT checksum = md5($2::text) FROM pricegraph.migration WHERE name = $1", 2,
		    params, &r, e) != PG_OK)
		return -1;
	if (PQntuples(r) > 0)
		rc = *PQgetvalue(r, 0, 0) == 't'
			     ? 1
			     : err_set(e, "it was changed after it had been applied");
	PQclear(r);
	return rc;
}

static enum pg_failure apply(struct pg *pg, const struct sql_file *m, struct err *e)
{
	const char *params[] = {m->name, m->sql};
	struct err ignored;
	enum pg_failure f = pg_exec(pg, "BEGIN", e);

	if (f == PG_OK)
		f = pg_exec(pg, m->sql, e);
	if (f == PG_OK)
		f = pg_query(pg, "ctl_migration_done",
			"INSERT INTO pricegraph.migration (name, checksum) VALUES ($1, "
			"md5($2::text))",
			2, params, NULL, e);
	if (f == PG_OK)
		f = pg_exec(pg, "COMMIT", e);
	if (f != PG_OK && pg_exec(pg, "ROLLBACK", &ignored) != PG_OK)
		pg_disconnect(pg);
	return f;
}

/* Roles belong to all databases of a server: migrations of two databases at once may disturb each other. */
static bool may_pass(struct pg *pg, enum pg_failure f)
{
	return pg_connected(pg) &&
	       (f == PG_RETRY || f == PG_CONFLICT || strcmp(pg_sqlstate(pg), "XX000") == 0 ||
		       strcmp(pg_sqlstate(pg), "42710") == 0);
}

static enum pg_failure apply_patiently(struct pg *pg, const struct sql_file *m, struct err *e)
{
	struct retry retry;
	enum pg_failure f;

	retry_init(&retry, &policy, (uint64_t)clock_mono_us());
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		f = apply(pg, m, e);
		if (f == PG_OK || !may_pass(pg, f))
			return f;
		poll(NULL, 0, (int)(retry_delay_us(&retry, clock_mono_us()) / MS_US));
	}
	return f;
}

/* A newer program has been here. */
static int refuse_unknown(struct pg *pg, struct err *e)
{
	int rc = 0;
	PGresult *r;

	if (pg_query(pg, "ctl_migrations", "SELECT name FROM pricegraph.migration ORDER BY name", 0,
		    NULL, &r, e) != PG_OK)
		return -1;
	for (int row = 0; row < PQntuples(r) && rc == 0; row++) {
		const struct sql_file *m = sql_files;

		while (m->name && strcmp(m->name, PQgetvalue(r, row, 0)) != 0)
			m++;
		if (!m->name)
			rc = err_set(e,
				"the database has migration %s, which this program does not know",
				PQgetvalue(r, row, 0));
	}
	PQclear(r);
	return rc;
}

int ctl_migrate(struct pg *pg, void (*applied)(const char *name), struct err *e)
{
	int count = 0;

	for (size_t i = 0; prelude[i]; i++)
		if (pg_exec(pg, prelude[i], e) != PG_OK)
			return -1;
	if (refuse_unknown(pg, e) != 0)
		return -1;
	for (const struct sql_file *m = sql_files; m->name; m++) {
		int known = is_applied(pg, m, e);

		if (known == 0 && apply_patiently(pg, m, e) != PG_OK)
			known = -1;
		if (known < 0)
			return err_wrap(e, "migration %s", m->name);
		if (known > 0)
			continue;
		count++;
		if (applied)
			applied(m->name);
	}
	return pg_exec(pg, "SELECT pg_advisory_unlock_all()", e) == PG_OK ? count : -1;
}
