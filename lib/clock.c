#include "clock.h"
#include <time.h>

static int64_t now_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_us(void)
{
	return now_us(CLOCK_BOOTTIME);
}

int64_t clock_floor(int64_t t_us, int64_t width_us)
{
	int64_t rest = t_us % width_us;

	if (rest < 0)
		rest += width_us;
	/* Next to INT64_MIN the multiple below does not exist; the least one that does is given. */
	if (t_us < INT64_MIN + rest)
		return t_us - (rest - width_us);
	return t_us - rest;
}

int64_t clock_from_exchange(int64_t ms_or_us)
{
	if (ms_or_us < 0)
		return -1;
	/* Below 10^14 the product stays below 10^17, so it can't overflow. */
	return ms_or_us >= 100000000000000LL ? ms_or_us : ms_or_us * MS_US;
}
