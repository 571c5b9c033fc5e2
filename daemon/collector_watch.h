/*
 * collector_watch: what systemd hears: that the collector is ready, how it is, that it stops, and the watchdog's signs of life.
 *
 * systemd-notify protocol (sd_notify(3)), through NOTIFY_SOCKET if there is one; else all calls do nothing. The keep-alive is
 * sent only while no part is stuck (collector_health.h): the patience is half of WatchdogSec, so that a part that hangs ends the
 * process within one and a half of it. main's thread.
 */
#pragma once
#include "collector_health.h"

struct collector_watch {
	const struct collector_health *health; /* lent */
	int64_t limit_us;                      /* 0: systemd watches not */
	int64_t since_us, told_us;             /* monotonic */
	bool stuck;                            /* and said so */
};

void collector_watch_init(struct collector_watch *w, const struct collector_health *h);
/* Everything is started. */
void collector_watch_ready(struct collector_watch *w);
/* How long main may wait until collector_watch_run, in µs. */
int64_t collector_watch_interval_us(const struct collector_watch *w);
/* Tells the state, and feeds the watchdog unless a part is stuck. */
void collector_watch_run(struct collector_watch *w);
void collector_watch_stopping(void);
