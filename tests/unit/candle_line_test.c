/* Lines of a file of corrections: read exactly, or refused by a reason that names what is wrong. */
#include "clock.h"
#include "daemon/candle_line.h"
#include "test.h"
#include <string.h>

#define T "1735689600000"

static struct candle_columns columns;

static void names(const char *line)
{
	struct err e = {""};

	assert_true(candle_columns_named(line));
	if (candle_columns_read(&columns, line, strlen(line), &e) != 0)
		fail_msg("%s: %s", line, e.text);
}

static struct candle_line good(const char *line)
{
	struct candle_line l;
	struct err e = {""};

	if (candle_line_read(&columns, LADDER_1S, line, strlen(line), &l, &e) != 0)
		fail_msg("%s: %s", line, e.text);
	return l;
}

static void bad(const char *line, const char *reason)
{
	struct candle_line l = {.order = ORDER_WITHDRAW};
	struct err e = {""};

	assert_int_equal(candle_line_read(&columns, LADDER_1S, line, strlen(line), &l, &e), -1);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", line, e.text, reason);
	assert_int_equal(l.order, ORDER_WITHDRAW);
}

static void is(const struct decimal *d, const char *text)
{
	struct decimal expected;

	assert_int_equal(decimal_parse(&expected, text, strlen(text)), 0);
	assert_int_equal(decimal_cmp(d, &expected), 0);
}

static void reads_numbers_exactly(void **state)
{
	struct candle_line l;

	(void)state;
	candle_columns_init(&columns);
	l = good(T ",0.00000001,123456789.123456789012345678,0.00000001,5,2,3.5,4,1.5,1");
	assert_int_equal(l.order, ORDER_CORRECT);
	assert_int_equal(l.level, LADDER_1S);
	assert_int_equal(l.candle.open_us, 1735689600000000);
	assert_int_equal(l.candle.origin, ORIGIN_CORRECTION);
	is(&l.candle.open, "0.00000001");
	is(&l.candle.high, "123456789.123456789012345678");
	is(&l.candle.close, "5");
	assert_true(l.candle.has_volume && l.has_taker);
	is(&l.candle.volume, "2");
	is(&l.candle.quote, "3.5");
	assert_int_equal(l.candle.trades, 4);
	is(&l.candle.taker_volume, "1.5");
	is(&l.candle.taker_quote, "1");
	/* Microseconds, blanks, a carriage return, what is not known. */
	l = good("1735689600000000 ,\t1, 2 ,1,1,,,\r");
	assert_int_equal(l.candle.open_us, 1735689600000000);
	assert_false(l.candle.has_volume || l.has_taker);
	l = good(T ",1,1,1,1,0,0,0");
	assert_true(l.candle.has_volume && !l.has_taker);
	assert_int_equal(l.candle.trades, 0);
}

static void reads_orders(void **state)
{
	(void)state;
	candle_columns_init(&columns);
	assert_int_equal(good(T ",remove").order, ORDER_REMOVE);
	assert_int_equal(good(T ",withdraw,,,,").order, ORDER_WITHDRAW);
	bad(T ",delete", "no decimal");
}

static void reads_columns_by_their_names(void **state)
{
	struct candle_line l;

	(void)state;
	names("interval,close,low,high,open,open_time");
	l = good("1m,4,1,5,2," T);
	assert_int_equal(l.level, LADDER_1M);
	is(&l.candle.open, "2");
	is(&l.candle.high, "5");
	is(&l.candle.low, "1");
	is(&l.candle.close, "4");
	assert_int_equal(good(",4,1,5,2," T).level, LADDER_1S);
	bad("3m,4,1,5,2," T, "none of 1s, 1m, 1h and 1d");
	bad("1d,4,1,5,2,1735689660000", "not that of a candle of 1d");
	assert_false(candle_columns_named(T));
}

static void refuses_names(void **state)
{
	static const char *const lines[][2] = {
		{"open_time,open,high,low", "'close' is missing"},
		{"open_time,open,high,low,close,price", "no column 'price'"},
		{"open_time,open,high,low,close,open", "'open' is named twice"},
		{"a,b,c,d,e,f,g,h,i,j,k,l", "more than"},
	};

	(void)state;
	candle_columns_init(&columns);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct err e = {""};

		assert_int_equal(
			candle_columns_read(&columns, lines[i][0], strlen(lines[i][0]), &e), -1);
		assert_non_null(strstr(e.text, lines[i][1]));
	}
	good(T ",1,1,1,1,1,1,1"); /* the columns are as they were */
}

static void refuses_what_is_wrong(void **state)
{
	static const char *const lines[][2] = {
		{"", "open_time is missing"},
		{"x,1,1,1,1,1,1,1", "no whole number"},
		{"-5,1,1,1,1,1,1,1", "no whole number"},
		{"99999999999999999999,1,1,1,1,1,1,1", "out of range"},
		{"1000,1,1,1,1,1,1,1", "no time since July 2017"},
		{"1735689600001,1,1,1,1,1,1,1", "not that of a candle of 1s"},
		{T, "open is missing"},
		{T ",1,2,3,1,1,1,1", "high is below low"},
		{T ",3,2,1,1,1,1,1", "high is below open or close"},
		{T ",2,3,2,1,1,1,1", "low is above open or close"},
		{T ",1,1,1,1e1,1,1,1", "'1e1' is no decimal"},
		{T ",1,1,-1,1,1,1,1", "negative"},
		{T ",0,1,0,1,1,1,1", "no price"},
		{T ",1,1000000000000000000,1,1,1,1,1", "out of range"},
		{T ",1,1,1,1,1,1", "trades is missing"},
		{T ",1,1,1,1,,1,1", "volume is missing"},
		{T ",1,1,1,1,0,0,1", "trades without a volume"},
		{T ",1,1,1,1,1,1,0", "a volume without trades"},
		{T ",1,1,1,1,1,1,1,2,1", "above the whole"},
		{T ",1,1,1,1,1,1,1,1", "taker_quote_volume is missing"},
		{T ",1,1,1,1,,,,1,1", "without the volume"},
		{T ",1,1,1,1,1,1,1,1,1,1", "more than 10 columns"},
	};

	(void)state;
	candle_columns_init(&columns);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bad(lines[i][0], lines[i][1]);
}

static void knows_levels(void **state)
{
	(void)state;
	for (enum ladder level = LADDER_1S; level < LADDER_COUNT; level++) {
		const char *name = candle_level_name(level);

		assert_int_equal(candle_level_find(name, strlen(name)), level);
	}
	assert_int_equal(candle_level_find("1M", 2), -1);
	assert_int_equal(candle_level_find("1s ", 3), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_exactly),
		cmocka_unit_test(reads_orders),
		cmocka_unit_test(reads_columns_by_their_names),
		cmocka_unit_test(refuses_names),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(knows_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
