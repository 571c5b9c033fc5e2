#include "feed_sessions.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "progress.h"
#include <stdlib.h>

METRIC_HISTOGRAM(receiving, "pricegraph_feed_event_to_received_seconds",
	"Time from the exchange's event time to its receipt, by the venue's clock.",
	metric_buckets_latency);

void feed_sessions_init(
	struct feed_sessions *s, struct feed_output *output, struct feed_clock *clock)
{
	*s = (struct feed_sessions){
		.output = output, .clock = clock, .generation = output->generation};
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_init(&s->of[i], (enum stream_kind)i, output->collector);
}

void feed_sessions_done(struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_done(&s->of[i]);
}

static void begin_one(struct feed_sessions *s, enum stream_kind stream, const char *cause)
{
	char id[SESSION_SIZE];

	feed_session_id(id, s->output->collector, clock_wall_us(), ++s->output->sessions);
	feed_session_begin(&s->of[stream], id, s->t_us, cause);
	log_info("feed_session_begun", "session=%s stream=%s from_us=%lld", id,
		stream_table[stream].name, (long long)s->t_us);
}

/* The names of one stream; returns how many. */
static size_t gather(const char **names, enum stream_kind stream, const struct feed_subscribe *sub,
	const struct feed_whole *whole)
{
	size_t count = 0;

	for (size_t i = 0; i < sub->count; i++) {
		const struct feed_want *want = &sub->entries[i].want;
		if (want->stream != stream || !feed_subscribe_is_named(sub, i))
			continue;
		if (*want->symbol)
			names[count++] = want->symbol;
		for (size_t k = 0; !*want->symbol && k < whole->count; k++)
			names[count++] = whole->symbols[k];
	}
	return count;
}

static bool carries_whole(const struct feed_subscribe *sub, enum stream_kind stream)
{
	for (size_t i = 0; i < sub->count; i++)
		if (sub->entries[i].want.stream == stream && !*sub->entries[i].want.symbol)
			return feed_subscribe_is_named(sub, i);
	return false;
}

int feed_sessions_name(struct feed_sessions *s, const struct feed_subscribe *sub,
	const struct feed_whole *whole, bool at_once)
{
	const char **names = malloc((sub->count + whole->count + 1) * sizeof(*names));
	bool live = feed_sessions_active(s);
	int result = names ? 0 : -1;

	for (int i = 0; i < STREAM_COUNT && result == 0; i++) {
		enum stream_kind stream = (enum stream_kind)i;
		size_t count = gather(names, stream, sub, whole);
		result = feed_session_name(&s->of[i], names, count, at_once);
		if (result < 0)
			break;
		s->carried[i] = count || carries_whole(sub, stream);
		if (live && s->carried[i] && !s->of[i].active)
			begin_one(s, stream, "");
		else if (!s->carried[i])
			feed_session_end(&s->of[i]);
	}
	free(names);
	return result;
}

bool feed_sessions_are_written(const struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (feed_session_has_due(&s->of[i]))
			return false;
	return true;
}

bool feed_sessions_are_told(const struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (feed_session_has_untold(&s->of[i]))
			return false;
	return true;
}

void feed_sessions_reached(struct feed_sessions *s, int64_t t_us)
{
	if (t_us <= s->t_us)
		return;
	s->t_us = t_us;
	progress_report(PROGRESS_FEED, clock_mono_us());
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_reached(&s->of[i], t_us);
}

/* How old the event was when it was read; not the time that it waited for room in the queue. */
static void observe_age(int64_t venue_us, int64_t event_us, int64_t received_us)
{
	metric_observe_us(&receiving, venue_us - event_us - (clock_wall_us() - received_us));
}

void feed_sessions_saw_event(struct feed_sessions *s, int64_t event_us, int64_t received_us)
{
	bool host = feed_clock_kind(s->clock) == FEED_CLOCK_HOST;
	int64_t ahead_us = host ? 5 * SECOND_US : HOUR_US;

	int64_t venue_us;

	if (event_us <= 0 || !feed_clock_known(s->clock))
		return;
	venue_us = feed_clock_now_us(s->clock);
	observe_age(venue_us, event_us, received_us);
	if (event_us > s->t_us && event_us <= venue_us + ahead_us)
		feed_sessions_reached(s, event_us);
}

void feed_sessions_begin(struct feed_sessions *s, const char *cause)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (s->carried[i])
			begin_one(s, (enum stream_kind)i, cause);
	s->generation = s->output->generation;
	s->alive_at_us = clock_mono_us() + SECOND_US;
}

bool feed_sessions_jump(struct feed_sessions *s, int64_t to_us)
{
	if (!feed_sessions_active(s))
		return true;
	feed_sessions_alive(s, true);
	if (!feed_sessions_write(s))
		return false;
	log_info("feed_replay_jumped", "T_us=%lld", (long long)to_us);
	feed_sessions_reached(s, to_us);
	feed_sessions_begin(s, "recording");
	return true;
}

bool feed_sessions_active(const struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (s->of[i].active)
			return true;
	return false;
}

bool feed_sessions_are_torn(const struct feed_sessions *s)
{
	return s->generation != s->output->generation;
}

void feed_sessions_alive(struct feed_sessions *s, bool at_once)
{
	int64_t now_us = clock_mono_us();

	if (!at_once && now_us < s->alive_at_us)
		return;
	s->alive_at_us += SECOND_US;
	if (s->alive_at_us < now_us)
		s->alive_at_us = now_us + SECOND_US;
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_alive(&s->of[i]);
}

void feed_sessions_end(struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_end(&s->of[i]);
}

void feed_sessions_forget(struct feed_sessions *s)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_forget(&s->of[i]);
	s->generation = s->output->generation;
}

/* A record of torn sessions would claim what was lost. */
static enum kafka_sent send_if_whole(
	void *arg, enum stream_kind stream, const struct control *record)
{
	struct feed_sessions *s = arg;
	return feed_sessions_are_torn(s) ? KAFKA_FULL
					 : feed_output_control(s->output, stream, record);
}

bool feed_sessions_write(struct feed_sessions *s)
{
	struct feed_time now = {
		.clock_us = feed_clock_known(s->clock) ? feed_clock_now_us(s->clock) : s->t_us,
		.speed = feed_clock_speed(s->clock),
		.mono_us = clock_mono_us()};

	for (int i = 0; i < STREAM_COUNT; i++)
		if (feed_session_write(&s->of[i], &now, send_if_whole, s) != KAFKA_SENT)
			return false;
	return true;
}
