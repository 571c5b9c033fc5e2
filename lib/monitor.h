/*
 * monitor: a lock and the news that something under it has changed; waits end by the monotonic clock.
 *
 * Embedded in what it guards, whose header says which members these are. Any thread.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct monitor {
	pthread_mutex_t lock;
	pthread_cond_t news;
};

void monitor_init(struct monitor *m);
void monitor_done(struct monitor *m); /* nobody is in it */
void monitor_enter(struct monitor *m);
void monitor_leave(struct monitor *m);
/* Within: wakes all who wait. */
void monitor_changed(struct monitor *m);
/* Within, left while it waits: until a change, or for no reason. */
void monitor_wait(struct monitor *m);
/* The same, but no longer than `until_us` of the monotonic clock. False: that time has come. */
bool monitor_wait_until(struct monitor *m, int64_t until_us);
