/* Goal: the functions of sql/migration make venues and partitions, and fold as candle.h's ranks and the fold's rules say. */
#include "database.h"

#define MINUTE "1723161600000000" /* 2024-08-09 00:00:00 UTC */
#define IS(sql, expected) assert_string_equal(database_text(sql), expected)

static void makes_a_venue_again_and_again(void **state)
{
	(void)state;
	database_needed();
	for (int i = 0; i < 2; i++)
		database_run("SELECT venue_ensure('a-b', 7000000)");
	IS("SELECT count(*) FROM partition WHERE venue = 'a-b'", "8");
	IS("SELECT settle_us FROM venue WHERE venue = 'a-b'", "7000000");
	IS("SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text "
	   "COLLATE \"C\") FROM pg_inherits "
	   "WHERE inhrelid::regclass::text LIKE '%a_b' AND inhparent::regclass::text LIKE "
	   "'candle_1_'",
		"candle_1d_a_b candle_1h_a_b candle_1m_a_b candle_1s_a_b");
}

static void names_fit_long_venues(void **state)
{
	(void)state;
	database_needed();
	/* Two that differ only where their names are cut. */
	database_run("SELECT venue_ensure(repeat('x', 89) || v, 5000000) FROM "
		     "unnest('{a,b}'::text[]) AS v");
	database_run("SELECT partition_ensure(repeat('x', 89) || v, 'raw_mini_ticker', " MINUTE
		     ") FROM unnest('{a,b}'::text[]) AS v");
	IS("SELECT count(DISTINCT venue_table('raw_mini_ticker', repeat('x', 89) || v)) FROM "
	   "unnest('{a,b}'::text[]) AS v",
		"2");
	IS("SELECT max(length(relname)) <= 63 FROM pg_class WHERE relname LIKE "
	   "'raw_mini_ticker_xxx%'",
		"t");
}

static void makes_days_and_years(void **state)
{
	(void)state;
	database_needed();
	database_run("SELECT venue_ensure('v', 5000000)");
	for (int i = 0; i < 2; i++) {
		database_run("SELECT partition_ensure('v', 'candle_1s', " MINUTE ")");
		database_run("SELECT partition_ensure('v', 'candle_1s', " MINUTE " - 1)");
		database_run("SELECT partition_ensure('v', 'candle_1d', " MINUTE ")");
		database_run("SELECT partition_ensure('v', 'raw_trade', " MINUTE ")");
	}
	IS("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = "
	   "'candle_1s_v$20240809'",
		"FOR VALUES FROM ('1723161600000000') TO ('1723248000000000')");
	IS("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = "
	   "'candle_1s_v$20240808'",
		"FOR VALUES FROM ('1723075200000000') TO ('1723161600000000')");
	IS("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'candle_1d_v$2024'",
		"FOR VALUES FROM ('1704067200000000') TO ('1735689600000000')");
	IS("SELECT string_agg(reloptions::text, ' ' ORDER BY relname) FROM pg_class WHERE relname "
	   "IN "
	   "('candle_1s_v$20240809', 'raw_trade_v$20240809')",
		"{fillfactor=90} {fillfactor=100}");
}

static void refuses_what_is_no_table(void **state)
{
	struct err e = {""};

	(void)state;
	database_needed();
	assert_int_equal(
		pg_exec(database, "SELECT partition_ensure('v', 'symbol', 5)", &e), PG_BAD_DATA);
	assert_int_not_equal(
		pg_exec(database, "SELECT partition_ensure('nosuch', 'candle_1s', 5)", &e), PG_OK);
	assert_int_not_equal(pg_exec(database, "SELECT venue_ensure('a\"b', 5)", &e), PG_OK);
}

static void only_the_collector_may(void **state)
{
	struct err e = {""};
	struct pg *pg;

	(void)state;
	database_needed();
	pg = pg_new(database_as("pricegraph_reader"), "test");
	assert_int_equal(pg_exec(pg, "SELECT venue_ensure('w', 5)", &e), PG_BUG);
	assert_string_equal(pg_sqlstate(pg), "42501");
	assert_int_equal(pg_exec(pg, "SELECT venue_empty('v')", &e), PG_BUG);
	assert_int_equal(pg_exec(pg, "SELECT fold_1m('v', '{}', '{}', '{}')", &e), PG_BUG);
	assert_int_equal(pg_exec(pg, "INSERT INTO venue (venue) VALUES ('w')", &e), PG_BUG);
	assert_int_equal(pg_exec(pg, "SELECT FROM window_1m('v', 'A', '{0}', 5)", &e), PG_OK);
	pg_free(pg);
	pg = pg_new(database_as("pricegraph_collector"), "test");
	assert_int_equal(pg_exec(pg, "SELECT venue_ensure('w', 5)", &e), PG_OK);
	assert_int_equal(pg_exec(pg, "SELECT partition_ensure('w', 'raw_trade', 5)", &e), PG_OK);
	assert_int_equal(pg_exec(pg, "SELECT fold_1m('w', '{}', '{}', '{}')", &e), PG_OK);
	pg_free(pg);
}

