#include "feed_connection.h"
#include "clock.h"
#include "feed_connection_parts.h"
#include "feed_hear.h"
#include "log.h"
#include <stdlib.h>

#define ROUND_US (50 * MS_US) /* how late a timer may be */
#define FULL_US (5 * MS_US)   /* how soon a kept frame is tried again */

static int64_t seconds_us(const struct feed_connection *c, const char *key)
{
	return settings_int(c->shared->settings, "feed", key) * SECOND_US;
}

void feed_connection_enter(struct feed_connection *c, enum feed_phase phase)
{
	c->phase = phase;
	c->phase_since_us = clock_mono_us();
}

/* The sessions name what is heard. -1: not now. */
static int name_symbols(struct feed_connection *c, bool at_once)
{
	const struct feed_whole *whole = c->shared->whole;

	if (feed_sessions_name(&c->sessions, &c->subscribe, whole, at_once) < 0) {
		log_error("feed_symbols_unnamed", "reason=\"no memory\"");
		return -1;
	}
	c->named = c->subscribe.changes;
	c->named_whole = whole->changes;
	return 0;
}

static void begin_sessions(struct feed_connection *c)
{
	feed_subscribe_name(&c->subscribe);
	if (name_symbols(c, false) < 0)
		return;
	feed_sessions_begin(&c->sessions, c->cause);
	feed_connection_enter(c, FEED_LIVE);
}

void feed_connection_hears_all(struct feed_connection *c)
{
	if (!c->held) {
		feed_silence_start(c->silence, clock_mono_us());
		begin_sessions(c);
	} else if (!c->ready_us) {
		c->ready_us = c->sessions.t_us;
	}
}

/* Of the host's clock we know that the venue's time is behind the last acknowledgement; where PINGs tell the time, the first
 * PING behind it says so. */
void feed_connection_begin_by_host_clock(struct feed_connection *c)
{
	int64_t host_us = feed_clock_host_us(c->shared->clock);

	if (!host_us)
		return;
	feed_sessions_reached(&c->sessions, host_us);
	feed_connection_hears_all(c);
}

struct feed_connection *feed_connection_new(struct feed_shared *shared,
	const struct feed_want *wants, size_t count, struct feed_silence *silence)
{
	struct feed_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->shared = shared;
	c->silence = silence;
	c->cause = "";
	buf_init(&c->request, FEED_REQUEST_BYTES);
	c->watch.ping_every_us = seconds_us(c, "ping");
	c->watch.silence_us = seconds_us(c, "silence");
	feed_dial_init(&c->dial, shared->loop->resolver, &shared->loop->attempts,
		(uint64_t)clock_wall_us() ^ (uintptr_t)c);
	c->socket = feed_socket_new(shared->loop, &feed_hear_events, c);
	feed_sessions_init(&c->sessions, shared->output, shared->clock);
	if (!c->socket ||
		feed_subscribe_init(&c->subscribe, wants, count, seconds_us(c, "timeout")) < 0) {
		feed_connection_free(c);
		return NULL;
	}
	return c;
}

void feed_connection_free(struct feed_connection *c)
{
	if (!c)
		return;
	feed_socket_free(c->socket);
	feed_sessions_done(&c->sessions);
	feed_subscribe_done(&c->subscribe);
	buf_done(&c->request);
	free(c);
}

int feed_connection_want(struct feed_connection *c, const struct feed_want *wants, size_t count)
{
	if (feed_subscribe_want(&c->subscribe, wants, count) < 0)
		return -1;
	c->ready_us = 0;
	if (c->phase == FEED_AWAITING)
		feed_connection_enter(c, FEED_SUBSCRIBING);
	return 0;
}

bool feed_connection_is_empty(const struct feed_connection *c)
{
	return !c->subscribe.count && !c->closing && feed_sessions_are_written(&c->sessions);
}

void feed_connection_subscribed(struct feed_connection *c)
{
	log_info("feed_subscribed", "streams=%zu", c->subscribe.count);
	feed_connection_enter(c, FEED_AWAITING);
	feed_connection_begin_by_host_clock(c);
}

