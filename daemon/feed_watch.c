#include "feed_watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void feed_watch_start(struct feed_watch *w, int64_t now_us)
{
	w->read_at_us = now_us;
	w->ping_at_us = now_us + w->ping_every_us;
	w->pinged_us = w->ponged_us = 0;
}

void feed_watch_read(struct feed_watch *w, int64_t now_us)
{
	w->read_at_us = now_us;
}

enum feed_watched feed_watch_check(
	struct feed_watch *w, int64_t now_us, int64_t venue_us, char payload[FEED_PING_SIZE])
{
	if (now_us - w->read_at_us >= w->silence_us) {
		w->read_at_us = now_us;
		return FEED_WATCH_SILENT;
	}
	if (now_us < w->ping_at_us)
		return FEED_WATCH_FINE;
	w->ping_at_us = now_us + w->ping_every_us;
	if (venue_us > w->pinged_us)
		w->pinged_us = venue_us;
	snprintf(payload, FEED_PING_SIZE, "%lld", (long long)venue_us);
	return FEED_WATCH_PING;
}

int64_t feed_watch_pong(struct feed_watch *w, const char *payload, size_t len)
{
	char text[FEED_PING_SIZE] = "";

	if (len == 0 || len >= sizeof(text))
		return -1;
	memcpy(text, payload, len);
	if (strspn(text, "0123456789") != len)
		return -1;
	int64_t venue_us = strtoll(text, NULL, 10);
	if (venue_us <= w->ponged_us || venue_us > w->pinged_us)
		return -1;
	w->ponged_us = venue_us;
	return venue_us;
}
