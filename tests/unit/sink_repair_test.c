/* Goal: a repair adds up only when every row came, the ids follow each other, and each candle has as many trades as ids. */
#include "clock.h"
#include "daemon/sink_repair.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

#define T0 1723161255000000LL

static struct sink_repairs all;

static int tear_down(void **state)
{
	(void)state;
	sink_repairs_done(&all);
	return 0;
}

static struct fill gap(enum stream_kind stream, int64_t rows)
{
	return (struct fill){.symbol = "BTCUSDT",
		.stream = stream,
		.from_us = T0,
		.to_us = T0 + 10 * SECOND_US,
		.cause = "feed",
		.rows = rows,
		.rows_from_us = T0,
		.rows_to_us = T0 + 10 * SECOND_US,
		.first_id = -1,
		.last_id = -1};
}

static void begin(enum stream_kind stream, int64_t offset)
{
	struct fill f = gap(stream, 0);
	struct err e = {""};

	assert_int_equal(sink_repairs_begin(&all, &f, offset, &e), 0);
}

static void bar(int64_t second, int64_t first, int64_t last)
{
	struct event ev = {.kind = STREAM_KLINE_1S, .symbol = "BTCUSDT"};

	ev.kline.open_us = T0 + second * SECOND_US;
	ev.kline.trades = last >= first ? last - first + 1 : 0;
	ev.kline.first_id = last >= first ? first : -1;
	ev.kline.last_id = last >= first ? last : -1;
	ev.kline.closed = true;
	sink_repairs_take(&all, &ev);
}

static void aggregate(int64_t id, int64_t first, int64_t last, int64_t second)
{
	struct event ev = {.kind = STREAM_AGG_TRADE, .symbol = "BTCUSDT"};

	ev.agg_trade.id = id;
	ev.agg_trade.first_id = first;
	ev.agg_trade.last_id = last;
	ev.agg_trade.trade_us = T0 + second * SECOND_US;
	sink_repairs_take(&all, &ev);
}

static struct sink_verdict end(enum stream_kind stream, int64_t rows)
{
	struct fill f = gap(stream, rows);
	struct sink_verdict v;

	assert_true(sink_repairs_end(&all, &f, &v));
	return v;
}

static void candles_add_up(void **state)
{
	(void)state;
	begin(STREAM_KLINE_1S, 5);
	bar(-1, 90, 99); /* before it */
	bar(0, 100, 101);
	bar(1, 1, 0); /* nobody traded */
	bar(2, 102, 104);
	bar(2, 102, 104);  /* a repeat */
	bar(10, 500, 501); /* behind it */
	struct sink_verdict v = end(STREAM_KLINE_1S, 3);
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 100 && v.last_id == 104);
	assert_int_equal(all.count, 0);
}

static void candles_that_did_not_come_are_told_of(void **state)
{
	(void)state;
	begin(STREAM_MINI_TICKER, 5);
	bar(0, 100, 101);
	assert_string_equal(end(STREAM_MINI_TICKER, 2).problem, "only 1 of 2 rows came");
	begin(STREAM_MINI_TICKER, 6);
	bar(0, 100, 101);
	bar(1, 104, 105);
	assert_string_equal(
		end(STREAM_MINI_TICKER, 2).problem, "trades 102 to 103 are not in what came");
	/* The exchange has nothing there: a halt. */
	begin(STREAM_MINI_TICKER, 7);
	struct sink_verdict v = end(STREAM_MINI_TICKER, 0);
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == -1 && v.last_id == -1);
}

static void a_candle_must_count_its_trades(void **state)
{
	struct event ev = {.kind = STREAM_KLINE_1S, .symbol = "BTCUSDT"};

	(void)state;
	begin(STREAM_KLINE_1S, 5);
	ev.kline = (struct event_kline){
		.open_us = T0, .trades = 3, .first_id = 10, .last_id = 13, .closed = true};
	sink_repairs_take(&all, &ev);
	assert_non_null(strstr(end(STREAM_KLINE_1S, 1).problem, "count of trades"));
}

static void aggregates_fill_trades_and_themselves(void **state)
{
	(void)state;
	begin(STREAM_TRADE, 5);
	begin(STREAM_AGG_TRADE, 6);
	aggregate(6, 99, 99, -1);
	aggregate(8, 102, 102, 2); /* in disorder, and twice */
	aggregate(7, 100, 101, 1);
	aggregate(8, 102, 102, 2);
	aggregate(9, -1, -1, 3); /* taken back: counts as itself */
	aggregate(10, 103, 104, 10);
	struct sink_verdict v = end(STREAM_TRADE, 4);
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 100 && v.last_id == 104);
	v = end(STREAM_AGG_TRADE, 4);
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 7 && v.last_id == 10);
}

