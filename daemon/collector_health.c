#include "collector_health.h"
#include "clock.h"

void collector_health_init(struct collector_health *h, const struct settings *s)
{
	bool feed = settings_bool(s, "feed", "enabled");

	*h = (struct collector_health){.venue = settings_text(s, "venue", "name"),
		.runs = {[PROGRESS_FEED] = feed,
			[PROGRESS_KAFKA] = feed,
			[PROGRESS_SINK] = settings_bool(s, "sink", "enabled")},
		.max_age_us = settings_int(s, "http", "max_age") * SECOND_US};
}

int64_t collector_health_age_us(enum progress part, int64_t mono_us)
{
	struct progress_state s = progress_get(part);
	int64_t age_us = mono_us - s.advanced_us;

	if (!s.advanced_us)
		return -1;
	if (age_us < 0)
		age_us = 0;
	return s.behind_us > age_us ? s.behind_us : age_us;
}

static bool has_ended(void)
{
	return progress_get(PROGRESS_FEED).why == WAIT_ENDED;
}

static bool is_well(const struct collector_health *h, int64_t age_us)
{
	return has_ended() || (age_us >= 0 && age_us <= h->max_age_us);
}

static void print_part(
	const struct collector_health *h, enum progress part, int64_t age_us, struct buf *out)
{
	bool well = is_well(h, age_us);
	enum progress_wait why = progress_get(part).why;

	buf_printf(out, "{\"part\":\"%s\",\"status\":\"%s\",\"age_ms\":", progress_name(part),
		has_ended() ? "ended"
		: well      ? "ok"
			    : "stale");
	if (age_us < 0)
		buf_add_str(out, "null");
	else
		buf_add_int(out, age_us / MS_US);
	if (!well && why != WAIT_NONE)
		buf_printf(out, ",\"waits_for\":\"%s\"", progress_wait_name(why));
	buf_add_char(out, '}');
}

bool collector_health_print(const struct collector_health *h, int64_t mono_us, struct buf *out)
{
	int64_t ages[PROGRESS_COUNT];
	bool well = true;
	const char *comma = "";

	for (int i = 0; i < PROGRESS_COUNT; i++) {
		ages[i] = collector_health_age_us((enum progress)i, mono_us);
		well = well && (!h->runs[i] || is_well(h, ages[i]));
	}
	buf_printf(out, "{\"status\":\"%s\",\"venue\":\"%s\",\"max_age_ms\":%lld,\"parts\":[",
		well ? "ok" : "stale", h->venue, (long long)(h->max_age_us / MS_US));
	for (int i = 0; i < PROGRESS_COUNT; i++) {
		if (!h->runs[i])
			continue;
		buf_add_str(out, comma);
		print_part(h, (enum progress)i, ages[i], out);
		comma = ",";
	}
	buf_add_str(out, "]}\n");
	return well;
}

static bool is_stuck(enum progress part, int64_t limit_us, int64_t since_us, int64_t mono_us)
{
	struct progress_state s = progress_get(part);
	int64_t last_us = s.advanced_us > s.waiting_us ? s.advanced_us : s.waiting_us;
	int64_t patience_us = s.why == WAIT_DATABASE && limit_us < HEALTH_DATABASE_US
				      ? HEALTH_DATABASE_US
				      : limit_us;

	if (last_us < since_us)
		last_us = since_us;
	return mono_us - last_us > patience_us;
}

/* All is committed, it says, though records were acknowledged long after its last commit. */
static bool is_deaf(int64_t limit_us)
{
	struct progress_state sink = progress_get(PROGRESS_SINK);

	return sink.why == WAIT_RECORDS && sink.advanced_us &&
	       progress_get(PROGRESS_KAFKA).advanced_us - sink.advanced_us > limit_us;
}

enum progress collector_health_stuck(
	const struct collector_health *h, int64_t limit_us, int64_t since_us, int64_t mono_us)
{
	if (h->runs[PROGRESS_FEED] && is_stuck(PROGRESS_FEED, limit_us, since_us, mono_us))
		return PROGRESS_FEED;
	if (h->runs[PROGRESS_SINK] && (is_stuck(PROGRESS_SINK, limit_us, since_us, mono_us) ||
					      (h->runs[PROGRESS_KAFKA] && is_deaf(limit_us))))
		return PROGRESS_SINK;
	return PROGRESS_COUNT;
}
