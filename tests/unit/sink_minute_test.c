/* Goal: the minute folded in memory is the one that SQL folds from the same seconds, whatever these are. */
#include "clock.h"
#include "daemon/sink_minute.h"
#include "database.h"
#include "pg_copy.h"

#define MINUTE 1723161600000000LL /* 2024-08-09 00:00:00 UTC */
#define SYMBOLS 300

static uint64_t chance = 20240809;

/* A number below `n`, the same in each run. */
static unsigned any_of(unsigned n)
{
	chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(chance >> 33) % n;
}

/* Mostly of eight places or fewer, some of twelve. */
static struct decimal any_decimal(void)
{
	char text[40];
	struct decimal d;
	int len = any_of(8) ? snprintf(text, sizeof(text), "%u.%08u", any_of(90000),
				      any_of(100000000))
			    : snprintf(text, sizeof(text), "%u.%06u%06u", any_of(900),
				      any_of(1000000), any_of(1000000));

	assert_int_equal(decimal_parse(&d, text, (size_t)len), 0);
	return d;
}

static struct decimal equal_now_and_then(struct decimal before)
{
	return any_of(4) ? any_decimal() : before;
}

/* What the seconds of a minute are: in how many of ten there was no trade, or nobody knows, or there is none. */
struct kinds {
	unsigned empty, unknown, missing;
	unsigned others; /* of ten, of whatever origin; the rest are closed klines */
};

static enum origin any_origin(unsigned others)
{
	return any_of(10) < others ? (enum origin)(ORIGIN_SAMPLE + any_of(5)) : ORIGIN_KLINE;
}

static struct candle any_second(int64_t open_us, const struct kinds *of)
{
	static struct decimal last;
	unsigned kind = any_of(10);
	struct candle c = {.open_us = open_us,
		.open = any_decimal(),
		.high = equal_now_and_then(last),
		.low = equal_now_and_then(last),
		.close = any_decimal(),
		.has_volume = kind >= of->unknown,
		.volume = decimal_zero,
		.quote = decimal_zero,
		.taker_volume = decimal_zero,
		.taker_quote = decimal_zero,
		.first_id = -1,
		.last_id = -1,
		.origin = any_origin(of->others),
		.closed = of->others == 0 || any_of(9)};

	last = c.high;
	if (c.has_volume && kind < of->unknown + of->empty)
		return c;
	c.volume = any_decimal();
	c.quote = any_decimal();
	c.taker_volume = any_decimal();
	c.taker_quote = any_decimal();
	c.trades = 1 + any_of(1000);
	return c;
}

static void copy_bar(struct pg_copy *copy, const char *symbol, const struct candle *c)
{
	pg_copy_row(copy, 15);
	pg_copy_int64(copy, c->open_us);
	pg_copy_text(copy, symbol, strlen(symbol));
	pg_copy_text(copy, "m", 1);
	pg_copy_bar(copy, c);
	pg_copy_int16(copy, (int16_t)c->origin);
	pg_copy_int64(copy, 7);
}

/* One minute of one symbol: some of its seconds, of kinds that are as good as all there are. */
static void make_minute(struct pg_copy *seconds, struct pg_copy *minutes, int number)
{
	unsigned empty = number % 3 ? any_of(11) : 10 * any_of(2);
	struct kinds of = {.empty = empty,
		.unknown = number % 2 ? 0 : any_of(11 - empty),
		.missing = number % 5 ? any_of(10) : 0,
		.others = number % 4 ? any_of(11) : 0};
	struct sink_minute m;
	char symbol[8];

	snprintf(symbol, sizeof(symbol), "S%d", number);
	sink_minute_begin(&m, MINUTE);
	for (int i = 0; i < 60; i++) {
		struct candle c = any_second(MINUTE + i * SECOND_US, &of);

		if (any_of(10) < of.missing)
			continue;
		sink_minute_add(&m, &c);
		copy_bar(seconds, symbol, &c);
		pg_copy_bool(seconds, c.closed);
	}
	assert_int_equal(m.bar.open_us, m.any ? MINUTE : 0);
	assert_false(m.overflow);
	if (!m.any)
		return;
	copy_bar(minutes, symbol, &m.bar);
	pg_copy_int16(minutes, (int16_t)sink_minute_made(&m));
}

