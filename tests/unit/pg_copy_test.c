#include "pg_copy.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS "(a, b, c, d, e, f)"
#define COPY_T "COPY pg_temp.t " COLUMNS " FROM STDIN (FORMAT binary)"

static struct pg *pg;

static int set_up(void **state)
{
	const char *conninfo = getenv("PRICEGRAPH_TEST_PG");

	(void)state;
	if (!conninfo)
		return 0;
	pg = pg_new(conninfo, "pg_copy_test");
	return pg_exec(pg,
		       "CREATE TEMP TABLE t (n serial, a bigint PRIMARY KEY, b smallint, "
		       "c boolean, d text, e numeric, f bigint)",
		       NULL) == PG_OK
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pg_free(pg);
	return 0;
}

static void needs_postgres(void)
{
	if (!pg) {
		print_message("skipped: run by tests/with_postgres\n");
		skip();
	}
}

static void add_row(struct pg_copy *c, int64_t a, const char *number)
{
	struct decimal d;

	assert_int_equal(decimal_parse(&d, number, strlen(number)), 0);
	pg_copy_row(c, 6);
	pg_copy_int64(c, a);
	pg_copy_int16(c, -7);
	pg_copy_bool(c, a % 2 == 0);
	pg_copy_text(c, "Zeile\t\"ß\"", strlen("Zeile\t\"ß\""));
	pg_copy_decimal(c, &d);
	pg_copy_null(c);
}

static int64_t count(void)
{
	PGresult *r = NULL;

	assert_int_equal(
		pg_query(pg, "count", "SELECT count(*) FROM pg_temp.t", 0, NULL, &r, NULL), PG_OK);
	int64_t n = pg_int(r, 0, 0);
	PQclear(r);
	return n;
}

static void ok(const char *sql)
{
	struct err e = {""};

	if (pg_exec(pg, sql, &e) != PG_OK)
		fail_msg("%s: %s", sql, e.text);
}

static void stores_every_type(void **state)
{
	static const char *const numbers[] = {"0", "0.00000001", "-1.5", "2472261593.19821790",
		"99999999999999999999.123456789012", "0.000000000000000001", "10000", "-0.1"};
	struct pg_copy c;
	struct err e = {""};
	PGresult *r = NULL;

	(void)state;
	needs_postgres();
	ok("TRUNCATE pg_temp.t");
	pg_copy_init(&c, 1 << 20);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		add_row(&c, (int64_t)i - 1, numbers[i]);
	if (pg_copy_send(&c, pg, COPY_T, &e) != PG_OK)
		fail_msg("%s", e.text);
	assert_int_equal(pg_query(pg, "all", "SELECT a, b, c, d, e, f FROM pg_temp.t ORDER BY a", 0,
				 NULL, &r, NULL),
		PG_OK);
	assert_int_equal(PQntuples(r), sizeof(numbers) / sizeof(*numbers));
	for (int i = 0; i < PQntuples(r); i++) {
		struct decimal in, out;
		assert_int_equal(pg_int(r, i, 0), i - 1);
		assert_int_equal(pg_int(r, i, 1), -7);
		assert_string_equal(PQgetvalue(r, i, 2), (i - 1) % 2 == 0 ? "t" : "f");
		assert_string_equal(PQgetvalue(r, i, 3), "Zeile\t\"ß\"");
		assert_int_equal(decimal_parse(&in, numbers[i], strlen(numbers[i])), 0);
		const char *text = PQgetvalue(r, i, 4);
		assert_int_equal(decimal_parse(&out, text, strlen(text)), 0);
		assert_int_equal(decimal_cmp(&in, &out), 0);
		assert_true(PQgetisnull(r, i, 5));
	}
	PQclear(r);
	pg_copy_done(&c);
}

static void stores_more_than_a_piece(void **state)
{
	enum { ROWS = 20000 };
	struct pg_copy c;
	struct err e = {""};

	(void)state;
	needs_postgres();
	ok("TRUNCATE pg_temp.t");
	pg_copy_init(&c, 16 << 20);
	for (int i = 0; i < ROWS; i++)
		add_row(&c, i, "1.25");
	assert_int_equal(c.rows, ROWS);
	assert_true(c.data.len > 3 * 256 * 1024);
	if (pg_copy_send(&c, pg, COPY_T, &e) != PG_OK)
		fail_msg("%s", e.text);
	assert_int_equal(count(), ROWS);
	pg_copy_done(&c);
}

