#include "cgi/chart_state.h"
#include "clock.h"
#include "test.h"

#define S(x) ((int64_t)((x)*SECOND_US))
#define SETTLE S(5)

static struct chart_feed feed(double speed, bool ended)
{
	return (struct chart_feed){.known = true,
		.ended = ended,
		.clock_us = S(1000),
		.alive_us = S(50000),
		.speed = speed};
}

static struct chart_freshness at(
	const char *venue, const struct chart_feed *f, double as_of, double age)
{
	return chart_state_of(venue, f, S(as_of), S(50000 + age));
}

static size_t tail_gaps(const struct chart_feed *f, const struct chart_freshness *fresh,
	double as_of, const char *cause)
{
	struct chart_gaps gaps = {0};
	size_t count;

	chart_state_tail_gap(f, fresh, S(as_of), SETTLE, &gaps);
	count = gaps.count;
	if (count > 0) {
		assert_int_equal(gaps.v[0].from_us, S(as_of));
		assert_int_equal(gaps.v[0].to_us, fresh->venue_now_us);
		assert_string_equal(gaps.v[0].cause, cause);
		assert_string_equal(gaps.v[0].state, "open");
	}
	chart_gaps_done(&gaps);
	return count;
}

static void names_the_market(void **state)
{
	struct chart_feed f = feed(1, false);

	(void)state;
	assert_string_equal(chart_state_name(at("binance", &f, 999, 1).state), "live");
	assert_string_equal(chart_state_name(at("synthetic", &f, 999, 1).state), "synthetic");
	assert_string_equal(chart_state_name(at("replay-x", &f, 999, 1).state), "replay");
	assert_string_equal(chart_state_name(CHART_STALE), "stale");
}

static void lag_is_by_the_venues_clock(void **state)
{
	struct chart_feed f = feed(60, false);
	struct chart_freshness fresh = at("replay-x", &f, 990, 2);

	(void)state;
	assert_int_equal(fresh.venue_now_us, S(1120));
	assert_int_equal(fresh.lag_us, S(130));
	assert_int_equal(fresh.state, CHART_REPLAY);
	f = feed(1, false);
	assert_int_equal(at("binance", &f, 1001, 0).lag_us, 0);  /* never negative */
	assert_int_equal(at("binance", &f, 1000, -3).lag_us, 0); /* nor by a wall clock set back */
}

static void stale_by_the_age_of_alive_records(void **state)
{
	struct chart_feed f = feed(0.1, false);

	(void)state;
	assert_int_equal(at("binance", &f, 1000, 10).state, CHART_LIVE);
	assert_int_equal(at("binance", &f, 1000, 10.001).state, CHART_STALE);
	assert_int_equal(at("replay-x", &f, 1000, 11).state, CHART_STALE);
}

static void stale_when_time_stands_still(void **state)
{
	struct chart_feed f = feed(1, false);

	(void)state;
	assert_int_equal(at("binance", &f, 991, 1).state, CHART_LIVE);
	assert_int_equal(at("binance", &f, 990, 1).state, CHART_STALE);
	f = feed(60, false); /* 10 s of wall time are 600 s there */
	assert_int_equal(at("replay-x", &f, 500, 1).state, CHART_REPLAY);
	assert_int_equal(at("replay-x", &f, 400, 1).state, CHART_STALE);
}

static void unknown_is_stale(void **state)
{
	struct chart_feed none = {0}, f = feed(1, false);
	struct chart_freshness fresh = at("binance", &none, 1000, 0);

	(void)state;
	assert_int_equal(fresh.state, CHART_STALE);
	assert_int_equal(fresh.lag_us, -1);
	assert_int_equal(tail_gaps(&none, &fresh, 1000, ""), 0);
	fresh = chart_state_of("binance", &f, -1, S(50000));
	assert_int_equal(fresh.state, CHART_STALE);
	assert_int_equal(fresh.lag_us, -1);
}

static void the_tail_is_a_gap_when_late(void **state)
{
	struct chart_feed f = feed(1, false);
	struct chart_freshness fresh = at("binance", &f, 1000, 5);

	(void)state;
	assert_int_equal(tail_gaps(&f, &fresh, 1000, "feed"), 0);
	fresh = at("binance", &f, 1000, 5.1);
	assert_int_equal(tail_gaps(&f, &fresh, 1000, "feed"), 1);
	f = feed(1, true);
	fresh = at("binance", &f, 1000, 5.1);
	assert_int_equal(tail_gaps(&f, &fresh, 1000, "stopped"), 1);
	f = feed(60, false); /* two wall seconds on the way are no gap */
	fresh = at("replay-x", &f, 1000, 2);
	assert_int_equal(tail_gaps(&f, &fresh, 1000, "feed"), 0);
	fresh = at("replay-x", &f, 1000, 5.1);
	assert_int_equal(tail_gaps(&f, &fresh, 1000, "feed"), 1);
}

static void an_ended_recording_misses_nothing(void **state)
{
	struct chart_feed f = feed(0, true);
	struct chart_freshness fresh = at("replay-x", &f, 980, 86400);

	(void)state;
	assert_true(fresh.ended);
	assert_int_equal(fresh.state, CHART_REPLAY);
	assert_int_equal(fresh.lag_us, S(20));
	assert_int_equal(tail_gaps(&f, &fresh, 980, ""), 0);
	f = feed(0, false); /* the clock stands, but nobody said why */
	fresh = at("replay-x", &f, 1000, 11);
	assert_false(fresh.ended);
	assert_int_equal(fresh.state, CHART_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_market),
		cmocka_unit_test(lag_is_by_the_venues_clock),
		cmocka_unit_test(stale_by_the_age_of_alive_records),
		cmocka_unit_test(stale_when_time_stands_still),
		cmocka_unit_test(unknown_is_stale),
		cmocka_unit_test(the_tail_is_a_gap_when_late),
		cmocka_unit_test(an_ended_recording_misses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
