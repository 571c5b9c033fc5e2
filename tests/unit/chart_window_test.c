#include "cgi/chart_window.h"
#include "clock.h"
#include "test.h"

/* 2024-08-08 00:00:00 UTC, a Thursday */
#define DAY (1723075200LL * SECOND_US)
#define AT(h, m, s) (DAY + (h)*HOUR_US + (m)*MINUTE_US + (s)*SECOND_US)

static struct chart_times times(int64_t as_of_us, int64_t first_us)
{
	return (struct chart_times){.as_of_us = as_of_us,
		.first_us = first_us,
		.settle_us = 5 * SECOND_US,
		.settled_us = as_of_us - 5 * SECOND_US};
}

static const struct interval *iv(const char *name)
{
	return interval_find(name);
}

static void ends_at_the_newest_bar(void **state)
{
	struct chart_times t = times(AT(12, 0, 30) + 400000, 0);
	struct chart_window w = chart_window_last(iv("1m"), &t, 10, -1);

	(void)state;
	assert_int_equal(w.from_us, AT(11, 51, 0));
	assert_int_equal(w.to_us, AT(12, 1, 0));
	assert_int_equal(w.bars_to_us, AT(12, 0, 0));
	assert_int_equal(w.settled_us, AT(12, 0, 25));
	assert_int_equal(w.newest_us, AT(12, 0, 0));
	assert_true(w.newest);
}

static void a_bar_settles_later_than_it_ends(void **state)
{
	struct chart_times t = times(AT(12, 0, 4), 0);
	struct chart_window w = chart_window_last(iv("1m"), &t, 3, -1);

	(void)state;
	assert_int_equal(w.newest_us, AT(12, 0, 0));
	assert_int_equal(w.bars_to_us, AT(11, 59, 0)); /* 11:59 is over, not settled */
	t = times(AT(12, 0, 5), 0);
	w = chart_window_last(iv("1m"), &t, 3, -1);
	assert_int_equal(w.bars_to_us, AT(12, 0, 0));
	t = times(AT(12, 0, 0), 0); /* as_of on the bound: the new bar is the newest */
	w = chart_window_last(iv("1m"), &t, 3, -1);
	assert_int_equal(w.newest_us, AT(12, 0, 0));
	assert_int_equal(w.to_us, AT(12, 1, 0));
}

static void pages_without_overlap_or_hole(void **state)
{
	struct chart_times t = times(AT(12, 0, 30), AT(11, 30, 7));
	struct chart_window w = chart_window_last(iv("1m"), &t, 10, -1);
	int64_t oldest_us = w.from_us;

	(void)state;
	w = chart_window_last(iv("1m"), &t, 10, oldest_us);
	assert_int_equal(w.to_us, oldest_us);
	assert_int_equal(w.bars_to_us, oldest_us);
	assert_int_equal(w.from_us, AT(11, 41, 0));
	assert_false(w.newest);
	w = chart_window_last(iv("1m"), &t, 20, w.from_us);
	assert_int_equal(w.to_us, AT(11, 41, 0));
	assert_int_equal(w.from_us, AT(11, 30, 0)); /* not before the first candle */
	w = chart_window_last(iv("1m"), &t, 10, AT(11, 30, 0));
	assert_int_equal(w.from_us, w.to_us);
	assert_int_equal(w.from_us, w.bars_to_us);
	assert_false(w.newest);
}

static void end_is_exclusive_of_opens(void **state)
{
	struct chart_times t = times(AT(12, 0, 30), 0);
	struct chart_window w = chart_window_last(iv("1m"), &t, 2, AT(11, 30, 0) + MS_US);

	(void)state;
	assert_int_equal(w.to_us, AT(11, 31, 0)); /* 11:30 opens before 11:30:00.001 */
	w = chart_window_last(iv("1m"), &t, 2, AT(23, 0, 0));
	assert_true(w.newest);
	assert_int_equal(w.to_us, AT(12, 1, 0));
	w = chart_window_last(iv("1m"), &t, 2, 0);
	assert_false(w.newest);
	assert_int_equal(w.bars_to_us, w.to_us);
}

static void is_empty_without_candles(void **state)
{
	struct chart_times t = times(AT(12, 0, 30), -1);
	struct chart_window w = chart_window_last(iv("1m"), &t, 10, -1);

	(void)state;
	assert_int_equal(w.from_us, w.to_us);
	assert_int_equal(w.bars_to_us, w.from_us);
	assert_true(w.newest);
	assert_int_equal(w.settled_us, AT(12, 0, 25));
	t.as_of_us = -1;
	w = chart_window_last(iv("1m"), &t, 10, -1);
	assert_int_equal(w.from_us, w.to_us);
	assert_false(w.newest);
}

