#include "monitor.h"
#include "clock.h"
#include <errno.h>
#include <time.h>

void monitor_init(struct monitor *m)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&m->news, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void monitor_done(struct monitor *m)
{
	pthread_cond_destroy(&m->news);
	pthread_mutex_destroy(&m->lock);
}

void monitor_enter(struct monitor *m)
{
	pthread_mutex_lock(&m->lock);
}

void monitor_leave(struct monitor *m)
{
	pthread_mutex_unlock(&m->lock);
}

void monitor_changed(struct monitor *m)
{
	pthread_cond_broadcast(&m->news);
}

void monitor_wait(struct monitor *m)
{
	pthread_cond_wait(&m->news, &m->lock);
}

bool monitor_wait_until(struct monitor *m, int64_t until_us)
{
	struct timespec until = {
		.tv_sec = until_us / SECOND_US, .tv_nsec = until_us % SECOND_US * 1000};

	return pthread_cond_timedwait(&m->news, &m->lock, &until) != ETIMEDOUT;
}
