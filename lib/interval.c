#include "interval.h"
#include "clock.h"
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const struct interval interval_table[INTERVAL_COUNT] = {
	{"1s", SECOND_US, LADDER_1S, 0},
	{"1m", MINUTE_US, LADDER_1M, 0},
	{"3m", 3 * MINUTE_US, LADDER_1M, 0},
	{"5m", 5 * MINUTE_US, LADDER_1M, 0},
	{"15m", 15 * MINUTE_US, LADDER_1M, 0},
	{"30m", 30 * MINUTE_US, LADDER_1M, 0},
	{"1h", HOUR_US, LADDER_1H, 0},
	{"2h", 2 * HOUR_US, LADDER_1H, 0},
	{"4h", 4 * HOUR_US, LADDER_1H, 0},
	{"6h", 6 * HOUR_US, LADDER_1H, 0},
	{"8h", 8 * HOUR_US, LADDER_1H, 0},
	{"12h", 12 * HOUR_US, LADDER_1H, 0},
	{"1d", DAY_US, LADDER_1D, 0},
	{"3d", 3 * DAY_US, LADDER_1D, 0},
	{"1w", 7 * DAY_US, LADDER_1D, 0},
	{"1M", 0, LADDER_1D, 0},
};

const int64_t ladder_width_us[LADDER_COUNT] = {SECOND_US, MINUTE_US, HOUR_US, DAY_US};
const char *const ladder_name[LADDER_COUNT] = {"1s", "1m", "1h", "1d"};

int ladder_find(const char *name)
{
	for (int level = 0; level < LADDER_COUNT; level++)
		if (strcmp(ladder_name[level], name) == 0)
			return level;
	return -1;
}

/* The epoch was a Thursday: weeks count from Monday the 5th. */
#define WEEK_START_US (4 * DAY_US)
#define YEAR_FIRST 1970
#define MONTH_LAST ((2200 - YEAR_FIRST) * 12 + 11) /* the last bucket that starts in 2200 */
#define DAYS_LAST 84370                            /* 2200-12-31, in days since the epoch */

const struct interval *interval_find(const char *name)
{
	for (size_t i = 0; i < INTERVAL_COUNT; i++)
		if (strcmp(interval_table[i].name, name) == 0)
			return &interval_table[i];
	return NULL;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* Days from the epoch to the first of a month, counted in months since January 1970 (>= 0). */
static int64_t days_of_month(int64_t month)
{
	static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t year = YEAR_FIRST + month / 12, past = year - 1;
	int64_t leaps = past / 4 - past / 100 + past / 400 - 477; /* of 1970 and on */
	int64_t leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return 365 * (year - YEAR_FIRST) + leaps + before[month % 12] + (month % 12 > 1 && leap);
}

/* Months since January 1970 of the month that holds `t_us`, clamped. */
static int64_t month_of(int64_t t_us)
{
	int64_t day = clamp(clock_floor(t_us, DAY_US) / DAY_US, 0, DAYS_LAST);
	int64_t month = day / 31; /* never too late */

	while (month < MONTH_LAST && days_of_month(month + 1) <= day)
		month++;
	return month;
}

static int64_t month_start(int64_t month)
{
	return days_of_month(clamp(month, 0, MONTH_LAST)) * DAY_US;
}

static int64_t start_offset(const struct interval *iv)
{
	return iv->width_us == 7 * DAY_US ? WEEK_START_US : 0;
}

/* Of a time that the bars' own clock shows. */
static int64_t local_floor(const struct interval *iv, int64_t t_us)
{
	int64_t t = clamp(t_us, 0, (DAYS_LAST + 1) * DAY_US - 1);

	if (!iv->width_us)
		return month_start(month_of(t));
	return clock_floor(t - start_offset(iv), iv->width_us) + start_offset(iv);
}

int64_t interval_floor(const struct interval *iv, int64_t t_us)
{
	int64_t t = clamp(t_us, 0, (DAYS_LAST + 1) * DAY_US - 1);

	return local_floor(iv, t + iv->shift_us) - iv->shift_us;
}

int64_t interval_year(int64_t t_us)
{
	int64_t month = month_of(t_us);

	return month_start(month - month % 12);
}

int64_t interval_next(const struct interval *iv, int64_t start_us)
{
	return interval_step(iv, start_us, 1);
}

int64_t interval_step(const struct interval *iv, int64_t start_us, int64_t count)
{
	int64_t start = interval_floor(iv, start_us) + iv->shift_us, by, to;

	if (!iv->width_us)
		return month_start(
			       month_of(start) + clamp(count, -MONTH_LAST - 1, MONTH_LAST + 1)) -
		       iv->shift_us;
	if (__builtin_mul_overflow(count, iv->width_us, &by) ||
		__builtin_add_overflow(start, by, &to))
		to = count < 0 ? INT64_MIN : INT64_MAX;
	return local_floor(iv, to) - iv->shift_us;
}

struct interval interval_shifted(const struct interval *iv, int64_t zone_us)
{
	struct interval shifted = *iv;

	shifted.shift_us = iv->width_us ? zone_us - clock_floor(zone_us, iv->width_us) : zone_us;
	while (shifted.shift_us % ladder_width_us[shifted.base] != 0)
		shifted.base--;
	return shifted;
}

/* One or two digits; -1: none. */
static int two_digits(const char **at)
{
	int value = -1;

	for (int i = 0; i < 2 && isdigit((unsigned char)**at); i++)
		value = (value < 0 ? 0 : value * 10) + (*(*at)++ - '0');
	return value;
}

int interval_zone(const char *text, int64_t *out_us)
{
	const char *at = text + (*text == '-' || *text == '+');
	bool negative = *text == '-';
	int hours = two_digits(&at), minutes = 0;

	if (hours >= 0 && *at == ':') {
		const char *from = ++at;

		minutes = two_digits(&at);
		if (at - from != 2 || minutes > 59)
			return -1;
	}
	if (hours < 0 || *at != '\0' || hours * 60 + minutes > (negative ? 12 : 14) * 60)
		return -1;
	*out_us = (negative ? -1 : 1) * (hours * 60 + minutes) * MINUTE_US;
	return 0;
}
