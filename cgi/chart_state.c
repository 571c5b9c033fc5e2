#include "chart_state.h"
#include "clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum chart_state chart_state_of_venue(const char *venue)
{
	if (strcmp(venue, "synthetic") == 0)
		return CHART_SYNTHETIC;
	return strncmp(venue, "replay-", 7) == 0 ? CHART_REPLAY : CHART_LIVE;
}

struct chart_freshness chart_state_of(
	const char *venue, const struct chart_feed *f, int64_t as_of_us, int64_t wall_us)
{
	struct chart_freshness fresh = {
		.state = chart_state_of_venue(venue), .venue_now_us = -1, .lag_us = -1};
	int64_t age_us = wall_us > f->alive_us ? wall_us - f->alive_us : 0;

	if (!f->known) {
		fresh.state = CHART_STALE;
		return fresh;
	}
	fresh.ended = f->ended && f->speed == 0;
	fresh.venue_now_us = f->clock_us + (int64_t)((double)age_us * f->speed);
	if (as_of_us >= 0)
		fresh.lag_us = fresh.venue_now_us > as_of_us ? fresh.venue_now_us - as_of_us : 0;
	if (!fresh.ended &&
		(as_of_us < 0 || age_us > CHART_STALE_US ||
			(f->speed > 0 && (double)fresh.lag_us > (double)CHART_STALE_US * f->speed)))
		fresh.state = CHART_STALE;
	return fresh;
}

const char *chart_state_name(enum chart_state s)
{
	switch (s) {
	case CHART_LIVE:
		return "live";
	case CHART_STALE:
		return "stale";
	case CHART_REPLAY:
		return "replay";
	case CHART_SYNTHETIC:
		return "synthetic";
	}
	return "";
}

static void ms_text(char out[24], int64_t us)
{
	if (us < 0)
		snprintf(out, 24, "null");
	else
		snprintf(out, 24, "%" PRId64, (int64_t)(us / MS_US));
}

size_t chart_state_text(
	char out[CHART_FRESHNESS_SIZE], int64_t as_of_us, const struct chart_freshness *fresh)
{
	char as_of[24], lag[24];
	int len;

	ms_text(as_of, as_of_us);
	ms_text(lag, fresh->lag_us);
	len = snprintf(out, CHART_FRESHNESS_SIZE, ",\"as_of\":%s,\"lag_ms\":%s,\"state\":\"%s\"%s",
		as_of, lag, chart_state_name(fresh->state), fresh->ended ? ",\"ended\":true" : "");
	return (size_t)len;
}

int64_t chart_state_allowed_us(const struct chart_feed *f, int64_t settle_us)
{
	return (int64_t)((double)settle_us * (f->speed > 1 ? f->speed : 1));
}

void chart_state_tail_gap(const struct chart_feed *f, const struct chart_freshness *fresh,
	int64_t as_of_us, int64_t settle_us, struct chart_gaps *out)
{
	struct chart_gap gap = {.stream = "",
		.from_us = as_of_us,
		.to_us = fresh->venue_now_us,
		.cause = f->ended ? "stopped" : "feed",
		.state = "open",
		.reason = ""};

	if (!fresh->ended && fresh->lag_us > chart_state_allowed_us(f, settle_us))
		chart_gaps_add(out, &gap);
}
