#include "pg.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *conninfo;

static int set_up(void **state)
{
	(void)state;
	conninfo = getenv("PRICEGRAPH_TEST_PG");
	return 0;
}

static struct pg *connected(void)
{
	struct err e = {""};

	if (!conninfo) {
		print_message("skipped: run by tests/with_postgres\n");
		skip();
	}
	struct pg *pg = pg_new(conninfo, "pg_test");
	assert_non_null(pg);
	if (pg_connect(pg, &e) != PG_OK)
		fail_msg("%s", e.text);
	return pg;
}

static void ok(struct pg *pg, const char *sql)
{
	struct err e = {""};

	if (pg_exec(pg, sql, &e) != PG_OK)
		fail_msg("%s: %s", sql, e.text);
}

static void fails(struct pg *pg, const char *sql, enum pg_failure how, const char *state)
{
	struct err e = {""};

	assert_int_equal(pg_exec(pg, sql, &e), how);
	assert_string_equal(pg_sqlstate(pg), state);
	assert_true(e.text[0] != '\0');
	assert_null(strchr(e.text, '\n'));
}

/* The server's farewell may come before its end of the connection, or together with it. */
static void is_lost(struct pg *pg, const char *sql)
{
	struct err e = {""};

	assert_int_equal(pg_exec(pg, sql, &e), PG_RETRY);
	assert_true(strcmp(pg_sqlstate(pg), "57P01") == 0 || strcmp(pg_sqlstate(pg), "08006") == 0);
	assert_true(e.text[0] != '\0');
	assert_false(pg_connected(pg));
}

static int64_t number(struct pg *pg, const char *name, const char *sql)
{
	PGresult *r = NULL;
	struct err e = {""};

	if (pg_query(pg, name, sql, 0, NULL, &r, &e) != PG_OK)
		fail_msg("%s: %s", sql, e.text);
	int64_t value = pg_int(r, 0, 0);
	PQclear(r);
	return value;
}

/* Has the server end the connection of `victim`, and waits until it is gone. */
static void cut(struct pg *victim)
{
	struct pg *other = connected();
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 10000)",
		PQbackendPID(pg_raw(victim)));
	ok(other, sql);
	pg_free(other);
}

static void connects_at_the_first_use(void **state)
{
	struct pg *first = connected();

	(void)state;
	pg_free(first);
	struct pg *pg = pg_new(conninfo, "pg_test_name");
	assert_false(pg_connected(pg));
	assert_int_equal(number(pg, "name",
				 "SELECT count(*) FROM pg_stat_activity "
				 "WHERE application_name = 'pg_test_name'"),
		1);
	assert_true(pg_connected(pg));
	pg_disconnect(pg);
	assert_false(pg_connected(pg));
	pg_free(pg);
	pg_free(NULL);
}

static void looks_in_our_schema(void **state)
{
	struct pg *pg = connected();
	PGresult *r = NULL;

	(void)state;
	assert_int_equal(pg_query(pg, "path", "SHOW search_path", 0, NULL, &r, NULL), PG_OK);
	assert_string_equal(PQgetvalue(r, 0, 0), "pricegraph");
	PQclear(r);
	pg_free(pg);
}

static void says_why_it_cannot_connect(void **state)
{
	struct pg *pg = pg_new("host=/nonexistent port=1 dbname=x", "pg_test");
	struct err e = {""};

	(void)state;
	assert_int_equal(pg_connect(pg, &e), PG_RETRY);
	assert_non_null(strstr(e.text, "/nonexistent"));
	assert_null(strchr(e.text, '\n'));
	assert_false(pg_connected(pg));
	e.text[0] = '\0';
	assert_int_equal(pg_query(pg, "one", "SELECT 1", 0, NULL, NULL, &e), PG_RETRY);
	assert_true(e.text[0] != '\0');
	pg_free(pg);

	pg = pg_new("this is no conninfo", "pg_test");
	assert_int_equal(pg_connect(pg, &e), PG_RETRY);
	pg_free(pg);
}

