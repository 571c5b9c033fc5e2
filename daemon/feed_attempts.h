/*
 * feed_attempts: how often we may try to connect to the exchange, over all connections of this process, of those that ran before it and of
 * those that share feed.attempts_file: the exchange allows 300 attempts in 5 minutes from one address (Binance's documentation) and bans
 * who goes on. Times are monotonic. Without the file, or once it fails (said and counted once), this process alone is counted.
 * Feed thread, after main opened it; a call costs at most a read and a write of a small file, and never waits for others.
 */
#pragma once
#include "clock.h"
#include "feed_attempts_file.h"
#include "settings.h"
#include <stdint.h>

#define FEED_ATTEMPTS_US (5 * MINUTE_US)

struct feed_attempts {
	int64_t at_us[FEED_ATTEMPTS_MAX]; /* in any order; far in the past: none */
	int fd;                           /* the file, -1: none */
	int64_t busy_since_us;            /* others have held it since then; 0: they do not */
};

/* None yet, and no file. */
void feed_attempts_init(struct feed_attempts *a);
/* Takes up what the file of the settings tells, if they name one or systemd's folder of state is given. */
void feed_attempts_open(struct feed_attempts *a, const struct settings *s);
void feed_attempts_done(struct feed_attempts *a);
/* 0: an attempt may be made now, and is counted. Else: in how many µs to ask again; said if that is for the limit. */
int64_t feed_attempts_wait_us(struct feed_attempts *a, int64_t now_us);