static void holes_in_aggregates_are_told_of(void **state)
{
	(void)state;
	begin(STREAM_TRADE, 5);
	aggregate(7, 100, 101, 1);
	aggregate(9, 105, 105, 2);
	assert_string_equal(end(STREAM_TRADE, 2).problem, "aggTrades 8 to 8 are not in what came");
	begin(STREAM_AGG_TRADE, 5);
	aggregate(7, 100, 101, 1);
	aggregate(8, 105, 105, 2);
	assert_string_equal(
		end(STREAM_AGG_TRADE, 2).problem, "trades 102 to 104 are not in what came");
}

/* Where the ids of the gap may lie, rows count too. */
static void rows_beyond_the_gap_count(void **state)
{
	struct fill f = gap(STREAM_KLINE_1S, 3);
	struct sink_verdict v;
	struct err e = {""};

	(void)state;
	f.rows_from_us = T0 - 2 * SECOND_US;
	f.rows_to_us = T0 + 10 * SECOND_US + 1;
	assert_int_equal(sink_repairs_begin(&all, &f, 5, &e), 0);
	bar(-3, 80, 89);
	bar(-2, 90, 99);
	bar(0, 100, 101);
	bar(10, 102, 103);
	bar(11, 500, 501);
	assert_true(sink_repairs_end(&all, &f, &v));
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 90 && v.last_id == 103);
	f = gap(STREAM_TRADE, 2);
	f.rows_from_us = T0 - 2 * SECOND_US;
	assert_int_equal(sink_repairs_begin(&all, &f, 5, &e), 0);
	aggregate(7, 90, 99, -3);
	aggregate(8, 100, 101, -2);
	aggregate(9, 102, 102, 10);
	aggregate(10, 103, 103, 11);
	assert_true(sink_repairs_end(&all, &f, &v));
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 100 && v.last_id == 102);
}

/* The ids that are asked for count wherever their time is said to lie. */
static void the_ids_asked_for_count_outside_the_time(void **state)
{
	struct fill f = gap(STREAM_TRADE, 1);
	struct sink_verdict v;
	struct err e = {""};

	(void)state;
	f.first_id = 100;
	f.last_id = 101;
	assert_int_equal(sink_repairs_begin(&all, &f, 5, &e), 0);
	aggregate(7, 99, 102, -30);
	aggregate(3, 80, 82, -31);
	assert_true(sink_repairs_end(&all, &f, &v));
	assert_string_equal(v.problem, "");
	assert_true(v.first_id == 99 && v.last_id == 102);
}

static void is_read_again_from_the_oldest_that_is_under_way(void **state)
{
	struct fill other = gap(STREAM_TRADE, 0);
	struct sink_verdict v;
	struct err e = {""};

	(void)state;
	assert_int_equal(sink_repairs_replay_from(&all, 50), 50);
	begin(STREAM_TRADE, 5);
	other.from_us++;
	assert_int_equal(sink_repairs_begin(&all, &other, 8, &e), 0);
	assert_int_equal(sink_repairs_replay_from(&all, 50), 5);
	aggregate(7, 100, 101, 1);
	begin(STREAM_TRADE, 20); /* anew: what came before is forgotten */
	assert_int_equal(sink_repairs_replay_from(&all, 50), 8);
	assert_true(sink_repairs_end(&all, &other, &v));
	assert_int_equal(sink_repairs_replay_from(&all, 50), 20);
	assert_int_equal(end(STREAM_TRADE, 0).first_id, -1);
	assert_int_equal(sink_repairs_replay_from(&all, 50), 50);
	assert_false(sink_repairs_end(&all, &other, &v));
}

static void the_oldest_gives_way_when_there_are_too_many(void **state)
{
	struct fill f = gap(STREAM_TRADE, 0);
	struct sink_verdict v;
	struct err e = {""};

	(void)state;
	for (int i = 0; i <= SINK_REPAIRS_MAX; i++) {
		f.from_us = T0 + i;
		assert_int_equal(sink_repairs_begin(&all, &f, i, &e), 0);
	}
	assert_int_equal(all.count, SINK_REPAIRS_MAX);
	assert_int_equal(sink_repairs_replay_from(&all, 1000), 1);
	f.from_us = T0;
	assert_false(sink_repairs_end(&all, &f, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(candles_add_up, tear_down),
		cmocka_unit_test_teardown(candles_that_did_not_come_are_told_of, tear_down),
		cmocka_unit_test_teardown(a_candle_must_count_its_trades, tear_down),
		cmocka_unit_test_teardown(aggregates_fill_trades_and_themselves, tear_down),
		cmocka_unit_test_teardown(holes_in_aggregates_are_told_of, tear_down),
		cmocka_unit_test_teardown(rows_beyond_the_gap_count, tear_down),
		cmocka_unit_test_teardown(the_ids_asked_for_count_outside_the_time, tear_down),
		cmocka_unit_test_teardown(
			is_read_again_from_the_oldest_that_is_under_way, tear_down),
		cmocka_unit_test_teardown(the_oldest_gives_way_when_there_are_too_many, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
