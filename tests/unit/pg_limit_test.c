/* Goal: no wait for a server is longer than its limit, and several statements are one wait. */
#include "clock.h"
#include "pg_pipeline.h"
#include "test.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *conninfo;

static int set_up(void **state)
{
	(void)state;
	conninfo = getenv("PRICEGRAPH_TEST_PG");
	return 0;
}

static struct pg *opened(void)
{
	struct pg *pg;

	if (!conninfo) {
		print_message("skipped: run by tests/with_postgres\n");
		skip();
	}
	pg = pg_new(conninfo, "pg_limit_test");
	assert_non_null(pg);
	return pg;
}

static void within(struct pg *pg, int64_t us)
{
	pg_set_limit(pg, &(struct pg_limit){.deadline_us = clock_mono_us() + us});
}

static void is_late(struct pg *pg, enum pg_failure f, const struct err *e, int64_t begin_us)
{
	assert_int_equal(f, PG_RETRY);
	assert_string_equal(pg_sqlstate(pg), "08006");
	assert_string_equal(e->text, "the server did not answer in time");
	assert_false(pg_connected(pg));
	assert_true(clock_mono_us() - begin_us < 5 * SECOND_US);
}

static void a_statement_ends_at_the_deadline(void **state)
{
	struct pg *pg = opened();
	int64_t begin_us = clock_mono_us();
	struct err e = {""};

	(void)state;
	assert_int_equal(
		pg_connect(pg, &e), PG_OK); /* without a limit; it holds for what comes behind */
	within(pg, 100 * MS_US);
	is_late(pg, pg_exec(pg, "SELECT pg_sleep(20)", &e), &e, begin_us);
	within(pg, 10 * SECOND_US);
	assert_int_equal(pg_exec(pg, "BEGIN", &e), PG_OK);
	within(pg, 100 * MS_US);
	begin_us = clock_mono_us();
	is_late(pg, pg_query(pg, "s", "SELECT pg_sleep(20)", 0, NULL, NULL, &e), &e, begin_us);
	/* What belonged to the transaction never runs outside it. */
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_RETRY);
	assert_int_equal(pg_exec(pg, "ROLLBACK", &e), PG_OK);
	pg_set_limit(pg, &(struct pg_limit){0});
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_OK);
	pg_free(pg);
}

static void *set_later(void *flag)
{
	struct timespec t = {.tv_nsec = 100 * 1000000};

	nanosleep(&t, NULL);
	atomic_store((atomic_bool *)flag, true);
	return NULL;
}

static void a_statement_ends_when_it_is_told(void **state)
{
	struct pg *pg = opened();
	int64_t begin_us = clock_mono_us();
	struct err e = {""};
	atomic_bool flag = false;
	pthread_t thread;

	(void)state;
	pg_set_limit(pg, &(struct pg_limit){.give_up = &flag});
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_OK);
	assert_int_equal(pthread_create(&thread, NULL, set_later, &flag), 0);
	is_late(pg, pg_exec(pg, "SELECT pg_sleep(20)", &e), &e, begin_us);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pg_free(pg);
}

/* A server that takes connections and never says a word. */
static void a_connection_ends_at_the_deadline(void **state)
{
	char folder[] = "/tmp/pg_limit_test.XXXXXX", text[200];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t begin_us = clock_mono_us();
	struct err e = {""};
	struct pg *pg;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.5432", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	snprintf(text, sizeof(text), "host=%s port=5432 user=x", folder);
	pg = pg_new(text, "pg_limit_test");
	within(pg, 100 * MS_US);
	is_late(pg, pg_connect(pg, &e), &e, begin_us);
	pg_free(pg);
	close(fd);
	unlink(a.sun_path);
	rmdir(folder);
}

static int64_t value_of(struct pg_call *c)
{
	int64_t value = pg_int(c->result, 0, 0);

	PQclear(c->result);
	return value;
}

