#include "second_events.h"

static void nothing_is_seen_of_nothing(void **state)
{
	struct candle c = {.trades = 77};
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	assert_false(second_visible(&s, &c));
	assert_int_equal(c.trades, 77);
	second_done(&s);
	second_done(NULL);
}

static void samples_open_by_least_and_close_by_greatest_time(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, sample(500, "20"), 1);
	add(&s, sample(900, "15"), 1);
	add(&s, sample(100, "18"), 1);
	add(&s, sample(600, "25"), 1);
	add(&s, sample(100, "18"), 0);
	add(&s, sample(900, "15"), 0);
	add(&s, sample(600, "25"), 0);
	struct candle c = visible(&s);
	assert_prices(&c, (const char *const[4]){"18", "25", "15", "15"});
	assert_int_equal(c.origin, ORIGIN_SAMPLE);
	assert_false(c.has_volume);
	assert_int_equal(c.first_id, -1);
	second_done(&s);
}

static void trades_sum_up(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, trade(102, "12", "1"), 1);
	add(&s, trade(101, "10", "2"), 1);
	add(&s, trade(103, "11.5", "0.5"), 1);
	add(&s, trade(102, "12", "1"), 0);
	add(&s, trade(101, "10", "2"), 0);
	struct candle c = visible(&s);
	assert_prices(&c, (const char *const[4]){"10", "12", "10", "11.5"});
	assert_decimal(&c.volume, "3.5");
	assert_decimal(&c.quote, "37.75");
	/* The buyer was the taker in 102 only. */
	assert_decimal(&c.taker_volume, "1");
	assert_decimal(&c.taker_quote, "12");
	assert_int_equal(c.trades, 3);
	assert_int_equal(c.first_id, 101);
	assert_int_equal(c.last_id, 103);
	assert_int_equal(c.origin, ORIGIN_TRADE);
	assert_true(c.has_volume && !c.closed && c.stated_us == 0);
	second_done(&s);
}

static void aggregates_count_their_trades(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, agg_trade(8, 103, 105, "12"), 1);
	add(&s, agg_trade(7, 101, 102, "10"), 1);
	add(&s, agg_trade(8, 103, 105, "12"), 0);
	/* Taken back by the exchange: nothing of it counts. */
	add(&s, agg_trade(9, -1, -1, "99"), 0);
	struct candle c = visible(&s);
	assert_prices(&c, (const char *const[4]){"10", "12", "10", "12"});
	assert_int_equal(c.trades, 5);
	assert_int_equal(c.first_id, 101);
	assert_int_equal(c.last_id, 105);
	assert_decimal(&c.volume, "4");
	assert_decimal(&c.quote, "44");
	assert_decimal(&c.taker_volume, "2");
	assert_int_equal(c.origin, ORIGIN_AGG_TRADE);
	assert_true(c.has_volume && !c.closed);
	second_done(&s);
}

/* Of trades, aggregates and an open kline the one with most trades, ties to the better. */
static void most_trades_win_among_three(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, trade(101, "10", "1"), 1);
	add(&s, agg_trade(7, 101, 101, "10"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_TRADE);
	add(&s, agg_trade(8, 102, 104, "11"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_AGG_TRADE);
	add(&s, kline(false, 300, "12", 3), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_AGG_TRADE);
	add(&s, kline(false, 400, "12", 4), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_KLINE);
	for (int64_t id = 102; id <= 105; id++)
		add(&s, trade(id, "10", "1"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_TRADE);
	add(&s, kline(true, 1001, "12", 1), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_KLINE);
	second_done(&s);
}

static void the_newest_version_of_a_kline_stays(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, kline(false, 500, "11", 1), 1);
	add(&s, kline(false, 400, "12", 1), 0);
	add(&s, kline(false, 500, "13", 1), 0);
	add(&s, kline(false, 600, "14", 2), 1);
	add(&s, kline(true, 550, "15", 3), 1);
	add(&s, kline(false, 2000, "16", 9), 0);
	add(&s, kline(true, 550, "17", 3), 0);
	struct candle c = visible(&s);
	assert_decimal(&c.close, "15");
	assert_true(c.closed);
	assert_int_equal(c.stated_us, OPEN_US + 550 * MS_US);
	/* Restated later. */
	add(&s, kline(true, 90000, "18", 3), 1);
	c = visible(&s);
	assert_decimal(&c.close, "18");
	assert_int_equal(c.origin, ORIGIN_KLINE);
	assert_int_equal(c.trades, 3);
	second_done(&s);
}

/* REST restates a bar without its ids: they stay, in whichever order both come. */
static void a_bar_without_ids_keeps_those_that_are_known(void **state)
{
	struct event without = kline(true, 90000, "18", 3), other = kline(true, 95000, "18", 4);

	(void)state;
	without.kline.first_id = without.kline.last_id = -1;
	other.kline.first_id = other.kline.last_id = -1;
	for (int order = 0; order < 2; order++) {
		struct second s;
		second_init(&s, OPEN_US);
		add(&s, order ? without : kline(true, 550, "17", 3), 1);
		add(&s, order ? kline(true, 550, "17", 3) : without, 1);
		struct candle c = visible(&s);
		assert_decimal(&c.close, "18");
		assert_int_equal(c.first_id, 100);
		assert_int_equal(c.last_id, 102);
		add(&s, kline(true, 550, "17", 3), 0);
		/* Another number of trades: they are not the same ones. */
		add(&s, other, 1);
		c = visible(&s);
		assert_int_equal(c.first_id, -1);
		second_done(&s);
	}
}

static void a_closed_kline_goes_over_trades(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, trade(100, "10", "1"), 1);
	add(&s, trade(101, "11", "1"), 1);
	add(&s, kline(true, 1001, "12", 1), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_KLINE);
	second_done(&s);
}

