#include "cgi/chart_cover.h"
#include "clock.h"
#include "test.h"

#define S(x) ((int64_t)((x)*SECOND_US))

static struct chart_cover c;
static struct chart_gaps out;

static int set_up(void **state)
{
	(void)state;
	c = (struct chart_cover){0};
	out = (struct chart_gaps){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	chart_cover_done(&c);
	chart_gaps_done(&out);
	return 0;
}

static void heard(enum stream_kind k, double from, double to)
{
	chart_ranges_add(&c.streams[k], S(from), S(to));
}

static void gap(const char *stream, double from, double to, const char *state)
{
	struct chart_gap g = {.stream = stream,
		.from_us = S(from),
		.to_us = S(to),
		.cause = "feed",
		.state = state,
		.reason = "",
		.revision = 7};

	chart_gaps_add(&c.gaps, &g);
}

static void gaps_are(double from, double to, double since, size_t count, const double *bounds)
{
	struct chart_range within = {S(from), S(to)}, unheard = {S(since), S(to)};

	assert_int_equal(chart_cover_compute(&c), 0);
	chart_cover_gaps(&c, within, unheard, &out);
	assert_false(out.failed);
	assert_int_equal(out.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(out.v[i].from_us, S(bounds[2 * i]));
		assert_int_equal(out.v[i].to_us, S(bounds[2 * i + 1]));
	}
}

static void whole_seconds_count(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 10.4, 20.7);
	assert_int_equal(chart_cover_compute(&c), 0);
	assert_true(chart_ranges_hold(&c.full, S(11), S(20)));
	assert_false(chart_ranges_hold(&c.full, S(10), S(11)));
	assert_false(chart_ranges_hold(&c.full, S(20), S(21)));
}

static void sessions_are_joined_before_seconds_are_cut(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 15.5, 30); /* goes on where the other ended, within a second */
	heard(STREAM_KLINE_1S, 10, 15.5);
	heard(STREAM_KLINE_1S, 29, 40); /* rotated */
	gaps_are(10, 40, 10, 0, NULL);
	assert_true(chart_ranges_hold(&c.full, S(10), S(40)));
}

static void what_was_given_is_full(void **state)
{
	const double bounds[] = {30, 40};

	(void)state;
	/* Trades from within a second to within another; bars right behind, but for a stretch that holds none. */
	chart_ranges_add(&c.given, S(10.4), S(20.7));
	chart_ranges_add(&c.given, S(20), S(30));
	chart_ranges_add(&c.given, S(40), S(50));
	gap("kline_1m", 30, 40, "unrepairable");
	gaps_are(10, 50, 11, 1, bounds);
	assert_true(chart_ranges_hold(&c.full, S(11), S(30)));
	assert_true(chart_ranges_hold(&c.heard, S(40), S(50)));
	assert_false(chart_ranges_hold(&c.full, S(10), S(11)));
	assert_false(chart_ranges_hold(&c.full, S(29), S(31)));
}

static void a_hole_in_what_was_given_is_none_where_somebody_listened(void **state)
{
	(void)state;
	chart_ranges_add(&c.given, S(10), S(20));
	heard(STREAM_KLINE_1S, 15, 30);
	gap("kline_1m", 20, 30, "unrepairable");
	gaps_are(10, 30, 10, 0, NULL);
}

static void mini_ticker_is_not_full(void **state)
{
	(void)state;
	heard(STREAM_MINI_TICKER, 10, 40);
	heard(STREAM_TRADE, 20, 30);
	gaps_are(10, 40, 10, 0, NULL);
	assert_true(chart_ranges_hold(&c.heard, S(10), S(40)));
	assert_true(chart_ranges_hold(&c.full, S(20), S(30)));
	assert_false(chart_ranges_hold(&c.full, S(19), S(30)));
}

static void trade_and_kline_relieve_each_other(void **state)
{
	(void)state;
	heard(STREAM_TRADE, 10, 20);
	heard(STREAM_KLINE_1S, 20, 30);
	assert_int_equal(chart_cover_compute(&c), 0);
	assert_true(chart_ranges_hold(&c.full, S(10), S(30)));
}

static void a_hole_within_a_session_is_not_covered(void **state)
{
	(void)state;
	heard(STREAM_TRADE, 10, 40);
	gap("trade", 20.2, 20.4, "open");
	gaps_are(10, 40, 10, 1, (double[]){20.2, 20.4});
	assert_true(chart_ranges_hold(&c.full, S(10), S(20)));
	assert_false(chart_ranges_hold(&c.full, S(20), S(21)));
	assert_true(chart_ranges_hold(&c.full, S(21), S(40)));
}