static void can_be_sent_again_and_reused(void **state)
{
	struct pg_copy c;

	(void)state;
	needs_postgres();
	ok("TRUNCATE pg_temp.t");
	pg_copy_init(&c, 1 << 20);
	add_row(&c, 1, "1");
	ok("BEGIN");
	assert_int_equal(pg_copy_send(&c, pg, COPY_T, NULL), PG_OK);
	ok("ROLLBACK");
	assert_int_equal(count(), 0);
	assert_int_equal(pg_copy_send(&c, pg, COPY_T, NULL), PG_OK);
	assert_int_equal(count(), 1);
	const char *memory = c.data.data;
	pg_copy_reset(&c);
	assert_int_equal(c.rows, 0);
	add_row(&c, 2, "1");
	assert_ptr_equal(c.data.data, memory);
	assert_int_equal(pg_copy_send(&c, pg, COPY_T, NULL), PG_OK);
	assert_int_equal(count(), 2);
	pg_copy_done(&c);
	pg_copy_done(NULL);
}

static void sends_nothing_for_no_rows(void **state)
{
	struct pg_copy c;
	struct pg *nowhere = pg_new("host=/nonexistent", "pg_copy_test");

	(void)state;
	pg_copy_init(&c, 1 << 20);
	assert_int_equal(pg_copy_send(&c, nowhere, COPY_T, NULL), PG_OK);
	pg_copy_done(&c);
	pg_free(nowhere);
}

static void leaves_the_connection_usable_after_a_refusal(void **state)
{
	struct pg_copy c;
	struct err e = {""};

	(void)state;
	needs_postgres();
	ok("TRUNCATE pg_temp.t");
	pg_copy_init(&c, 1 << 20);
	add_row(&c, 1, "1");
	add_row(&c, 1, "1");
	ok("BEGIN");
	assert_int_equal(pg_copy_send(&c, pg, COPY_T, &e), PG_CONFLICT);
	assert_non_null(strstr(e.text, "t_pkey"));
	ok("ROLLBACK");

	pg_copy_reset(&c);
	pg_copy_row(&c, 1);
	pg_copy_text(&c, "\xff", 1);
	assert_int_equal(pg_copy_send(&c, pg, "COPY pg_temp.t (d) FROM STDIN (FORMAT binary)", &e),
		PG_BAD_DATA);
	assert_string_equal(pg_sqlstate(pg), "22021");
	assert_int_equal(
		pg_copy_send(&c, pg, "COPY missing FROM STDIN (FORMAT binary)", &e), PG_BUG);
	assert_int_equal(pg_copy_send(&c, pg, "SELECT 1", &e), PG_BUG);
	assert_int_equal(count(), 0);
	pg_copy_done(&c);
}

static void refuses_rows_beyond_its_memory(void **state)
{
	struct pg_copy c;
	struct err e = {""};

	(void)state;
	needs_postgres();
	pg_copy_init(&c, 200);
	for (int i = 0; i < 10; i++)
		add_row(&c, i, "1");
	assert_int_equal(pg_copy_send(&c, pg, COPY_T, &e), PG_BUG);
	assert_non_null(strstr(e.text, "200 bytes"));
	pg_copy_done(&c);
}

static void does_not_outlive_its_transaction(void **state)
{
	struct pg_copy c;
	struct pg *mine, *other;
	char sql[100];

	(void)state;
	needs_postgres();
	mine = pg_new(getenv("PRICEGRAPH_TEST_PG"), "pg_copy_test");
	other = pg_new(getenv("PRICEGRAPH_TEST_PG"), "pg_copy_test");
	pg_copy_init(&c, 1 << 20);
	add_row(&c, 1, "1");
	assert_int_equal(pg_exec(mine, "BEGIN", NULL), PG_OK);
	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 10000)",
		PQbackendPID(pg_raw(mine)));
	assert_int_equal(pg_exec(other, sql, NULL), PG_OK);
	assert_int_equal(pg_copy_send(&c, mine, COPY_T, NULL), PG_RETRY);
	assert_false(pg_connected(mine));
	assert_int_equal(pg_copy_send(&c, mine, COPY_T, NULL), PG_RETRY);
	assert_false(pg_connected(mine));
	pg_copy_done(&c);
	pg_free(mine);
	pg_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores_every_type),
		cmocka_unit_test(stores_more_than_a_piece),
		cmocka_unit_test(can_be_sent_again_and_reused),
		cmocka_unit_test(sends_nothing_for_no_rows),
		cmocka_unit_test(leaves_the_connection_usable_after_a_refusal),
		cmocka_unit_test(refuses_rows_beyond_its_memory),
		cmocka_unit_test(does_not_outlive_its_transaction),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
