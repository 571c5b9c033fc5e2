/*
 * retry: how long to wait before the next attempt: exponential, full jitter, capped, reset by
 * success.
 *
 * Policy is data with units. The owner asks for the next delay and waits by its own means. One
 * owning thread.
 */
#pragma once
#include <stdint.h>

struct retry_policy {
	int64_t first_us; /* bound of the first delay */
	int64_t max_us;   /* bound of any delay */
	int64_t reset_us; /* a success that lasted this long starts over */
};

struct retry {
	struct retry_policy policy;
	int attempts;          /* since the last reset */
	int64_t good_since_us; /* monotonic; 0 = not good now */
	uint64_t random;       /* state of the jitter */
};

/* Of a server on the same network that should be there: often, within the second. */
extern const struct retry_policy retry_server;

void retry_init(struct retry *r, const struct retry_policy *policy, uint64_t seed);
/* The delay before the next attempt: uniform in [first/2, min(max, first * 2^attempts)]. Counts the
 * attempt. */
int64_t retry_delay_us(struct retry *r, int64_t now_us);
/* It works since `now_us`; called again while it works, it resets the attempts after reset_us. */
void retry_good(struct retry *r, int64_t now_us);