static void prepares_once_a_connection(void **state)
{
	static const char sql[] = "SELECT $1::bigint + 1, $2::text";
	static const char count[] =
		"SELECT count(*) FROM pg_prepared_statements WHERE name = 'sum'";
	const char *params[] = {"41", NULL};
	struct pg *pg = connected();

	(void)state;
	for (int i = 0; i < 3; i++) {
		PGresult *r = NULL;
		assert_int_equal(pg_query(pg, "sum", sql, 2, params, &r, NULL), PG_OK);
		assert_int_equal(pg_int(r, 0, 0), 42);
		assert_true(PQgetisnull(r, 0, 1));
		PQclear(r);
	}
	assert_int_equal(number(pg, "count", count), 1);
	pg_disconnect(pg);
	assert_int_equal(pg_query(pg, "sum", sql, 2, params, NULL, NULL), PG_OK);
	assert_int_equal(number(pg, "count", count), 1);
	pg_free(pg);
}

static void can_prepare_again_what_failed(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	assert_int_equal(
		pg_query(pg, "later", "SELECT count(*) FROM later", 0, NULL, NULL, &e), PG_BUG);
	assert_string_equal(pg_sqlstate(pg), "42P01");
	ok(pg, "CREATE TEMP TABLE later (a int)");
	assert_int_equal(number(pg, "later", "SELECT count(*) FROM later"), 0);
	pg_free(pg);
}

static void classifies_failures(void **state)
{
	struct pg *pg = connected();

	(void)state;
	ok(pg, "CREATE TEMP TABLE t (a int PRIMARY KEY, b int CHECK (b > 0), c int NOT NULL "
	       "DEFAULT 0)");
	ok(pg, "INSERT INTO t VALUES (1, 1)");
	fails(pg, "INSERT INTO t VALUES (1, 1)", PG_CONFLICT, "23505");
	fails(pg, "INSERT INTO t VALUES (2, 0)", PG_BAD_DATA, "23514");
	fails(pg, "INSERT INTO t VALUES (2, 1, NULL)", PG_BAD_DATA, "23502");
	fails(pg, "SELECT 1/0", PG_BAD_DATA, "22012");
	fails(pg, "SELECT 'x'::int", PG_BAD_DATA, "22P02");
	fails(pg, "SELEC 1", PG_BUG, "42601");
	fails(pg, "SELECT * FROM missing", PG_BUG, "42P01");
	ok(pg, "CREATE TEMP TABLE p (a int) PARTITION BY RANGE (a)");
	fails(pg, "INSERT INTO p VALUES (1)", PG_NO_PARTITION, "23514");
	ok(pg, "SET statement_timeout = 20");
	fails(pg, "SELECT pg_sleep(60)", PG_RETRY, "57014");
	static const char *const passing[] = {
		"40001", "40P01", "55P03", "57P01", "57P03", "08006", "53100", "53300"};
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		char sql[200];
		snprintf(sql, sizeof(sql), "DO $$BEGIN RAISE SQLSTATE '%s'; END$$", passing[i]);
		fails(pg, sql, PG_RETRY, passing[i]);
	}
	assert_true(pg_connected(pg));
	pg_free(pg);
}

static void tells_the_detail(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	ok(pg, "CREATE TEMP TABLE t (a int PRIMARY KEY)");
	ok(pg, "INSERT INTO t VALUES (1)");
	assert_int_equal(pg_exec(pg, "INSERT INTO t VALUES (1)", &e), PG_CONFLICT);
	assert_non_null(strstr(e.text, "t_pkey"));
	assert_non_null(strstr(e.text, "(a)=(1)"));
	assert_int_equal(pg_exec(pg, "INSERT INTO t VALUES (1)", NULL), PG_CONFLICT);
	pg_free(pg);
}

static void comes_back_after_a_cut(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	assert_int_equal(number(pg, "one", "SELECT 1"), 1);
	cut(pg);
	assert_int_equal(pg_query(pg, "one", "SELECT 1", 0, NULL, NULL, &e), PG_RETRY);
	assert_true(e.text[0] != '\0');
	assert_false(pg_connected(pg));
	assert_int_equal(number(pg, "one", "SELECT 1"), 1);
	pg_free(pg);
}