#define COLUMNS                                                                                    \
	"(open_us, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume, "   \
	"taker_quote, origin, revision, "
#define FOLD                                                                                       \
	"SELECT fold_1m('m', array_agg(symbol), array_agg(1723161600000000), array_agg(8::bigint)" \
	") FROM symbol WHERE venue = 'm'"

static void copy_all(struct pg_copy *copy, const char *sql)
{
	struct err e = {""};

	assert_int_equal(pg_exec(database, "BEGIN", &e), PG_OK);
	if (pg_copy_send(copy, database, sql, &e) != PG_OK)
		fail_msg("%s", e.text);
	assert_int_equal(pg_exec(database, "COMMIT", &e), PG_OK);
	pg_copy_done(copy);
}

static void folds_as_sql_does(void **state)
{
	struct pg_copy seconds, minutes;
	char made[20];

	(void)state;
	database_needed();
	database_run("SELECT venue_ensure('m', 5000000)");
	database_run("SELECT partition_ensure('m', t, 1723161600000000) FROM "
		     "unnest('{candle_1s,candle_1m}'::text[]) AS t");
	database_run("INSERT INTO symbol (venue, symbol, i) SELECT 'm', 'S' || k, 0 FROM "
		     "generate_series(0, 299) AS k");
	pg_copy_init(&seconds, 1 << 26);
	pg_copy_init(&minutes, 1 << 26);
	for (int i = 0; i < SYMBOLS; i++)
		make_minute(&seconds, &minutes, i);
	snprintf(made, sizeof(made), "%zu", minutes.rows);
	database_run("ALTER TABLE candle_1s ALTER stated_us SET DEFAULT 0");
	copy_all(&seconds, "COPY candle_1s " COLUMNS "closed) FROM STDIN (FORMAT binary)");
	copy_all(&minutes, "COPY candle_1m " COLUMNS "made) FROM STDIN (FORMAT binary)");
	assert_string_equal(database_text("SELECT count(DISTINCT symbol) FROM candle_1s"), made);
	assert_string_equal(database_text("SELECT count(*) > 250 AND count(volume) BETWEEN 100 AND "
					  "250 AND count(*) FILTER (WHERE trades = 0) > 20 FROM "
					  "candle_1m"),
		"t");
	assert_string_equal(database_text("SELECT bool_and(n > 10) AND count(*) = 3 FROM (SELECT "
					  "count(*) AS n FROM candle_1m GROUP BY made) AS x"),
		"t");
	/* The fold writes what differs. */
	assert_string_equal(database_text(FOLD), "0");
	database_run("UPDATE candle_1m SET close = close + 0.00000001 WHERE symbol IN ('S5', "
		     "'S6')");
	assert_string_equal(database_text(FOLD), "2");
}

static void a_sum_out_of_range_is_told(void **state)
{
	struct candle c = any_second(MINUTE, &(struct kinds){0});
	struct sink_minute m;

	(void)state;
	sink_minute_begin(&m, MINUTE);
	c.trades = INT64_MAX;
	sink_minute_add(&m, &c);
	assert_false(m.overflow);
	sink_minute_add(&m, &c);
	assert_true(m.overflow);

	sink_minute_begin(&m, MINUTE);
	c.trades = 1;
	c.quote.units = ((__int128)1 << 126) - 1;
	for (int i = 0; i < 2; i++)
		sink_minute_add(&m, &c);
	assert_false(m.overflow);
	sink_minute_add(&m, &c);
	assert_true(m.overflow);
}

static void a_minute_without_seconds_is_none(void **state)
{
	struct sink_minute m;

	(void)state;
	sink_minute_begin(&m, MINUTE);
	assert_int_equal(m.open_us, MINUTE);
	assert_false(m.any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_as_sql_does),
		cmocka_unit_test(a_sum_out_of_range_is_told),
		cmocka_unit_test(a_minute_without_seconds_is_none),
	};

	return cmocka_run_group_tests(tests, database_begin, database_end);
}
