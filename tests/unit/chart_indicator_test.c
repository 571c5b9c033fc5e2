/* Goal: what may be asked as an indicator, and how many bars before the answer it needs. */
#include "answer_fixture.h"
#include "cgi/chart_indicator.h"
#include <math.h>
#include <string.h>

static struct chart_indicators found;
static void takes_all_kinds(void **state)
{
	(void)state;
	assert_int_equal(chart_indicators_parse("sma:20,ema:2,bollinger:200:2.25,vwap,rsi:14,"
						"bollinger:20:0.5",
				 &found, &a),
		0);
	assert_int_equal(found.count, 6);
	assert_int_equal(found.v[0].kind, INDICATOR_SMA);
	assert_int_equal(found.v[0].period, 20);
	assert_int_equal(found.v[1].kind, INDICATOR_EMA);
	assert_int_equal(found.v[1].period, 2);
	assert_int_equal(found.v[2].kind, INDICATOR_BOLLINGER);
	assert_int_equal(found.v[2].period, 200);
	assert_string_equal(found.v[2].width, "2.25");
	assert_string_equal(found.v[2].name, "bollinger:200:2.25");
	assert_int_equal(found.v[3].kind, INDICATOR_VWAP);
	assert_int_equal(found.v[4].kind, INDICATOR_RSI);
	assert_string_equal(found.v[5].width, "0.5");
}

static void what_is_named_twice_is_taken_once(void **state)
{
	(void)state;
	assert_int_equal(chart_indicators_parse(
				 "vwap,sma:5,vwap,sma:5,bollinger:5:2,bollinger:5:2.0", &found, &a),
		0);
	assert_int_equal(found.count, 4);
	assert_string_equal(found.v[1].name, "sma:5");
}

static void refuses_what_is_none(void **state)
{
	static const char *const bad[] = {"", "sma", "sma:", "sma:1", "sma:0", "sma:201", "sma:020",
		"sma:2x", "sma:-5", "sma:+5", "sma: 5", "SMA:5", "smart:5", "vwap:", "vwap:20",
		"vwap ", "bollinger:20", "bollinger:20:", "bollinger:20:0", "bollinger:20:0.0",
		"bollinger:20:0.05", "bollinger:20:10", "bollinger:20:2.", "bollinger:20:.5",
		"bollinger:20:2.12345", "bollinger:20:2:2", "bollinger:20:-2", "bollinger:20:2e0",
		"bollinger:20:nan", "ema:12,", ",ema:12", "ema:12,,rsi:14", "macd:12:26:9",
		"vwap;vwap", "ema:99999999999999999999999",
		"sma:2,sma:3,sma:4,sma:5,sma:6,sma:7,"
		"sma:8,sma:9,sma:10"};

	(void)state;
	found.count = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&a.body);
		if (chart_indicators_parse(bad[i], &found, &a) != -1)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(a.status, 400);
		assert_non_null(strstr(a.body.data, "'indicators'"));
		assert_non_null(strstr(a.body.data, "\"code\":-1130"));
	}
	assert_int_equal(found.count, 77);
}

/* What is left of the seed when the first value is shown: the seed itself takes N bars. */
static void warms_up_long_enough(void **state)
{
	struct chart_indicator i = {0};

	(void)state;
	for (i.period = 2; i.period <= 200; i.period++) {
		double n = (double)i.period;

		i.kind = INDICATOR_EMA;
		assert_true(pow(1 - 2 / (n + 1), (double)chart_indicator_warm_up(&i) - n) < 1e-8);
		i.kind = INDICATOR_RSI;
		assert_true(pow(1 - 1 / n, (double)chart_indicator_warm_up(&i) - n) < 1e-10);
		i.kind = INDICATOR_BOLLINGER;
		assert_int_equal(chart_indicator_warm_up(&i), i.period - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_all_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_named_twice_is_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_is_none, set_up, tear_down),
		cmocka_unit_test(warms_up_long_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
