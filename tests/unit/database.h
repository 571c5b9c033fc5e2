/*
 * database: a database with our schema for one test program, in the cluster of tests/with_postgres. Included by one .c file a program.
 */
#pragma once
#include "daemon/ctl_migrate.h"
#include "pg.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char database_name[64];
static char database_conninfo[4][512]; /* by user */
static struct pg *database;            /* the owner's connection; NULL: no cluster, tests skip */

/* The conninfo of a user in the test's database; lent. */
__attribute__((unused)) static const char *database_as(const char *user)
{
	static int next;
	char *out = database_conninfo[next++ % 4];

	snprintf(out, sizeof(database_conninfo[0]), "%s dbname=%s user=%s",
		getenv("PRICEGRAPH_TEST_PG"), database_name, user);
	return out;
}

static void database_run(const char *sql)
{
	struct err e = {""};

	if (pg_exec(database, sql, &e) != PG_OK)
		fail_msg("%s: %s", sql, e.text);
}

/* Runs the migrations, as pricegraphctl does. A group set-up. */
static int database_begin(void **state)
{
	const char *conninfo = getenv("PRICEGRAPH_TEST_PG");
	char sql[128];
	struct err e = {""};

	(void)state;
	if (conninfo == NULL)
		return 0;
	snprintf(database_name, sizeof(database_name), "unit_%d", (int)getpid());
	database = pg_new(conninfo, "test");
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s", database_name);
	database_run(sql);
	pg_free(database);
	database = pg_new(database_as("postgres"), "test");
	if (ctl_migrate(database, NULL, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int database_end(void **state)
{
	char sql[128];

	(void)state;
	if (database == NULL)
		return 0;
	pg_free(database);
	database = pg_new(getenv("PRICEGRAPH_TEST_PG"), "test");
	snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", database_name);
	database_run(sql);
	pg_free(database);
	return 0;
}

__attribute__((unused)) static void database_needed(void)
{
	if (database == NULL) {
		print_message("skipped: run by tests/with_postgres\n");
		skip();
	}
}

/* The first column of the first row, as text; lent until the next call. */
__attribute__((unused)) static const char *database_text(const char *sql)
{
	static char text[4096];
	struct err e = {""};
	PGresult *r;

	if (!pg_connected(database) && pg_connect(database, &e) != PG_OK)
		fail_msg("%s", e.text);
	r = PQexec(pg_raw(database), sql);
	if (pg_classify(database, r, &e) != PG_OK)
		fail_msg("%s: %s", sql, e.text);
	snprintf(text, sizeof(text), "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	return text;
}