static void several_statements_are_one_wait(void **state)
{
	struct pg *pg = opened();
	const char *const seven[] = {"7"};
	struct err e = {""};

	(void)state;
	for (int again = 0; again < 2; again++) { /* the second time they are prepared */
		struct pg_call calls[] = {
			{NULL, "BEGIN ISOLATION LEVEL REPEATABLE READ", 0, NULL, NULL},
			{"add", "SELECT $1::int + 1", 1, seven, NULL},
			{"one", "SELECT 1", 0, NULL, NULL}, {NULL, "ROLLBACK", 0, NULL, NULL}};

		within(pg, 10 * SECOND_US);
		if (pg_query_all(pg, calls, 4, &e) != PG_OK)
			fail_msg("%s", e.text);
		PQclear(calls[0].result);
		PQclear(calls[3].result);
		assert_int_equal(value_of(&calls[1]), 8);
		assert_int_equal(value_of(&calls[2]), 1);
	}
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_OK);
	pg_free(pg);
}

static void behind_a_failure_nothing_runs(void **state)
{
	struct pg *pg = opened();
	struct pg_call calls[] = {{NULL, "BEGIN", 0, NULL, NULL},
		{"good", "SELECT 1", 0, NULL, NULL}, {"bad", "SELECT 1 / (1 - 1)", 0, NULL, NULL},
		{"rest", "SELECT 2", 0, NULL, NULL}};
	struct err e = {""};

	(void)state;
	assert_int_equal(pg_query_all(pg, calls, 4, &e), PG_BAD_DATA);
	assert_string_equal(pg_sqlstate(pg), "22012");
	assert_non_null(strstr(e.text, "zero"));
	for (int i = 0; i < 4; i++)
		assert_null(calls[i].result);
	assert_int_equal(pg_exec(pg, "SELECT 1", &e), PG_BUG); /* the transaction has failed */
	assert_int_equal(pg_exec(pg, "ROLLBACK", &e), PG_OK);
	/* What was not prepared then is now. */
	assert_int_equal(pg_query_all(pg, &calls[3], 1, &e), PG_OK);
	assert_int_equal(value_of(&calls[3]), 2);
	pg_free(pg);
}

static void several_statements_have_a_limit_too(void **state)
{
	struct pg *pg = opened();
	struct pg_call calls[] = {
		{"one", "SELECT 1", 0, NULL, NULL}, {"slow", "SELECT pg_sleep(20)", 0, NULL, NULL}};
	int64_t begin_us = clock_mono_us();
	struct err e = {""};

	(void)state;
	within(pg, 200 * MS_US);
	is_late(pg, pg_query_all(pg, calls, 2, &e), &e, begin_us);
	assert_null(calls[0].result);
	within(pg, 10 * SECOND_US);
	assert_int_equal(pg_query_all(pg, calls, 1, &e), PG_OK);
	assert_int_equal(value_of(&calls[0]), 1);
	pg_free(pg);
}

static void a_cut_is_told(void **state)
{
	struct pg *pg = opened();
	struct pg_call calls[] = {{"one", "SELECT 1", 0, NULL, NULL},
		{"die", "SELECT pg_terminate_backend(pg_backend_pid())", 0, NULL, NULL}};
	struct err e = {""};

	(void)state;
	assert_int_equal(pg_query_all(pg, calls, 2, &e), PG_RETRY);
	assert_false(pg_connected(pg));
	assert_null(calls[0].result);
	assert_int_equal(pg_query_all(pg, calls, 1, &e), PG_OK);
	PQclear(calls[0].result);
	pg_free(pg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_ends_at_the_deadline),
		cmocka_unit_test(a_statement_ends_when_it_is_told),
		cmocka_unit_test(a_connection_ends_at_the_deadline),
		cmocka_unit_test(several_statements_are_one_wait),
		cmocka_unit_test(behind_a_failure_nothing_runs),
		cmocka_unit_test(several_statements_have_a_limit_too),
		cmocka_unit_test(a_cut_is_told),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