static void connect_if_due(struct feed_connection *c)
{
	const char *address = feed_dial_address(&c->dial, clock_mono_us());

	if (!address)
		return;
	feed_connection_enter(c, FEED_CONNECTING);
	feed_socket_open(c->socket, address);
}

static void subscribe_more(struct feed_connection *c)
{
	int64_t now_us = clock_mono_us();

	if (feed_subscribe_expired(&c->subscribe, now_us)) {
		log_error("feed_request_unanswered", "streams=%zu", c->subscribe.count);
		/* What is heard is not given up for the sake of a single answer. */
		if (c->phase != FEED_LIVE || !feed_subscribe_ask_again(&c->subscribe))
			feed_socket_hang_up(c->socket);
	} else if (feed_socket_can_send(c->socket) &&
		   feed_subscribe_next(&c->subscribe, now_us, &c->request)) {
		feed_socket_send(c->socket, c->request.data, c->request.len);
	}
}

/* Other wants, or symbols heard for the first time: what the sessions say is told before a request that follows from it. */
static void follow_changes(struct feed_connection *c)
{
	int64_t host_us = feed_clock_host_us(c->shared->clock);
	bool whole = feed_subscribe_has_whole(&c->subscribe) &&
		     c->named_whole != c->shared->whole->changes;

	if (feed_subscribe_has_unnamed(&c->subscribe) && host_us) {
		feed_sessions_reached(&c->sessions, host_us);
		feed_subscribe_name(&c->subscribe);
	}
	if (!feed_sessions_are_told(&c->sessions))
		return;
	if (c->named != c->subscribe.changes)
		(void)!name_symbols(c, true);
	else if (whole)
		(void)!name_symbols(c, false);
	else
		subscribe_more(c);
}

static bool is_late(const struct feed_connection *c)
{
	return clock_mono_us() - c->phase_since_us >= seconds_us(c, "timeout");
}

/* A server that accepts and then never answers gives no error of its own. */
static void give_up_if_late(struct feed_connection *c)
{
	if (!is_late(c))
		return;
	log_warn("feed_handshake_unanswered", "host=%s",
		settings_text(c->shared->settings, "exchange", "host"));
	feed_socket_hang_up(c->socket);
	feed_connection_enter(c, FEED_CONNECTING); /* not again before the hang-up is through */
}

static void warn_if_timeless(struct feed_connection *c)
{
	if (!is_late(c) || c->ready_us)
		return;
	log_warn("feed_no_time", "clock=%s", settings_text(c->shared->settings, "venue", "clock"));
	feed_connection_enter(c, FEED_AWAITING);
}

/* PINGs, and hanging up where nothing at all comes any more. */
static void watch(struct feed_connection *c)
{
	char payload[FEED_PING_SIZE];

	if (!feed_socket_is_open(c->socket))
		return;
	switch (feed_watch_check(
		&c->watch, clock_mono_us(), feed_clock_host_us(c->shared->clock), payload)) {
	case FEED_WATCH_FINE:
		break;
	case FEED_WATCH_PING:
		feed_socket_ping(c->socket, payload);
		break;
	case FEED_WATCH_SILENT:
		log_warn("feed_silent", "silent_ms=%lld", (long long)(c->watch.silence_us / MS_US));
		feed_socket_hang_up(c->socket);
		break;
	}
}

/* Records were lost for good: the sessions end at the last one that Kafka has, and new ones begin, so that the hole shows. */
static void renew_sessions(struct feed_connection *c)
{
	if (feed_sessions_active(&c->sessions))
		log_warn("feed_sessions_renewed", "reason=\"records were lost\"");
	feed_sessions_forget(&c->sessions);
	c->cause = "";
	c->ready_us = 0;
	if (c->phase == FEED_LIVE)
		feed_connection_enter(c, FEED_AWAITING);
}

/* Nothing is read: who then loses the connection loses what waits in it, and what the exchange could not send. */
static void note_full(struct feed_connection *c)
{
	int64_t now_us = clock_mono_us();

	feed_watch_read(&c->watch, now_us);
	if (c->opened_at_us)
		c->full_us = now_us;
}

