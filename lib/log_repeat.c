#include "log_repeat.h"
#include <stdio.h>
#include <string.h>

static bool over(const struct log_repeat *w, int64_t now_us)
{
	return now_us - w->since_us >= LOG_REPEAT_WINDOW_US;
}

/* The event's window, or a new one; NULL: no place. Windows that are over make room. */
static struct log_repeat *window_of(struct log_repeats *r, const char *event, int64_t now_us)
{
	struct log_repeat *unused = NULL;

	for (int i = 0; i < LOG_REPEAT_EVENTS; i++) {
		struct log_repeat *w = &r->of[i];
		if (*w->event && strncmp(w->event, event, sizeof(w->event) - 1) == 0)
			return w;
		if (!unused && (!*w->event || (over(w, now_us) && !w->suppressed)))
			unused = w;
		if (!*w->event)
			break; /* places are filled from the front and never emptied */
	}
	if (unused) {
		*unused = (struct log_repeat){.since_us = now_us};
		snprintf(unused->event, sizeof(unused->event), "%s", event);
	}
	return unused;
}

bool log_repeat_allows(struct log_repeats *r, int level, const char *event, int64_t now_us)
{
	if (!r->limit)
		return true;
	struct log_repeat *w = window_of(r, event, now_us);
	if (!w)
		return true;
	/* One whose suppressed lines are not told yet stays until log_repeat_take. */
	if (over(w, now_us) && !w->suppressed) {
		w->since_us = now_us;
		w->lines = 0;
	}
	w->level = level;
	if (w->lines < r->limit) {
		w->lines++;
		return true;
	}
	w->suppressed++;
	return false;
}

bool log_repeat_take(struct log_repeats *r, int64_t now_us, bool all, struct log_repeat *out)
{
	for (int i = 0; i < LOG_REPEAT_EVENTS && *r->of[i].event; i++) {
		struct log_repeat *w = &r->of[i];
		if (!w->suppressed || !(all || over(w, now_us)))
			continue;
		*out = *w;
		w->since_us = now_us;
		w->lines = w->suppressed = 0;
		return true;
	}
	return false;
}
