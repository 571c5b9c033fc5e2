#include "clock.h"
#include "interval.h"
#include "test.h"
#include <string.h>
#include <time.h>

static int64_t utc(int year, int month, int day)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

	return (int64_t)timegm(&tm) * SECOND_US;
}

static void finds_by_exact_name(void **state)
{
	(void)state;
	for (int i = 0; i < INTERVAL_COUNT; i++)
		assert_ptr_equal(interval_find(interval_table[i].name), &interval_table[i]);
	assert_ptr_not_equal(interval_find("1m"), interval_find("1M"));
	assert_null(interval_find("2m"));
	assert_null(interval_find("1W"));
	assert_null(interval_find(""));
	assert_null(interval_find("1mo"));
}

static void table_ascends_and_composes(void **state)
{
	(void)state;
	for (int i = 0; i < INTERVAL_COUNT - 1; i++) {
		const struct interval *iv = &interval_table[i];
		assert_true(i == 0 || interval_table[i - 1].width_us < iv->width_us);
		assert_int_equal(iv->width_us % ladder_width_us[iv->base], 0);
		/* The greatest level that composes it. */
		if (iv->base + 1 < LADDER_COUNT)
			assert_int_not_equal(iv->width_us % ladder_width_us[iv->base + 1], 0);
	}
	assert_int_equal(interval_table[INTERVAL_COUNT - 1].width_us, 0);
}

static void buckets_hold_their_times(void **state)
{
	(void)state;
	for (int i = 0; i < INTERVAL_COUNT; i++) {
		const struct interval *iv = &interval_table[i];
		for (int64_t t = 0; t < utc(2190, 1, 1); t += 37 * DAY_US + 12345678901) {
			int64_t start = interval_floor(iv, t), next = interval_next(iv, start);
			assert_true(start <= t && t < next);
			assert_int_equal(interval_floor(iv, start), start);
			assert_int_equal(interval_floor(iv, next - 1), start);
			assert_int_equal(interval_step(iv, next, -1), start);
		}
	}
}

static void weeks_begin_on_monday(void **state)
{
	const struct interval *week = interval_find("1w");

	(void)state;
	assert_int_equal(interval_floor(week, utc(2024, 8, 8)), utc(2024, 8, 5));
	assert_int_equal(interval_floor(week, utc(2024, 8, 5)), utc(2024, 8, 5));
	assert_int_equal(interval_floor(week, utc(2024, 8, 5) - 1), utc(2024, 7, 29));
	assert_int_equal(interval_step(week, utc(2024, 8, 5), 2), utc(2024, 8, 19));
}

static void months_begin_on_the_first(void **state)
{
	const struct interval *month = interval_find("1M");

	(void)state;
	for (int year = 1970; year <= 2199; year++) {
		for (int m = 1; m <= 12; m++) {
			int64_t start = utc(year, m, 1);
			int64_t next = m < 12 ? utc(year, m + 1, 1) : utc(year + 1, 1, 1);
			assert_int_equal(interval_floor(month, start), start);
			assert_int_equal(interval_floor(month, next - 1), start);
			assert_int_equal(interval_next(month, start), next);
		}
	}
	assert_int_equal(interval_step(month, utc(2024, 3, 1), -13), utc(2023, 2, 1));
	assert_int_equal(interval_step(month, utc(2024, 3, 1), 0), utc(2024, 3, 1));
}

static void steps_count_buckets(void **state)
{
	const struct interval *five = interval_find("5m");

	(void)state;
	assert_int_equal(interval_step(five, utc(2024, 1, 1), 12 * 24), utc(2024, 1, 2));
	assert_int_equal(interval_step(five, utc(2024, 1, 1), -12 * 24), utc(2023, 12, 31));
}

static void clamps_beyond_its_years(void **state)
{
	(void)state;
	for (int i = 0; i < INTERVAL_COUNT; i++) {
		const struct interval *iv = &interval_table[i];
		const int64_t low = interval_floor(iv, 0), high = interval_floor(iv, INT64_MAX);
		assert_true(low <= 0 && low > -7 * DAY_US);
		assert_true(high >= utc(2200, 12, 1) && high < utc(2201, 1, 1));
		assert_int_equal(interval_floor(iv, INT64_MIN), low);
		assert_int_equal(interval_floor(iv, utc(1800, 1, 1)), low);
		assert_int_equal(interval_next(iv, INT64_MAX), high);
		assert_int_equal(interval_step(iv, utc(2024, 1, 1), INT64_MAX), high);
		assert_int_equal(interval_step(iv, utc(2024, 1, 1), INT64_MIN), low);
		assert_int_equal(interval_step(iv, INT64_MIN, INT64_MIN), low);
	}
}