int64_t feed_connection_serve(struct feed_connection *c)
{
	feed_socket_see_ping(c->socket);
	if (!feed_connection_drain(c)) {
		note_full(c);
		return FULL_US;
	}
	switch (c->phase) {
	case FEED_WAITING:
		connect_if_due(c);
		break;
	case FEED_CONNECTING:
		give_up_if_late(c);
		break;
	case FEED_SUBSCRIBING:
		if (feed_subscribe_complete(&c->subscribe))
			feed_connection_subscribed(c);
		else
			subscribe_more(c);
		break;
	case FEED_AWAITING:
		if (!c->ready_us)
			feed_connection_begin_by_host_clock(c);
		if (c->phase == FEED_AWAITING)
			warn_if_timeless(c);
		break;
	case FEED_LIVE:
		follow_changes(c);
		feed_sessions_alive(&c->sessions, false);
		break;
	case FEED_FINISHED:
		break;
	}
	watch(c);
	return feed_sessions_write(&c->sessions) ? ROUND_US : FULL_US;
}

void feed_connection_end(struct feed_connection *c)
{
	feed_socket_mute(c->socket);
	feed_sessions_end(&c->sessions);
	feed_connection_enter(c, FEED_FINISHED);
}

bool feed_connection_drain(struct feed_connection *c)
{
	if (feed_sessions_are_torn(&c->sessions))
		renew_sessions(c);
	if (!feed_socket_offer(c->socket) || !feed_sessions_write(&c->sessions))
		return false;
	if (c->closing)
		feed_sessions_forget(&c->sessions);
	c->closing = false;
	return true;
}

void feed_connection_close(struct feed_connection *c)
{
	feed_socket_close(c->socket);
}

bool feed_connection_is_live(const struct feed_connection *c, int64_t *t_us)
{
	*t_us = c->sessions.t_us;
	return feed_sessions_active(&c->sessions);
}

bool feed_connection_is_settled(const struct feed_connection *c)
{
	return c->phase == FEED_LIVE && feed_subscribe_complete(&c->subscribe) &&
	       !feed_subscribe_has_unnamed(&c->subscribe) && c->named == c->subscribe.changes &&
	       feed_sessions_are_written(&c->sessions);
}

void feed_connection_explain(struct feed_connection *c, const char *cause)
{
	c->cause = cause;
}

const char *feed_connection_cause(const struct feed_connection *c)
{
	return c->cause;
}

struct feed_session *feed_connection_session(struct feed_connection *c, enum stream_kind stream)
{
	return c->sessions.of[stream].active ? &c->sessions.of[stream] : NULL;
}

void feed_connection_hold(struct feed_connection *c)
{
	c->held = true;
}

bool feed_connection_is_ready(const struct feed_connection *c, int64_t *from_us)
{
	*from_us = c->ready_us;
	return c->ready_us && (c->events || is_late(c));
}

void feed_connection_take_over(struct feed_connection *c)
{
	int64_t t_us = c->sessions.t_us;

	c->held = false;
	if (feed_sessions_are_torn(&c->sessions))
		renew_sessions(c);
	if (!c->ready_us)
		return;
	c->sessions.t_us = c->ready_us;
	begin_sessions(c);
	feed_sessions_reached(&c->sessions, t_us);
	c->ready_us = 0;
}

void feed_connection_leave(struct feed_connection *c)
{
	feed_socket_mute(c->socket);
	feed_sessions_alive(&c->sessions, true);
	c->closing = true;
	feed_connection_enter(c, FEED_FINISHED);
}

enum feed_connected feed_connection_state(const struct feed_connection *c)
{
	if (c->phase == FEED_FINISHED)
		return c->closing || feed_sessions_active(&c->sessions) ? FEED_CONNECTION_ENDING
									: FEED_CONNECTION_OVER;
	if (c->opened_at_us || c->closing)
		return FEED_CONNECTION_OPEN;
	return FEED_CONNECTION_LOST;
}

bool feed_connection_is_worn(const struct feed_connection *c, int64_t life_us)
{
	return c->phase == FEED_LIVE &&
	       (c->warned || (life_us && clock_mono_us() - c->opened_at_us >= life_us));
}

bool feed_connection_is_closed(const struct feed_connection *c)
{
	return feed_socket_is_closed(c->socket);
}
