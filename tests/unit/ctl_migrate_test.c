/* Goal: migrations run once, in order, whoever else migrates, and keep what is stored; what does not fit is refused and leaves nothing behind. */
#include "database.h"
#include "pg_migrations.h"
#include <pthread.h>

#define IS(sql, expected) assert_string_equal(database_text(sql), expected)
#define DAY "1723161600000000"
#define FIRST_OF_NEXT "0008"

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
	/* As if 0018 had not run yet. */
	database_run("DROP FUNCTION fold_1m, fold_1h, fold_1d");
	database_run("DELETE FROM migration WHERE name = '0018_fold_by_symbol'");
	assert_int_equal(ctl_migrate(database, count_applied, &e), 1);
	assert_int_equal(applied_count, 1);
	database_run("SELECT fold_1m('v', '{}', '{}', '{}')");
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

/* A database of the first release, at work: a minute of klines and its bars, one hole in ids and one in time. */
static void fill_first_release(void)
{
	database_run("CREATE SCHEMA IF NOT EXISTS pricegraph; CREATE TABLE pricegraph.migration "
		     "(name text "
		     "PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT "
		     "now())");
	for (const struct sql_file *m = sql_files; strcmp(m->name, FIRST_OF_NEXT) < 0; m++) {
		const char *params[] = {m->name, m->sql};
		struct err e = {""};

		database_run("BEGIN");
		database_run(m->sql);
		assert_int_equal(pg_query(database, "done",
					 "INSERT INTO pricegraph.migration VALUES ($1, md5($2))", 2,
					 params, NULL, &e),
			PG_OK);
		database_run("COMMIT");
	}
	database_run("SELECT venue_ensure('v', 5000000)");
	database_run("SELECT count(partition_ensure('v', table_name, " DAY ")) FROM partitioned");
	database_run("INSERT INTO symbol VALUES ('v', 'A', 3, " DAY ")");
	database_run("INSERT INTO kafka_offset VALUES ('v', 'kline_1s', 3, 100, 90, 7)");
	database_run("INSERT INTO raw_trade SELECT " DAY " + n, 'A', n, 'v', 2, 3, NULL, true, 1 "
		     "FROM generate_series(1, 9) AS n");
	database_run(
		"INSERT INTO candle_1s SELECT " DAY
		" + n * 1000000, 'A', 'v', 10, 12, 9, 11, 2, 22, 3, 1, 11, n, n, 4, true, 1, 5 "
		"FROM generate_series(0, 59) AS n");
	database_run("SELECT fold_1m('v', '{A}', '{" DAY "}', '{5}'), fold_1h('v', '{A}', '{" DAY
		     "}', '{5}'), fold_1d('v', '{A}', '{" DAY "}', '{5}')");
	database_run("INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, revision, "
		     "first_id, last_id) VALUES ('v', 'A', 'trade', " DAY ", " DAY
		     " + 5, 'ids', 4, 7, 8), ('v', 'A', 'trade', " DAY ", " DAY
		     " + 9, 'feed', 4, NULL, NULL)");
}

static void what_the_first_release_stored_goes_on(void **state)
{
	const char *bars =
		"SELECT string_agg(format('%s %s %s %s', c.volume, c.trades, c.origin, "
		"c.revision), ',') FROM (SELECT * FROM candle_1m UNION ALL SELECT * FROM "
		"candle_1h UNION ALL SELECT * FROM candle_1d) AS c";
	struct pg *own = database;
	char conninfo[600];
	struct err e = {""};
	int due = 0;

	(void)state;
	database_needed();
	for (const struct sql_file *m = sql_files; m->name; m++)
		due += strcmp(m->name, FIRST_OF_NEXT) > 0;
	database_run("CREATE DATABASE unit_grown");
	snprintf(conninfo, sizeof(conninfo), "%s dbname=unit_grown", getenv("PRICEGRAPH_TEST_PG"));
	database = pg_new(conninfo, "test");
	fill_first_release();
	assert_int_equal(ctl_migrate(database, NULL, &e), due);
	IS(bars, "120 180 4 5,120 180 4 5,120 180 4 5");
	IS("SELECT string_agg(format('%s %s %s', cause, ids_to_us - ids_from_us, state), ',' ORDER "
	   "BY cause) FROM gap",
		"feed  open,ids 5 open");
	IS("SELECT count(*) FROM raw_trade", "9");
	/* The next start makes what is new of the venue; the offsets go on, and the bars, by their rank. */
	database_run(
		"SELECT venue_ensure('v', 5000000), partition_ensure('v', 'raw_ticker', " DAY ")");
	IS("SELECT offset_rate(o, 1) IS NULL AND next_offset = 100 FROM kafka_offset AS o", "t");
	IS("SELECT has_parts FROM give_1m('v', '{A}', '{" DAY "}', '{10}', '{12}', '{9}', '{11}', "
	   "'{999}', '{22}', '{3}', '{1}', '{11}', '{2}', '{6}')",
		"t");
	IS("SELECT fold_1m('v', '{A}', '{" DAY "}', '{7}')", "1");
	IS("SELECT format('%s %s %s %s', volume, made, revision, (given).volume) FROM candle_1m",
		"120 1 7 999");
	IS("SELECT sum(taker_volume) FROM window_1m('v', 'A', '{" DAY "}', " DAY " + 3600000000)",
		"60");
	IS("SELECT count(*) FROM seconds_change('v', 'A', 'correct', 1, 'me', 'why', ARRAY[(" DAY
	   ", false, 10, 12, 9, 11, 1, 11, 3, NULL, NULL, NULL, NULL, 5, true, "
	   "0)::candle_change])",
		"4");
	IS("SELECT venue_empty('v')", "2");
	IS("SELECT (SELECT count(*) FROM candle_1m) + (SELECT count(*) FROM correction)", "0");
	pg_free(database);
	database = own;
	database_run("DROP DATABASE unit_grown WITH (FORCE)");
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
		cmocka_unit_test(what_the_first_release_stored_goes_on),
		cmocka_unit_test(says_when_it_cannot_connect),
	};
	return cmocka_run_group_tests(tests, begin, database_end);
}