static void empties_only_one_venue(void **state)
{
	(void)state;
	database_needed();
	database_run("SELECT venue_ensure('e1', 5000000), venue_ensure('e2', 5000000)");
	database_run(
		"SELECT partition_ensure(v, 'candle_1s', 5) FROM unnest('{e1,e2}'::text[]) AS v");
	database_run("INSERT INTO symbol (venue, symbol, i) VALUES ('e1', 'A', 1), ('e2', 'A', 1)");
	database_run("INSERT INTO kafka_offset (venue, stream, i, next_offset, replay_from) VALUES "
		     "('e1', 'trade', 1, 5, 5)");
	database_run("INSERT INTO candle_1s SELECT 5, 'A', v, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, "
		     "true, 0, 1 "
		     "FROM unnest('{e1,e2}'::text[]) AS v");
	database_run("UPDATE partition SET owner = 'me', revision = 70 WHERE venue = 'e1'");
	IS("SELECT venue_empty('e1')", "2");
	IS("SELECT venue_empty('nosuch') IS NULL", "t");
	IS("SELECT epoch || ' ' || generation FROM venue WHERE venue = 'e1'", "2 2");
	/* The sink that had it is fenced, and no revision comes twice. */
	IS("SELECT bool_and(owner IS NULL) AND min(revision) = 71 FROM partition WHERE venue = "
	   "'e1'",
		"t");
	IS("SELECT string_agg(venue, ' ') FROM candle_1s WHERE open_us = 5", "e2");
	IS("SELECT count(*) FROM symbol WHERE venue = 'e1'", "0");
	IS("SELECT count(*) FROM kafka_offset WHERE venue = 'e1'", "0");
	IS("SELECT count(*) FROM symbol WHERE venue = 'e2'", "1");
	database_run("SELECT partition_ensure('e1', 'candle_1s', 5)");
	IS("SELECT venue_empty('e1')", "3");
}

/* 1,500 seconds of 40 symbols with empty seconds, unknown volumes, gaps and removed rows, all by a fixed rule. */
static void fill_seconds(void)
{
	database_run("SELECT venue_ensure('f', 5000000)");
	database_run("SELECT partition_ensure('f', t, " MINUTE
		     " + d * 86400000000) FROM unnest('{candle_1s,candle_1m,candle_1h,candle_1d}'"
		     "::text[]) AS t, generate_series(-1, 1) AS d");
	database_run("INSERT INTO symbol (venue, symbol, i) SELECT 'f', 'S' || k, k % 8 FROM "
		     "generate_series(1, 40) AS k");
	database_run("INSERT INTO candle_1s SELECT " MINUTE
		     " - 900000000 + t * 1000000::bigint, 'S' || k, 'f', p, p + (t % 5), p - (t % "
		     "3), p + 1, "
		     "v, v * p, n, v / 2, v * p / 4, CASE WHEN n > 0 THEN t END, t, o, true, 0, t "
		     "+ 1, (t + k) % 97 = 0 "
		     "FROM generate_series(0, 1499) AS t, generate_series(1, 40) AS k, "
		     "LATERAL (SELECT (100 + (t * 7919 + k * 104729) % 1000)::numeric / 8 AS p, "
		     "CASE WHEN (t + k) % 11 = 0 THEN NULL WHEN (t / 120 + k) % 4 = 0 OR (t + k) % "
		     "3 = 0 THEN 0 ELSE (t + k) % 9 + 1 END AS n) AS a, "
		     "LATERAL (SELECT CASE WHEN n IS NULL THEN NULL WHEN n = 0 THEN 0 ELSE ((t * "
		     "31 + k) % 1000)::numeric / 16 END AS v, "
		     "CASE WHEN n IS NULL THEN 1 ELSE 3 + t % 2 END AS o) AS b "
		     "WHERE (t + k) % 13 > 0 AND NOT (k = 7 AND t < 600)");
}