static void never_goes_on_behind_a_lost_transaction(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	ok(pg, "CREATE TABLE public.half (a int)");
	ok(pg, "BEGIN");
	ok(pg, "INSERT INTO public.half VALUES (1)");
	cut(pg);
	is_lost(pg, "INSERT INTO public.half VALUES (2)");
	/* A connection could be had, but what follows belongs to the transaction. */
	assert_int_equal(pg_exec(pg, "INSERT INTO public.half VALUES (3)", &e), PG_RETRY);
	assert_non_null(strstr(e.text, "lost"));
	assert_int_equal(pg_query(pg, "one", "SELECT 1", 0, NULL, NULL, &e), PG_RETRY);
	assert_int_equal(pg_exec(pg, "COMMIT", &e), PG_RETRY);
	assert_false(pg_connected(pg));
	ok(pg, "ROLLBACK");
	assert_false(pg_connected(pg));
	assert_int_equal(number(pg, "half", "SELECT count(*) FROM public.half"), 0);

	ok(pg, "BEGIN");
	cut(pg);
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_RETRY);
	ok(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	ok(pg, "COMMIT");
	ok(pg, "DROP TABLE public.half");
	pg_free(pg);
}

static void a_rollback_is_not_waited_for(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	ok(pg, "CREATE TABLE public.undone (a int)");
	for (int lost = 0; lost < 2; lost++) {
		ok(pg, "BEGIN");
		ok(pg, "INSERT INTO public.undone VALUES (1)");
		if (lost)
			assert_int_equal(pg_exec(pg, "SELECT 1 / 0", &e), PG_BAD_DATA);
		pg_rollback_soon(pg);
		assert_int_equal(number(pg, "undone", "SELECT count(*) FROM public.undone"), 0);
	}
	/* The connection goes away before its answer was taken, or before it is sent. */
	for (int before = 0; before < 2; before++) {
		ok(pg, "BEGIN");
		ok(pg, "INSERT INTO public.undone VALUES (1)");
		if (before)
			cut(pg);
		pg_rollback_soon(pg);
		if (!before)
			cut(pg);
		for (int i = 0; i < 2 && pg_exec(pg, "SELECT 1", &e) != PG_OK; i++)
			assert_true(i == 0);
		assert_int_equal(number(pg, "undone", "SELECT count(*) FROM public.undone"), 0);
	}
	pg_disconnect(pg);
	pg_rollback_soon(pg);
	ok(pg, "DROP TABLE public.undone");
	pg_free(pg);
}

static void knows_a_commit_that_did_not(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	fails(pg, "SELECT 1/0", PG_BAD_DATA, "22012");
	assert_int_equal(pg_exec(pg, "COMMIT", &e), PG_BUG);
	ok(pg, "BEGIN");
	fails(pg, "SELECT 1/0", PG_BAD_DATA, "22012");
	assert_int_equal(pg_exec(pg, "COMMIT", &e), PG_BUG);
	ok(pg, "BEGIN");
	cut(pg);
	is_lost(pg, "COMMIT");
	pg_free(pg);
}

static void has_no_copy_in_exec(void **state)
{
	struct pg *pg = connected();
	struct err e = {""};

	(void)state;
	ok(pg, "CREATE TABLE public.copied (a int)");
	assert_int_equal(pg_exec(pg, "COPY public.copied FROM STDIN", &e), PG_BUG);
	ok(pg, "DROP TABLE public.copied");
	pg_free(pg);
}

static void reads_numbers(void **state)
{
	struct pg *pg = connected();

	(void)state;
	assert_true(number(pg, "min", "SELECT (-9223372036854775808)::bigint") == INT64_MIN);
	assert_true(number(pg, "max", "SELECT 9223372036854775807::bigint") == INT64_MAX);
	pg_free(pg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects_at_the_first_use),
		cmocka_unit_test(looks_in_our_schema),
		cmocka_unit_test(says_why_it_cannot_connect),
		cmocka_unit_test(prepares_once_a_connection),
		cmocka_unit_test(can_prepare_again_what_failed),
		cmocka_unit_test(classifies_failures),
		cmocka_unit_test(tells_the_detail),
		cmocka_unit_test(comes_back_after_a_cut),
		cmocka_unit_test(never_goes_on_behind_a_lost_transaction),
		cmocka_unit_test(a_rollback_is_not_waited_for),
		cmocka_unit_test(knows_a_commit_that_did_not),
		cmocka_unit_test(has_no_copy_in_exec),
		cmocka_unit_test(reads_numbers),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
