/* Goal: sessions of long ago are joined to few rows that cover exactly what they covered, repaired gaps with them; horizons move only forward. */
#include "database.h"

#define DAY "86400000000"
#define IS(sql, expected) assert_string_equal(database_text(sql), expected)

/* What a symbol's stream covers, as the readers see it (chart_spans.sql), and repaired gaps beside it. */
#define COVERED(name)                                                                              \
	"SELECT range_agg(int8range(x.from_us, x.to_us)) FROM (SELECT greatest(u.from_us, "        \
	"sp.from_us) AS from_us, least(coalesce(u.to_us, sp.to_us), sp.to_us) AS to_us FROM "      \
	"subscription AS u JOIN symbol AS y USING (venue, symbol) JOIN span AS sp ON sp.venue = "  \
	"u.venue AND sp.stream = u.stream AND sp.i = y.i AND sp.session = u.session WHERE "        \
	"u.venue "                                                                                 \
	"= 'v' AND u.symbol = '" name "' AND u.stream = 'trade') AS x WHERE x.from_us < x.to_us"

static void a_venue(void)
{
	database_run("SELECT venue_ensure('v', 5000000), venue_empty('v')");
	database_run("INSERT INTO symbol VALUES ('v', 'A', 1), ('v', 'B', 1), ('v', 'C', 2)");
}

static void random_sessions(void)
{
	database_run("SELECT setseed(0.5)");
	/* Rotation, overlaps and holes: sessions of an hour or so, some far apart. */
	database_run("INSERT INTO span SELECT 'v', 'trade', i, 's' || k, k * 3000, k * 3000 + "
		     "2600 + (random() * 3000)::int, true, false, 1, 1, k FROM generate_series(1, "
		     "200) AS k, "
		     "unnest('{1,2}'::int[]) AS i");
	database_run(
		"INSERT INTO subscription SELECT 'v', y.symbol, 'trade', s.session, s.from_us + "
		"(random() * 500)::int, s.to_us + 700 - (random() * 800)::int FROM span AS s JOIN "
		"symbol AS y ON y.venue = s.venue AND y.i = s.i WHERE random() < 0.9");
	database_run("UPDATE subscription SET to_us = NULL WHERE session = 's200'");
}

static void joined_sessions_cover_what_they_covered(void **state)
{
	char before[3][4000];

	(void)state;
	database_needed();
	a_venue();
	random_sessions();
	snprintf(before[0], sizeof(before[0]), "%s", database_text(COVERED("A")));
	snprintf(before[1], sizeof(before[1]), "%s", database_text(COVERED("B")));
	snprintf(before[2], sizeof(before[2]), "%s", database_text(COVERED("C")));
	/* In several steps, as the days go by. */
	for (int step = 1; step <= 6; step++) {
		char sql[80];

		snprintf(sql, sizeof(sql), "SELECT sessions_join('v', %d)", step * 110000);
		database_run(sql);
		IS(COVERED("A"), before[0]);
		IS(COVERED("B"), before[1]);
		IS(COVERED("C"), before[2]);
	}
	IS("SELECT count(*) < 300 FROM subscription WHERE venue = 'v'", "t");
	IS("SELECT count(*) FROM span WHERE venue = 'v' AND to_us < 500000 AND session <> 'joined'",
		"0");
	IS("SELECT count(*) FROM subscription WHERE venue = 'v' AND to_us IS NULL AND session = "
	   "'s200'",
		database_text("SELECT count(*) FROM subscription WHERE venue = 'v' AND to_us IS "
			      "NULL"));
	IS("SELECT sessions_join('v', 660000)", "0");
}

static void repaired_gaps_become_coverage(void **state)
{
	(void)state;
	database_needed();
	a_venue();
	database_run(
		"INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, state, revision) "
		"VALUES ('v', 'A', 'trade', 10500000, 12500000, 'feed', 'repaired', 1), "
		"('v', 'A', 'miniTicker', 20000000, 21000000, 'feed', 'repaired', 1), "
		"('v', 'A', 'trade', 30000000, 31000000, 'feed', 'unrepairable', 1), "
		"('v', 'A', 'trade', 40000000, 41000000, 'feed', 'open', 1), "
		"('v', 'B', 'trade', 40000000, 41000000, 'feed', 'repaired', 1), "
		"('v', 'B', 'kline_1s', 40000000, 40500000, 'feed', 'unrepairable', 1), "
		"('v', 'C', 'trade', 940000000, 941000000, 'feed', 'repaired', 1)");
	IS("SELECT sessions_join('v', 900000000)", "2");
	IS("SELECT string_agg(symbol || ' ' || stream || ' ' || from_us || ' ' || to_us, ', ' "
	   "ORDER "
	   "BY from_us) FROM subscription WHERE venue = 'v'",
		"A kline_1s 10000000 13000000, A kline_1s 20000000 21000000");
	IS("SELECT string_agg(symbol || ' ' || state, ', ' ORDER BY symbol, from_us, stream DESC) "
	   "FROM gap WHERE venue = 'v'",
		"A unrepairable, A open, B repaired, B unrepairable, C repaired");
}