static void most_trades_win_while_it_is_open(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, sample(100, "1"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_SAMPLE);
	add(&s, trade(100, "10", "1"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_TRADE);
	/* A tie goes to the better origin. */
	add(&s, kline(false, 300, "12", 1), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_KLINE);
	add(&s, trade(101, "11", "1"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_TRADE);
	add(&s, kline(false, 700, "12", 5), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_KLINE);
	second_done(&s);
}

static void an_explicit_empty_kline_is_seen_with_its_own_prices(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, sample(100, "1"), 1);
	add(&s, kline(true, 1000, "10", 0), 1);
	struct candle c = visible(&s);
	assert_int_equal(c.origin, ORIGIN_KLINE);
	assert_int_equal(c.trades, 0);
	assert_int_equal(c.first_id, -1);
	assert_decimal(&c.close, "10");
	second_done(&s);
}

/* Every order of the same events, repeats included, gives the same candle. */
static void order_does_not_matter(void **state)
{
	const struct event events[] = {sample(500, "20"), sample(100, "18"), sample(900, "15"),
		trade(101, "10", "2"), trade(102, "12.5", "1.25"), trade(104, "11", "0.1"),
		kline(false, 300, "11", 2), kline(false, 900, "12", 2), trade(101, "10", "2"),
		kline(false, 300, "11", 2), agg_trade(7, 101, 102, "10"),
		agg_trade(8, 103, 103, "12"), agg_trade(7, 101, 102, "10"),
		agg_trade(9, 104, 109, "11")};
	enum { COUNT = sizeof(events) / sizeof(*events) };
	struct candle first = {0};
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 500; round++) {
		int order[COUNT];
		struct second s;
		struct err e;
		for (int i = 0; i < COUNT; i++) {
			random = random * 1664525 + 1013904223;
			int k = (int)((random >> 8) % (unsigned)(i + 1));
			order[i] = order[k];
			order[k] = i;
		}
		second_init(&s, OPEN_US);
		for (int i = 0; i < COUNT; i++)
			assert_true(second_add(&s, &events[order[i]], &e) >= 0);
		struct candle c = visible(&s);
		if (round == 0)
			first = c;
		assert_true(candle_equal(&c, &first));
		assert_true(s.sample.first_us < s.sample.last_us);
		assert_decimal(&s.sample.open, "18");
		assert_decimal(&s.sample.close, "15");
		assert_int_equal(s.trades.count, 3);
		assert_int_equal(s.agg_trades.count, 9);
		assert_int_equal(c.origin, ORIGIN_AGG_TRADE);
		second_done(&s);
	}
}

static void overflow_changes_nothing(void **state)
{
	struct event large = trade(7, "1000000000000000", "1000000000000000000");
	struct event most = trade(8, "1", "1700000000000000000000000000000");
	struct err e = {0};
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	assert_int_equal(second_add(&s, &large, &e), -1);
	assert_non_null(strstr(e.text, "trade 7"));
	assert_int_equal(s.trades.count, 0);
	add(&s, most, 1);
	most.trade.id = 9;
	assert_int_equal(second_add(&s, &most, &e), -1);
	struct candle c = visible(&s);
	assert_int_equal(c.trades, 1);
	assert_decimal(&c.volume, "1700000000000000000000000000000");
	assert_false(idset_has(&s.trades.ids, 9));
	second_done(&s);
}

static void too_many_runs_of_ids_are_refused(void **state)
{
	struct err e = {0};
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	for (int64_t i = 0; i < IDSET_RUNS_MAX; i++)
		add(&s, trade(2 * i, "1", "1"), 1);
	struct event one = trade(2 * IDSET_RUNS_MAX + 10, "1", "1");
	assert_int_equal(second_add(&s, &one, &e), -1);
	assert_int_equal(s.trades.count, IDSET_RUNS_MAX);
	assert_int_equal(s.trades.last_id, 2 * (IDSET_RUNS_MAX - 1));
	second_done(&s);
}

static void tickers_say_nothing(void **state)
{
	struct event ev = {.kind = STREAM_TICKER, .event_us = OPEN_US};
	struct candle out;
	struct second s;
	struct err e;

	(void)state;
	second_init(&s, OPEN_US);
	assert_int_equal(second_add(&s, &ev, &e), 0);
	assert_false(second_visible(&s, &out));
	second_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tickers_say_nothing),
		cmocka_unit_test(nothing_is_seen_of_nothing),
		cmocka_unit_test(samples_open_by_least_and_close_by_greatest_time),
		cmocka_unit_test(trades_sum_up),
		cmocka_unit_test(aggregates_count_their_trades),
		cmocka_unit_test(most_trades_win_among_three),
		cmocka_unit_test(the_newest_version_of_a_kline_stays),
		cmocka_unit_test(a_bar_without_ids_keeps_those_that_are_known),
		cmocka_unit_test(a_closed_kline_goes_over_trades),
		cmocka_unit_test(most_trades_win_while_it_is_open),
		cmocka_unit_test(an_explicit_empty_kline_is_seen_with_its_own_prices),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(overflow_changes_nothing),
		cmocka_unit_test(too_many_runs_of_ids_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
