#include "second_events.h"

static void a_stored_kline_takes_part_by_its_version(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, kline(true, 5000, "11", 1), 1);
	struct candle stored = visible(&s);
	second_done(&s);

	second_init(&s, OPEN_US);
	second_add_stored(&s, &stored);
	struct candle seen = visible(&s);
	assert_true(candle_equal(&seen, &stored));
	add(&s, kline(true, 4000, "12", 1), 0);
	add(&s, kline(true, 6000, "13", 1), 1);
	second_add_stored(&s, &stored);
	seen = visible(&s);
	assert_decimal(&seen.close, "13");
	second_done(&s);
}

static void what_is_closed_or_corrected_is_decided(void **state)
{
	struct candle stored = {.open_us = OPEN_US, .origin = ORIGIN_CORRECTION, .trades = 3};
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, trade(100, "10", "1"), 1);
	assert_false(second_is_decided(&s));
	add(&s, kline(false, 4000, "12", 9), 1);
	assert_false(second_is_decided(&s));
	add(&s, kline(true, 5000, "12", 9), 1);
	assert_true(second_is_decided(&s));
	second_done(&s);

	second_init(&s, OPEN_US);
	second_add_stored(&s, &stored);
	assert_true(second_is_decided(&s));
	second_done(&s);
}

static void a_stored_correction_goes_over_everything(void **state)
{
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	add(&s, kline(true, 5000, "11", 7), 1);
	struct candle correction = visible(&s);
	correction.origin = ORIGIN_CORRECTION;
	correction.stated_us = 3;
	correction.closed = false;
	correction.trades = 1;
	second_add_stored(&s, &correction);
	add(&s, kline(true, 9000, "12", 1), 0);
	add(&s, trade(100, "10", "1"), 1);
	add(&s, trade(101, "10", "1"), 1);
	assert_int_equal(visible(&s).origin, ORIGIN_CORRECTION);
	/* Corrections order among themselves. */
	correction.stated_us = 2;
	correction.trades = 5;
	second_add_stored(&s, &correction);
	assert_int_equal(visible(&s).trades, 1);
	correction.stated_us = 4;
	second_add_stored(&s, &correction);
	assert_int_equal(visible(&s).trades, 5);
	second_done(&s);
}

static void stored_candles_of_lower_rank_take_no_part(void **state)
{
	struct candle stored = {.open_us = OPEN_US, .origin = ORIGIN_TRADE, .trades = 3}, c;
	struct second s;

	(void)state;
	second_init(&s, OPEN_US);
	second_add_stored(&s, &stored);
	assert_false(second_visible(&s, &c));
	second_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stored_kline_takes_part_by_its_version),
		cmocka_unit_test(what_is_closed_or_corrected_is_decided),
		cmocka_unit_test(a_stored_correction_goes_over_everything),
		cmocka_unit_test(stored_candles_of_lower_rank_take_no_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