static void an_unrepairable_hole_stays_one(void **state)
{
	(void)state;
	heard(STREAM_TRADE, 10, 40);
	gap("trade", 20, 21, "unrepairable");
	gaps_are(10, 40, 10, 1, (double[]){20, 21});
	assert_false(chart_ranges_hold(&c.full, S(20), S(21)));
}

static void a_lost_connection_is_a_gap(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 10, 20.3);
	heard(STREAM_KLINE_1S, 25.6, 40);
	gap("kline_1s", 20.3, 25.6, "open");
	gaps_are(10, 40, 10, 1, (double[]){20.3, 25.6});
	assert_string_equal(out.v[0].cause, "feed");
	assert_true(chart_ranges_hold(&c.full, S(10), S(20)));
	assert_false(chart_ranges_hold(&c.heard, S(20), S(21)));
	assert_true(chart_ranges_hold(&c.full, S(26), S(40)));
}

static void repair_closes_a_gap(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 10, 20.3);
	heard(STREAM_KLINE_1S, 25.6, 40);
	gap("kline_1s", 20.3, 25.6, "repaired");
	gaps_are(10, 40, 10, 0, NULL);
	assert_true(chart_ranges_hold(&c.full, S(10), S(40)));
}

static void another_stream_closes_a_gap(void **state)
{
	(void)state;
	heard(STREAM_MINI_TICKER, 10, 20);
	heard(STREAM_MINI_TICKER, 30, 40);
	gap("miniTicker", 20, 30, "open");
	heard(STREAM_KLINE_1S, 10, 25);
	gaps_are(10, 40, 10, 1, (double[]){25, 30});
}

static void tickers_neither_cover_nor_miss(void **state)
{
	(void)state;
	heard(STREAM_TICKER, 10, 40);
	heard(STREAM_KLINE_1S, 15, 30);
	gap("ticker", 16, 18, "unrepairable");
	gaps_are(10, 40, 10, 2, (double[]){10, 15, 30, 40});
	assert_string_equal(out.v[0].cause, "stopped");
}

static void gaps_of_several_streams_are_one(void **state)
{
	(void)state;
	heard(STREAM_MINI_TICKER, 10, 20.1);
	heard(STREAM_MINI_TICKER, 30.2, 40);
	heard(STREAM_KLINE_1S, 10, 20.3);
	heard(STREAM_KLINE_1S, 30.1, 40);
	gap("miniTicker", 20.1, 30.2, "open");
	gap("kline_1s", 20.3, 30.1, "open");
	gap("kline_1s", 35, 36, "unrepairable");
	gap("kline_1s", 35.5, 37, "open");
	gaps_are(10, 40, 10, 3, (double[]){20.1, 30.2, 35, 36, 35.5, 37});
	assert_string_equal(out.v[1].state, "unrepairable");
}

static void gaps_are_cut_to_the_window(void **state)
{
	(void)state;
	gap("kline_1s", 5, 15, "open");
	gap("kline_1s", 35, 45, "open");
	heard(STREAM_KLINE_1S, 15, 35);
	gaps_are(10, 40, 10, 2, (double[]){10, 15, 35, 40});
}

static void what_nobody_heard_is_told(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 10.5, 20); /* its first second is no gap: it was subscribed then */
	heard(STREAM_KLINE_1S, 30, 40);
	gaps_are(5, 40, 11, 1, (double[]){20, 30});
	assert_string_equal(out.v[0].cause, "stopped");
	assert_string_equal(out.v[0].state, "open");
}

static void before_the_first_subscription_nothing_is_missing(void **state)
{
	(void)state;
	heard(STREAM_KLINE_1S, 30, 40);
	gaps_are(10, 40, 30, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_seconds_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			sessions_are_joined_before_seconds_are_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_given_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_hole_in_what_was_given_is_none_where_somebody_listened, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(mini_ticker_is_not_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			trade_and_kline_relieve_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_hole_within_a_session_is_not_covered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unrepairable_hole_stays_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lost_connection_is_a_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(repair_closes_a_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_stream_closes_a_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tickers_neither_cover_nor_miss, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gaps_of_several_streams_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gaps_are_cut_to_the_window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_nobody_heard_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			before_the_first_subscription_nothing_is_missing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