/* The same fold, written otherwise: sorted arrays of the parts that count. */
#define REFERENCE(source, width)                                                                   \
	"WITH x AS (SELECT *, open_us / " width " * " width                                        \
	" AS b, bool_or(trades IS DISTINCT FROM 0) OVER w AS traded FROM " source                  \
	" WHERE venue = 'f' AND NOT removed WINDOW w AS (PARTITION BY symbol, open_us / " width    \
	")), "                                                                                     \
	"r AS (SELECT b, symbol, (array_agg(open ORDER BY open_us))[1] AS o, max(high) AS h, "     \
	"min(low) AS l, (array_agg(close ORDER BY open_us "                                        \
	"DESC))[1] AS c, CASE WHEN bool_and(volume IS NOT NULL) THEN sum(volume) END AS v, CASE "  \
	"WHEN bool_and(quote IS NOT NULL) THEN "                                                   \
	"sum(quote) END AS q, CASE WHEN bool_and(trades IS NOT NULL) THEN sum(trades) END AS n, "  \
	"CASE WHEN bool_and(taker_volume IS NOT NULL) "                                            \
	"THEN sum(taker_volume) END AS tv FROM x WHERE trades IS DISTINCT FROM 0 OR NOT traded "   \
	"GROUP BY b, symbol), "                                                                    \
	"g AS (SELECT b, symbol, min(origin) AS origin FROM x GROUP BY b, symbol) "

#define COMPARE(source, target, width)                                                             \
	REFERENCE(source, width)                                                                   \
	"SELECT count(*) || ' ' || count(*) FILTER (WHERE (c.open, c.high, c.low, c.close, "       \
	"c.volume, c.quote, c.trades, c.taker_volume, "                                            \
	"c.origin) IS DISTINCT FROM (r.o, r.h, r.l, r.c, r.v, r.q, r.n, r.tv, g.origin)) FROM r "  \
	"JOIN g USING (b, symbol) FULL JOIN "                                                      \
	"(SELECT * FROM " target                                                                   \
	" WHERE venue = 'f' AND NOT removed) AS c ON c.open_us = r.b AND c.symbol = r.symbol"

#define FOLD(name, source, width, revision)                                                        \
	"SELECT fold_" name "('f', array_agg(symbol), array_agg(b), array_agg(" revision           \
	")) FROM (SELECT DISTINCT symbol, open_us / " width " * " width " AS b FROM " source       \
	" WHERE venue = 'f') AS x"

static void folds_the_ladder(void **state)
{
	(void)state;
	database_needed();
	fill_seconds();
	IS(FOLD("1m", "candle_1s", "60000000", "2001"), "990"); /* 40 * 25 - 10 minutes of S7 */
	IS(COMPARE("candle_1s", "candle_1m", "60000000"), "990 0");
	IS(FOLD("1m", "candle_1s", "60000000", "2002"),
		"0"); /* nothing differs, nothing is written */
	IS("SELECT min(revision) || ' ' || max(revision) FROM candle_1m WHERE venue = 'f'",
		"2001 2001");
	IS(FOLD("1h", "candle_1m", "3600000000", "2003"), "80");
	IS(COMPARE("candle_1m", "candle_1h", "3600000000"), "80 0");
	IS(FOLD("1d", "candle_1h", "86400000000", "2004"), "80");
	IS(COMPARE("candle_1h", "candle_1d", "86400000000"), "80 0");
}

static void folds_few_of_many_alike(void **state)
{
	(void)state;
	database_needed();
	/* One of 40. */
	database_run("UPDATE candle_1s SET high = high + 1000, revision = 3000 WHERE venue = 'f' "
		     "AND symbol = 'S3' AND NOT removed "
		     "AND open_us >= " MINUTE);
	IS("SELECT fold_1m('f', array_fill('S3'::text, ARRAY[10]), array_agg(" MINUTE
	   " + m * 60000000), array_fill(3000::bigint, ARRAY[10])) FROM generate_series(0, 9) AS m",
		"10");
	IS(COMPARE("candle_1s", "candle_1m", "60000000"), "990 0");
	IS("SELECT count(*) FROM candle_1m WHERE venue = 'f' AND revision = 3000", "10");
	/* A pair named twice, and one that has no parts. */
	database_run("UPDATE candle_1s SET low = 1 WHERE venue = 'f' AND symbol = 'S4' AND NOT "
		     "removed AND open_us >= " MINUTE);
	IS("SELECT fold_1m('f', '{S4,S4,S4}', '{" MINUTE "," MINUTE ",0}', '{3001,3002,3003}')",
		"1");
	IS("SELECT revision FROM candle_1m WHERE venue = 'f' AND symbol = 'S4' AND open_us "
	   "= " MINUTE,
		"3002");
}

