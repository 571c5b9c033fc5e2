#include "collector_watch.h"
#include "clock.h"
#include "log.h"
#include <systemd/sd-daemon.h>

#define TELL_US (5 * SECOND_US)
#define LOOK_US SECOND_US

void collector_watch_init(struct collector_watch *w, const struct collector_health *h)
{
	uint64_t watchdog_us = 0;

	*w = (struct collector_watch){.health = h, .since_us = clock_mono_us()};
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		w->limit_us = (int64_t)(watchdog_us / 2);
}

void collector_watch_ready(struct collector_watch *w)
{
	w->since_us = clock_mono_us();
	sd_notify(0, "READY=1");
}

int64_t collector_watch_interval_us(const struct collector_watch *w)
{
	return w->limit_us && w->limit_us / 2 < LOOK_US ? w->limit_us / 2 : LOOK_US;
}

static void tell_state(struct collector_watch *w, int64_t now_us)
{
	struct buf text;
	const char *comma = "";

	if (now_us - w->told_us < TELL_US)
		return;
	w->told_us = now_us;
	buf_init(&text, 1000);
	buf_add_str(&text, "STATUS=");
	for (int i = 0; i < PROGRESS_COUNT; i++) {
		int64_t age_us = collector_health_age_us((enum progress)i, now_us);
		enum progress_wait why = progress_get((enum progress)i).why;

		if (!w->health->runs[i])
			continue;
		buf_printf(&text, "%s%s: ", comma, progress_name((enum progress)i));
		if (age_us < 0)
			buf_add_str(&text, "no data yet");
		else
			buf_printf(&text, "data %.1f s old", (double)age_us / (double)SECOND_US);
		if (why != WAIT_NONE && age_us > w->health->max_age_us)
			buf_printf(&text, " (%s)", progress_wait_name(why));
		comma = "; ";
	}
	if (!text.failed)
		sd_notify(0, text.data);
	buf_done(&text);
}

void collector_watch_run(struct collector_watch *w)
{
	int64_t now_us = clock_mono_us();
	enum progress part;

	tell_state(w, now_us);
	if (!w->limit_us)
		return;
	part = collector_health_stuck(w->health, w->limit_us, w->since_us, now_us);
	if (part == PROGRESS_COUNT)
		sd_notify(0, "WATCHDOG=1");
	else if (!w->stuck)
		log_error("collector_stuck", "part=%s action=\"the watchdog gets nothing\"",
			progress_name(part));
	else
		return;
	w->stuck = part != PROGRESS_COUNT;
}

void collector_watch_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
