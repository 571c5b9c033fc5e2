/*
 * feed_attempts: how often the process may try to connect to the exchange, over all its connections: the exchange allows 300
 * attempts in 5 minutes (Binance's documentation) and bans who goes on. Times are monotonic. Feed thread.
 */
#pragma once
#include "clock.h"
#include <stddef.h>
#include <stdint.h>

#define FEED_ATTEMPTS_MAX 300
#define FEED_ATTEMPTS_US (5 * MINUTE_US)

struct feed_attempts { /* zeroed: none yet */
	int64_t at_us[FEED_ATTEMPTS_MAX];
	size_t count, oldest;
};

/* 0: an attempt may be made now, and is counted. Else: in how many µs to ask again. */
int64_t feed_attempts_wait_us(struct feed_attempts *a, int64_t now_us);
