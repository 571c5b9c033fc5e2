/* Goal: migrations run once, in order, whoever else migrates; what does not fit is refused and leaves nothing behind. */
#include "database.h"
#include <pthread.h>

static int applied_count;

static void count_applied(const char *name)
{
	(void)name;
	applied_count++;
}

static void again_does_nothing(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	assert_int_equal(ctl_migrate(database, count_applied, &e), 0);
	assert_int_equal(applied_count, 0);
	assert_string_equal(
		database_text("SELECT count(*) >= 4 AND min(name) = '0001_base' FROM migration"),
		"t");
}

static void takes_up_where_it_ended(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	/* As if 0004 had not run yet. */
	database_run("DROP FUNCTION bars_1s, bars_1m, bars_1h, bars_1d, window_1m, window_1h, "
		     "window_1d, open_bar");
	database_run("DROP INDEX subscription_current");
	database_run("DELETE FROM migration WHERE name = '0004_windows'");
	assert_int_equal(ctl_migrate(database, count_applied, &e), 1);
	assert_int_equal(applied_count, 1);
	database_run("SELECT FROM bars_1s('v', 'A', 0, 5, true)");
}

static void a_failed_one_leaves_nothing(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	database_run(
		"DELETE FROM migration WHERE name = '0004_windows'"); /* what it makes is there already */
	assert_int_equal(ctl_migrate(database, NULL, &e), -1);
	assert_non_null(strstr(e.text, "migration 0004_windows: "));
	assert_string_equal(
		database_text("SELECT count(*) FROM migration WHERE name = '0004_windows'"), "0");
	database_run("INSERT INTO migration SELECT '0004_windows', checksum FROM saved WHERE name "
		     "= '0004_windows'");
	assert_int_equal(ctl_migrate(database, NULL, &e), 0);
}

static void refuses_a_changed_one(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	database_run("UPDATE migration SET checksum = md5('x') WHERE name = '0002_candles'");
	assert_int_equal(ctl_migrate(database, NULL, &e), -1);
	assert_string_equal(
		e.text, "migration 0002_candles: it was changed after it had been applied");
	database_run("UPDATE migration AS m SET checksum = s.checksum FROM saved AS s WHERE s.name "
		     "= m.name");
}

static void refuses_a_newer_database(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	database_run("INSERT INTO migration (name, checksum) VALUES ('9999_future', 'x')");
	assert_int_equal(ctl_migrate(database, NULL, &e), -1);
	assert_non_null(strstr(e.text, "9999_future, which this program does not know"));
	database_run("DELETE FROM migration WHERE name = '9999_future'");
}

static void *migrate_in_thread(void *conninfo)
{
	struct pg *pg = pg_new(conninfo, "test");
	struct err e = {""};
	int count = ctl_migrate(pg, NULL, &e);

	if (count < 0)
		print_error("%s\n", e.text);
	pg_free(pg);
	return (void *)(intptr_t)count;
}

static void several_at_once_apply_each_once(void **state)
{
	pthread_t threads[3];
	char conninfo[600];
	intptr_t sum = 0, all;

	(void)state;
	database_needed();
	all = strtol(database_text("SELECT count(*) FROM migration"), NULL, 10);
	database_run("CREATE DATABASE unit_at_once");
	snprintf(
		conninfo, sizeof(conninfo), "%s dbname=unit_at_once", getenv("PRICEGRAPH_TEST_PG"));
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, conninfo), 0);
	for (int i = 0; i < 3; i++) {
		void *count;

		pthread_join(threads[i], &count);
		assert_true((intptr_t)count >= 0);
		sum += (intptr_t)count;
	}
	assert_int_equal(sum, all);
	database_run("DROP DATABASE unit_at_once WITH (FORCE)");
}

static void says_when_it_cannot_connect(void **state)
{
	struct pg *pg = pg_new("host=/nonexistent", "test");
	struct err e = {""};

	(void)state;
	assert_int_equal(ctl_migrate(pg, NULL, &e), -1);
	assert_true(e.text[0] != '\0');
	pg_free(pg);
}

static int begin(void **state)
{
	int rc = database_begin(state);

	if (database)
		database_run("CREATE TABLE saved AS SELECT name, checksum FROM migration");
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(again_does_nothing),
		cmocka_unit_test(takes_up_where_it_ended),
		cmocka_unit_test(a_failed_one_leaves_nothing),
		cmocka_unit_test(refuses_a_changed_one),
		cmocka_unit_test(refuses_a_newer_database),
		cmocka_unit_test(several_at_once_apply_each_once),
		cmocka_unit_test(says_when_it_cannot_connect),
	};
	return cmocka_run_group_tests(tests, begin, database_end);
}
