#include "feed_attempts.h"

int64_t feed_attempts_wait_us(struct feed_attempts *a, int64_t now_us)
{
	if (a->count < FEED_ATTEMPTS_MAX) {
		a->at_us[a->count++] = now_us;
		return 0;
	}
	int64_t free_us = a->at_us[a->oldest] + FEED_ATTEMPTS_US;
	if (now_us < free_us)
		return free_us - now_us;
	a->at_us[a->oldest] = now_us;
	a->oldest = (a->oldest + 1) % FEED_ATTEMPTS_MAX;
	return 0;
}
