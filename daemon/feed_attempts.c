#include "feed_attempts.h"
#include "log.h"
#include "metrics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONE_US (INT64_MIN / 2)
#define BUSY_AGAIN_US (5 * MS_US)
#define BUSY_US SECOND_US /* whoever holds it for longer was stopped in it */

METRIC_COUNTER(failures, "pricegraph_feed_attempts_file_failures_total",
	"Failures of feed.attempts_file, after which attempts are counted by this process alone.");
METRIC_GAUGE(recent, "pricegraph_feed_attempts_recent",
	"Attempts to connect in the last five minutes, at the last of them.");

void feed_attempts_init(struct feed_attempts *a)
{
	*a = (struct feed_attempts){.fd = -1};
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		a->at_us[i] = NONE_US;
}

void feed_attempts_done(struct feed_attempts *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static int64_t count_recent(const struct feed_attempts *a, int64_t now_us)
{
	int64_t count = 0;

	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		count += now_us - a->at_us[i] < FEED_ATTEMPTS_US;
	return count;
}

/* What is known of the attempts stays; from now on only our own are added. */
static void forsake_file(struct feed_attempts *a, const struct err *e)
{
	metric_add(&failures, 1);
	log_warn("feed_attempts_in_memory", "reason=\"feed.attempts_file: %s\"", e->text);
	feed_attempts_done(a);
}

static int take_file(
	struct feed_attempts *a, const struct feed_attempts_now *now, int64_t now_us, struct err *e)
{
	int64_t age_us[FEED_ATTEMPTS_MAX];

	if (feed_attempts_file_read(a->fd, now, age_us, e) < 0)
		return -1;
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		a->at_us[i] = age_us[i] < FEED_ATTEMPTS_US ? now_us - age_us[i] : NONE_US;
	return 0;
}

static struct feed_attempts_now clocks(void)
{
	return (struct feed_attempts_now){clock_boot_us(), clock_wall_us()};
}

/* The file's path: the setting, else in the first folder that systemd gives for state. False: none. */
static bool name_file(const struct settings *s, char *path, size_t size)
{
	const char *given = settings_text(s, "feed", "attempts_file");
	const char *folder = getenv("STATE_DIRECTORY");
	int n;

	if (*given)
		n = snprintf(path, size, "%s", given);
	else if (folder && *folder)
		n = snprintf(path, size, "%.*s/feed_attempts", (int)strcspn(folder, ":"), folder);
	else
		return false;
	/* Cut off it would be another's: one that can't be opened. */
	if (n < 0 || (size_t)n >= size)
		path[0] = '\0';
	return true;
}

void feed_attempts_open(struct feed_attempts *a, const struct settings *s)
{
	struct feed_attempts_now now = clocks();
	int64_t now_us = clock_mono_us();
	char path[512];
	struct err e;

	if (!name_file(s, path, sizeof(path)))
		return;
	a->fd = feed_attempts_file_open(path, &e);
	if (a->fd < 0) {
		forsake_file(a, &e);
		return;
	}
	if (feed_attempts_file_lock(a->fd, &e) != FEED_ATTEMPTS_LOCKED)
		return; /* it is read at the first attempt */
	bool failed = take_file(a, &now, now_us, &e) < 0;
	feed_attempts_file_unlock(a->fd);
	if (failed)
		forsake_file(a, &e);
	else
		log_info("feed_attempts_known", "file=\"%s\" recent=%lld", path,
			(long long)count_recent(a, now_us));
}

static int oldest(const struct feed_attempts *a)
{
	int found = 0;

	for (int i = 1; i < FEED_ATTEMPTS_MAX; i++)
		if (a->at_us[i] < a->at_us[found])
			found = i;
	return found;
}

static int64_t add(struct feed_attempts *a, int64_t now_us, int *slot)
{
	*slot = oldest(a);
	int64_t wait_us = a->at_us[*slot] + FEED_ATTEMPTS_US - now_us;

	if (wait_us > 0) {
		log_error("feed_attempts_exhausted", "most=%d in_s=%lld retry_in_ms=%lld",
			FEED_ATTEMPTS_MAX, (long long)(FEED_ATTEMPTS_US / SECOND_US),
			(long long)(wait_us / MS_US));
		return wait_us;
	}
	a->at_us[*slot] = now_us;
	metric_set(&recent, count_recent(a, now_us));
	return 0;
}

/* Under the file's lock. */
static int64_t add_to_file(struct feed_attempts *a, int64_t now_us)
{
	struct feed_attempts_now now = clocks();
	int64_t wait_us;
	struct err e;
	int slot;
	bool failed = take_file(a, &now, now_us, &e) < 0;

	wait_us = add(a, now_us, &slot);
	if (!failed && wait_us == 0)
		failed = feed_attempts_file_write(a->fd, slot, &now, &e) < 0;
	feed_attempts_file_unlock(a->fd);
	if (failed)
		forsake_file(a, &e);
	return wait_us;
}

int64_t feed_attempts_wait_us(struct feed_attempts *a, int64_t now_us)
{
	struct err e;
	int slot;

	if (a->fd < 0)
		return add(a, now_us, &slot);
	switch (feed_attempts_file_lock(a->fd, &e)) {
	case FEED_ATTEMPTS_LOCKED:
		a->busy_since_us = 0;
		return add_to_file(a, now_us);
	case FEED_ATTEMPTS_BUSY:
		if (!a->busy_since_us)
			a->busy_since_us = now_us;
		if (now_us - a->busy_since_us < BUSY_US)
			return BUSY_AGAIN_US;
		err_set(&e, "held by another process");
		break;
	case FEED_ATTEMPTS_NO_LOCK:
		break;
	}
	forsake_file(a, &e);
	return add(a, now_us, &slot);
}