static void horizons_move_forward_only(void **state)
{
	(void)state;
	database_needed();
	a_venue();
	IS("SELECT cardinality(horizons_move('v', '{1,2,0,0,0}', 9e18::bigint))",
		"0"); /* no clock */
	database_run("INSERT INTO span VALUES ('v', 'trade', 1, 's', 1, 2, false, false, 100 * " DAY
		     " + 5, 1, 1)");
	IS("SELECT horizons_move('v', '{10,5,0,9,9}', 9e18::bigint)", "{raw,1s}");
	IS("SELECT string_agg(level || ' ' || from_us / " DAY ", ', ' ORDER BY level) FROM horizon",
		"1s 90, raw 90"); /* seconds no shorter than events; what is behind a 0 is kept for ever */
	IS("SELECT horizons_move('v', '{50,50,0,0,0}', 9e18::bigint)", "{}");
	IS("SELECT horizons_move('v', '{0,0,0,0,0}', 9e18::bigint)", "{}");
	IS("SELECT horizons_move('v', '{1,1,0,0,0}', 95 * " DAY ")", "{raw,1s}");
	IS("SELECT horizon_us('v', 'raw') / " DAY, "94"); /* a clock that is not believed */
	IS("SELECT venue_empty('v') > 0", "t");
	IS("SELECT count(*) FROM horizon", "0");
	database_run("SELECT venue_ensure('replay-v', 5000000)");
	database_run("INSERT INTO span VALUES ('replay-v', 'trade', 1, 's', 1, 2, false, false, "
		     "100 * " DAY ", 1, 1)");
	IS("SELECT horizons_move('replay-v', '{1,1,1,1,1}', 9e18::bigint)", "{}");
}

static void gaps_below_are_given_up(void **state)
{
	(void)state;
	database_needed();
	a_venue();
	database_run("INSERT INTO span VALUES ('v', 'trade', 1, 's', 1, 2, false, false, 100 * " DAY
		     ", 1, 1)");
	database_run(
		"INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, state, revision) "
		"SELECT 'v', 'A', s, d * " DAY ", d * " DAY
		" + 5, 'feed', 'open', 1 FROM unnest('{trade,kline_1s}'::text[]) AS s, "
		"unnest('{80,92,97}'::bigint[]) AS d");
	database_run("UPDATE partition SET revision = 70 WHERE venue = 'v'");
	database_run("SELECT horizons_move('v', '{5,10,0,0,0}', 9e18::bigint)");
	IS("SELECT string_agg(stream || ' ' || from_us / " DAY
	   " || ' ' || revision, ', ' ORDER BY stream, from_us) FROM gap WHERE state = "
	   "'unrepairable' AND reason <> ''",
		"kline_1s 80 72, trade 80 72, trade 92 72");
	IS("SELECT string_agg(symbol || ' ' || settled_revision, ', ' ORDER BY symbol) FROM symbol "
	   "WHERE venue = 'v'",
		"A 72, B 0, C 0");
	IS("SELECT revision FROM partition WHERE venue = 'v' AND i = 1", "72");
}

static void nothing_is_made_below(void **state)
{
	(void)state;
	database_needed();
	a_venue();
	database_run(
		"INSERT INTO horizon VALUES ('v', 'raw', 90 * " DAY "), ('v', '1s', 80 * " DAY ")");
	database_run("SELECT partition_ensure('v', t, d * " DAY
		     ") FROM unnest('{raw_trade,candle_1s,candle_1m}'::text[]) AS t, "
		     "unnest('{70,85,95}'::bigint[]) AS d");
	IS("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND "
	   "relname ~ '_v\\$'",
		"candle_1m_v$1970 candle_1s_v$19700327 candle_1s_v$19700406 raw_trade_v$19700406");
	IS("SELECT count(*) FROM retention_due('v')", "0");
	database_run("UPDATE horizon SET from_us = 96 * " DAY " WHERE level = 'raw'");
	IS("SELECT name FROM retention_due('v')", "raw_trade_v$19700406");
	IS("SELECT count(*) FROM retention_due('nosuch')", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joined_sessions_cover_what_they_covered),
		cmocka_unit_test(repaired_gaps_become_coverage),
		cmocka_unit_test(horizons_move_forward_only),
		cmocka_unit_test(gaps_below_are_given_up),
		cmocka_unit_test(nothing_is_made_below),
	};

	return cmocka_run_group_tests(tests, database_begin, database_end);
}