static void knows_months_and_weeks(void **state)
{
	struct chart_times t = times(AT(12, 0, 30), 0);
	struct chart_window w = chart_window_last(iv("1M"), &t, 3, -1);

	(void)state;
	assert_int_equal(w.from_us, 1717200000LL * SECOND_US); /* 2024-06-01 */
	assert_int_equal(w.to_us, 1725148800LL * SECOND_US);   /* 2024-09-01 */
	assert_int_equal(w.bars_to_us, 1722470400LL * SECOND_US);
	w = chart_window_last(iv("1w"), &t, 1, -1);
	assert_int_equal(w.from_us, DAY - 3 * DAY_US); /* Monday */
	assert_int_equal(w.bars_to_us, w.from_us);
}

static void goes_on_from_a_time(void **state)
{
	struct chart_times t = times(AT(12, 0, 30), AT(11, 30, 7));
	struct chart_window w = chart_window_since(iv("1m"), &t, AT(11, 55, 59));

	(void)state;
	assert_int_equal(w.from_us, AT(11, 55, 0));
	assert_int_equal(w.to_us, AT(12, 1, 0));
	assert_true(w.newest);
	w = chart_window_since(iv("1m"), &t, 0);
	assert_int_equal(w.from_us, AT(11, 30, 0));
	w = chart_window_since(iv("1m"), &t, AT(23, 0, 0)); /* ahead of everything */
	assert_int_equal(w.from_us, AT(12, 0, 0));
	assert_int_equal(w.bars_to_us, w.from_us);
}

static void cuts_the_open_bar_by_level(void **state)
{
	struct chart_times t = times(AT(12, 34, 50), 0);
	struct chart_window w = chart_window_last(iv("1d"), &t, 1, -1);
	struct chart_open_parts p = chart_window_open(iv("1d"), &w);

	(void)state;
	assert_int_equal(p.bounds[0], DAY);
	assert_int_equal(p.bounds[1], DAY); /* no whole day */
	assert_int_equal(p.bounds[2], AT(12, 0, 0));
	assert_int_equal(p.bounds[3], AT(12, 34, 0));
	assert_int_equal(p.bounds[4], AT(12, 34, 45));
	p = chart_window_open(iv("1w"), &w);
	assert_int_equal(p.bounds[0], DAY - 3 * DAY_US);
	assert_int_equal(p.bounds[1], DAY);
	assert_int_equal(p.bounds[2], AT(12, 0, 0));
	p = chart_window_open(iv("15m"), &w);
	assert_int_equal(p.bounds[0], AT(12, 30, 0));
	assert_int_equal(p.bounds[1], AT(12, 30, 0));
	assert_int_equal(p.bounds[2], AT(12, 30, 0));
	assert_int_equal(p.bounds[3], AT(12, 34, 0));
	p = chart_window_open(iv("1m"), &w);
	for (int i = 0; i < 4; i++)
		assert_int_equal(p.bounds[i], AT(12, 34, 0));
	p = chart_window_open(iv("1s"), &w);
	assert_int_equal(p.bounds[0], p.bounds[4]); /* nothing is settled of it */
}

static void the_bar_before_may_be_open_too(void **state)
{
	struct chart_times t = times(AT(13, 0, 2), 0);
	struct chart_window w = chart_window_last(iv("1h"), &t, 1, -1);
	struct chart_open_parts p = chart_window_open(iv("1h"), &w);

	(void)state;
	assert_int_equal(w.newest_us, AT(13, 0, 0));
	assert_int_equal(p.bounds[0], AT(12, 0, 0));
	assert_int_equal(p.bounds[2], AT(12, 0, 0));
	assert_int_equal(p.bounds[3], AT(12, 59, 0));
	assert_int_equal(p.bounds[4], AT(12, 59, 57));
}

static void counts_parts(void **state)
{
	(void)state;
	assert_int_equal(chart_window_parts(iv("30m"), 0, DAY_US), 1440);
	assert_int_equal(chart_window_parts(iv("1s"), 0, HOUR_US), 3600);
	assert_int_equal(chart_window_parts(iv("12h"), 0, DAY_US), 24);
	assert_int_equal(chart_window_parts(iv("1M"), 0, 31 * DAY_US), 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_at_the_newest_bar),
		cmocka_unit_test(a_bar_settles_later_than_it_ends),
		cmocka_unit_test(pages_without_overlap_or_hole),
		cmocka_unit_test(end_is_exclusive_of_opens),
		cmocka_unit_test(is_empty_without_candles),
		cmocka_unit_test(knows_months_and_weeks),
		cmocka_unit_test(goes_on_from_a_time),
		cmocka_unit_test(cuts_the_open_bar_by_level),
		cmocka_unit_test(the_bar_before_may_be_open_too),
		cmocka_unit_test(counts_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