static void folds_by_hand(void **state)
{
	(void)state;
	database_needed();
	/* t, o, h, l, c, v, n: an empty second first and last, between them two with trades. */
	database_run("INSERT INTO symbol (venue, symbol, i) VALUES ('f', 'H', 0)");
	database_run(
		"INSERT INTO candle_1s (open_us, symbol, venue, open, high, low, close, volume, "
		"quote, trades, taker_volume, taker_quote, "
		"origin, closed, stated_us, revision) VALUES "
		"(" MINUTE " + 0000000, 'H', 'f', 99, 99, 99, 99, 0, 0, 0, 0, 0, 4, true, 0, 1), "
		"(" MINUTE
		" + 1000000, 'H', 'f', 10, 12, 9, 11, 1.5, 16, 2, 1, 11, 4, true, 0, 1), "
		"(" MINUTE
		" + 2000000, 'H', 'f', 11, 11.5, 8, 8, 2.25, 20, 3, NULL, NULL, 3, true, 0, 1), "
		"(" MINUTE " + 3000000, 'H', 'f', 98, 98, 98, 98, 0, 0, 0, 0, 0, 4, true, 0, 1)");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{5}')", "1");
	IS("SELECT concat_ws(' ', open, high, low, close, volume, quote, trades, "
	   "coalesce(taker_volume, -1), origin, revision) FROM candle_1m "
	   "WHERE venue = 'f' AND symbol = 'H'",
		"10 12 8 8 3.75 36 5 -1 3 5");
	/* Only empty ones: flat, the open of the first and the close of the last, and sums that are known. */
	database_run("UPDATE candle_1s SET removed = true, revision = 6 WHERE venue = 'f' AND "
		     "symbol = 'H' AND trades > 0");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{6}')", "1");
	IS("SELECT concat_ws(' ', open, high, low, close, volume, quote, trades, taker_volume, "
	   "origin, revision) FROM candle_1m WHERE venue = "
	   "'f' AND symbol = 'H'",
		"99 99 98 98 0.00000000 0.00000000 0 0.00000000 4 6");
	/* One with unknown volume. */
	database_run("UPDATE candle_1s SET removed = false, volume = NULL, quote = NULL, trades = "
		     "NULL, origin = 1 WHERE venue = 'f' AND "
		     "symbol = 'H' AND open_us = " MINUTE " + 1000000");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{7}')", "1");
	IS("SELECT open || ' ' || close || ' ' || (volume IS NULL AND quote IS NULL AND trades IS "
	   "NULL) || ' ' || origin FROM candle_1m WHERE venue "
	   "= 'f' AND symbol = 'H'",
		"10 11 true 1");
}

static void a_bar_of_removed_parts_is_removed(void **state)
{
	(void)state;
	database_needed();
	database_run("UPDATE candle_1s SET removed = true, revision = 8 WHERE venue = 'f' AND "
		     "symbol = 'H'");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{8}')", "1");
	IS("SELECT removed || ' ' || revision || ' ' || open FROM candle_1m WHERE venue = 'f' AND "
	   "symbol = 'H'",
		"true 8 10");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{9}')", "0");
	/* And comes back with a part. */
	database_run("UPDATE candle_1s SET removed = false, revision = 10 WHERE venue = 'f' AND "
		     "symbol = 'H' AND trades = 3");
	IS("SELECT fold_1m('f', '{H}', '{" MINUTE "}', '{10}')", "1");
	IS("SELECT removed || ' ' || revision || ' ' || open FROM candle_1m WHERE venue = 'f' AND "
	   "symbol = 'H'",
		"false 10 11");
}

static void windows_are_the_same_fold(void **state)
{
	(void)state;
	database_needed();
	database_run("CREATE TEMP VIEW w AS SELECT * FROM window_1m('f', 'S9', "
		     "ARRAY(SELECT generate_series(" MINUTE " - 900000000, " MINUTE
		     " + 599999999, 300000000)), " MINUTE " + 600000000)");
	IS(REFERENCE("candle_1m",
		   "300000000") "SELECT count(*) || ' ' || count(*) FILTER (WHERE (w.open, "
				"w.high, w.low, w.close, w.volume, w.quote, w.trades, "
				"w.origin) IS DISTINCT FROM (r.o, r.h, r.l, r.c, r.v, r.q, "
				"r.n, g.origin)) FROM r JOIN g USING (b, symbol) "
				"FULL JOIN w ON w.open_us = r.b WHERE r.symbol = 'S9' OR "
				"r.symbol IS NULL",
		"5 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_venue_again_and_again),
		cmocka_unit_test(names_fit_long_venues),
		cmocka_unit_test(makes_days_and_years),
		cmocka_unit_test(refuses_what_is_no_table),
		cmocka_unit_test(only_the_collector_may),
		cmocka_unit_test(empties_only_one_venue),
		cmocka_unit_test(folds_the_ladder),
		cmocka_unit_test(folds_few_of_many_alike),
		cmocka_unit_test(folds_by_hand),
		cmocka_unit_test(a_bar_of_removed_parts_is_removed),
		cmocka_unit_test(windows_are_the_same_fold),
	};
	return cmocka_run_group_tests(tests, database_begin, database_end);
}