/* By the calendar: the date and the time of day in the zone are what the bucket begins with. */
static void shifted_buckets_begin_by_the_local_clock(void **state)
{
	static const int64_t minutes[] = {480, -60, 345, 840, -720, 30, -45, 825};

	(void)state;
	for (int i = 0; i < INTERVAL_COUNT * 8; i++) {
		const struct interval *iv = &interval_table[i / 8];
		int64_t zone = minutes[i % 8] * MINUTE_US;
		struct interval s = interval_shifted(iv, zone);

		for (int64_t t = DAY_US; t < utc(2190, 1, 1); t += 37 * DAY_US + 12345678901) {
			int64_t start = interval_floor(&s, t), next = interval_next(&s, start);
			assert_int_equal(start, interval_floor(iv, t + zone) - zone);
			assert_true(start <= t && t < next);
			assert_int_equal(interval_floor(&s, next - 1), start);
			assert_int_equal(interval_step(&s, next, -1), start);
			assert_int_equal(start % ladder_width_us[s.base], 0);
		}
		assert_true(s.base <= iv->base);
		assert_true(interval_step(&s, utc(2024, 1, 1), INT64_MAX) > utc(2200, 11, 1));
		assert_true(interval_step(&s, utc(2024, 1, 1), INT64_MIN) <= DAY_US);
	}
}

static void shifts_go_down_the_ladder_only_as_far_as_they_must(void **state)
{
	static const struct {
		const char *name;
		int64_t minutes;
		enum ladder base;
		int64_t shift;
	} known[] = {{"1d", 480, LADDER_1H, 480}, {"1d", -60, LADDER_1H, 1380},
		{"1d", 345, LADDER_1M, 345}, {"1h", 480, LADDER_1H, 0}, {"1h", 345, LADDER_1M, 45},
		{"15m", 345, LADDER_1M, 0}, {"4h", 60, LADDER_1H, 60}, {"1w", 0, LADDER_1D, 0},
		{"1M", -60, LADDER_1H, -60}, {"1s", 345, LADDER_1S, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct interval s = interval_shifted(
			interval_find(known[i].name), known[i].minutes * MINUTE_US);
		assert_int_equal(s.base, known[i].base);
		assert_int_equal(s.shift_us, known[i].shift * MINUTE_US);
	}
}

static void knows_time_zones(void **state)
{
	static const struct {
		const char *text;
		int64_t minutes;
	} good[] = {{"0", 0}, {"8", 480}, {"-1:00", -60}, {"05:45", 345}, {"+14:00", 840},
		{"-12:00", -720}, {"-0:30", -30}, {"00:00", 0}};
	static const char *const bad[] = {"", "-", "+", "14:01", "-12:01", "15", "-13", "1:", "1:5",
		"1:60", "1:5x", "1:005", "100", "UTC", "1 ", " 1", "--1", "1.5", ":30"};
	int64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(interval_zone(good[i].text, &us), 0);
		assert_int_equal(us, good[i].minutes * MINUTE_US);
	}
	us = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(interval_zone(bad[i], &us), -1);
	assert_int_equal(us, 7);
}

static void levels_have_names(void **state)
{
	(void)state;
	for (int level = 0; level < LADDER_COUNT; level++) {
		assert_int_equal(ladder_find(ladder_name[level]), level);
		assert_true(interval_find(ladder_name[level])->width_us == ladder_width_us[level]);
	}
	assert_int_equal(ladder_find("3m"), -1);
	assert_int_equal(ladder_find("1M"), -1);
	assert_int_equal(ladder_find(""), -1);
}

static void years_begin_in_january(void **state)
{
	(void)state;
	assert_true(interval_year(0) == 0);
	assert_true(interval_year(1679616000000000) == 1672531200000000); /* 2023 */
	assert_true(interval_year(1672531200000000) == 1672531200000000);
	assert_true(interval_year(1672531200000000 - 1) == 1640995200000000);
	assert_true(
		interval_year(1735689599999999) == 1704067200000000); /* the end of a leap year */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_exact_name),
		cmocka_unit_test(knows_time_zones),
		cmocka_unit_test(shifted_buckets_begin_by_the_local_clock),
		cmocka_unit_test(shifts_go_down_the_ladder_only_as_far_as_they_must),
		cmocka_unit_test(table_ascends_and_composes),
		cmocka_unit_test(buckets_hold_their_times),
		cmocka_unit_test(weeks_begin_on_monday),
		cmocka_unit_test(months_begin_on_the_first),
		cmocka_unit_test(steps_count_buckets),
		cmocka_unit_test(clamps_beyond_its_years),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(years_begin_in_january),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
