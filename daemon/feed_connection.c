#include "feed_connection.h"
#include "clock.h"
#include "feed_backoff.h"
#include "feed_count.h"
#include "feed_sessions.h"
#include "feed_watch.h"
#include "log.h"
#include <stdlib.h>

#define ROUND_US (50 * MS_US) /* how late a timer may be */
#define FULL_US (5 * MS_US)   /* how soon a kept frame is tried again */

enum phase {
	WAITING,     /* for retry_at_us */
	CONNECTING,  /* TCP, TLS, upgrade */
	SUBSCRIBING, /* open; not all requests are acknowledged */
	AWAITING,    /* acknowledged; the venue's time is not told yet */
	LIVE,        /* sessions are begun */
	FINISHED,    /* the recording has ended, or the feed stops: no further connection */
};

struct feed_connection {
	struct feed_shared *shared;
	struct feed_socket *socket;
	struct feed_subscribe subscribe;
	struct feed_sessions sessions;
	struct feed_backoff backoff;
	enum phase phase;
	bool closing; /* the connection is lost: a last alive says how far it got */
	struct feed_watch watch;
	int64_t kept_received_us; /* wall time at which the frame in hand was read, 0 = none */
	int64_t retry_at_us, phase_since_us; /* monotonic */
	struct buf request;
};

static int64_t seconds_us(const struct feed_connection *c, const char *key)
{
	return settings_int(c->shared->settings, "feed", key) * SECOND_US;
}

static void enter(struct feed_connection *c, enum phase phase)
{
	c->phase = phase;
	c->phase_since_us = clock_mono_us();
}

static void begin_sessions(struct feed_connection *c, const char *cause)
{
	feed_sessions_begin(&c->sessions, cause);
	enter(c, LIVE);
}

/* Of the host's clock we know that the venue's time is behind the last acknowledgement; where PINGs tell the time, the first
 * PING behind it says so. */
static void begin_by_host_clock(struct feed_connection *c)
{
	int64_t host_us = feed_clock_host_us(c->shared->clock);

	if (!host_us)
		return;
	feed_sessions_reached(&c->sessions, host_us);
	begin_sessions(c, "");
}

static void take_answer(struct feed_connection *c, const struct feed_answer *a)
{
	switch (feed_subscribe_answer(&c->subscribe, a)) {
	case FEED_ACKNOWLEDGED:
		if (c->phase == SUBSCRIBING && feed_subscribe_complete(&c->subscribe)) {
			log_info("feed_subscribed", "streams=%zu", c->subscribe.count);
			enter(c, AWAITING);
			begin_by_host_clock(c);
		}
		break;
	case FEED_REFUSED:
		feed_socket_hang_up(c->socket);
		break;
	case FEED_NOBODY_WAITS:
		break;
	}
}

/* The clock stands from here on, and nothing further will come. */
static void replay_ended(struct feed_connection *c, int64_t t_us)
{
	log_info("feed_replay_ended", "T_us=%lld", (long long)t_us);
	feed_clock_stop(c->shared->clock, t_us);
	feed_sessions_reached(&c->sessions, t_us);
	if (c->phase != LIVE && feed_subscribe_complete(&c->subscribe))
		begin_sessions(c, "");
	feed_sessions_end(&c->sessions);
	enter(c, FINISHED);
}

/* False: the queue is full. */
static bool take_notice(struct feed_connection *c, const struct feed_frame *f)
{
	switch (f->notice) {
	case FEED_SERVER_SHUTDOWN:
		log_warn("feed_server_shutdown", "reason=\"the exchange is about to disconnect\"");
		break;
	case FEED_REPLAY_ENDED:
		if (c->phase != FINISHED)
			replay_ended(c, f->event_us);
		break;
	case FEED_REPLAY_JUMPED:
		return feed_sessions_jump(&c->sessions, f->event_us);
	}
	return true;
}

/* False: the queue is full. */
static bool take_event(struct feed_connection *c, const struct feed_frame *f)
{
	enum kafka_sent sent = feed_output_event(c->shared->output, f, c->kept_received_us);

	if (sent == KAFKA_SENT) {
		feed_count_event();
		feed_sessions_saw_event(&c->sessions, f->event_us);
		feed_backoff_good(&c->backoff, clock_mono_us());
	} else if (sent == KAFKA_REFUSED) {
		feed_count_bad("refused by Kafka's client", f->data.at, f->data.len);
	}
	return sent == KAFKA_SENT || sent == KAFKA_REFUSED;
}

static bool on_frame(void *arg, const char *bytes, size_t len, bool binary)
{
	struct feed_connection *c = arg;
	struct feed_frame frame;

	feed_watch_read(&c->watch, clock_mono_us());
	if (!c->kept_received_us)
		c->kept_received_us = clock_wall_us();
	if (binary)
		frame = (struct feed_frame){.kind = FEED_BAD, .reason = "binary"};
	else
		feed_frame_read(&frame, bytes, len);
	switch (frame.kind) {
	case FEED_EVENT:
		if (!take_event(c, &frame))
			return false;
		break;
	case FEED_ANSWER:
		feed_count_answer();
		take_answer(c, &frame.answer);
		break;
	case FEED_NOTICE:
		if (!take_notice(c, &frame))
			return false;
		feed_count_answer();
		break;
	case FEED_UNKNOWN:
		feed_count_unknown(bytes, len);
		break;
	case FEED_BAD:
		feed_count_bad(frame.reason, bytes, binary ? 0 : len);
		break;
	}
	c->kept_received_us = 0;
	return true;
}

static void on_too_long(void *arg)
{
	struct feed_connection *c = arg;
	feed_watch_read(&c->watch, clock_mono_us());
	feed_count_bad("longer than 4 MiB", "", 0);
}

static void on_opened(void *arg)
{
	struct feed_connection *c = arg;

	log_info("feed_connected", "host=%s",
		settings_text(c->shared->settings, "exchange", "host"));
	feed_subscribe_reset(&c->subscribe);
	feed_watch_start(&c->watch, clock_mono_us());
	c->sessions.t_us = 0;
	enter(c, SUBSCRIBING);
}

/* The server's own PING tells the time where the venue's clock is a model's. */
static void on_ping(void *arg, const char *payload)
{
	struct feed_connection *c = arg;

	feed_watch_read(&c->watch, clock_mono_us());
	int64_t t_us = feed_clock_ping(c->shared->clock, payload);
	if (t_us < 0)
		return;
	feed_sessions_reached(&c->sessions, t_us);
	if (c->phase == AWAITING)
		begin_sessions(c, "");
}

static void on_pong(void *arg, const char *payload, size_t len)
{
	struct feed_connection *c = arg;

	feed_watch_read(&c->watch, clock_mono_us());
	int64_t t_us = feed_watch_pong(&c->watch, payload, len);
	if (t_us > 0)
		feed_sessions_reached(&c->sessions, t_us);
}

static void on_closed(void *arg, const struct feed_socket_closed *why)
{
	struct feed_connection *c = arg;

	if (c->phase == FINISHED)
		return;
	int64_t now_us = clock_mono_us();
	c->retry_at_us = now_us + feed_backoff_wait_us(&c->backoff, why, now_us);
	c->closing = feed_sessions_active(&c->sessions);
	if (c->closing)
		feed_sessions_alive(&c->sessions, true);
	enter(c, WAITING);
}

static const struct feed_socket_events socket_events = {.opened = on_opened,
	.frame = on_frame,
	.too_long = on_too_long,
	.ping = on_ping,
	.pong = on_pong,
	.closed = on_closed};

struct feed_connection *feed_connection_new(
	struct feed_shared *shared, const struct feed_want *wants, size_t count)
{
	struct feed_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->shared = shared;
	buf_init(&c->request, FEED_REQUEST_BYTES);
	feed_subscribe_init(&c->subscribe, wants, count, seconds_us(c, "timeout"));
	c->watch.ping_every_us = seconds_us(c, "ping");
	c->watch.silence_us = seconds_us(c, "silence");
	feed_backoff_init(&c->backoff, (uint64_t)clock_wall_us() ^ (uintptr_t)c);
	c->socket = feed_socket_new(shared->loop, &socket_events, c);
	if (!c->socket ||
		feed_sessions_init(&c->sessions, shared->output, shared->clock, wants, count) < 0) {
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
	buf_done(&c->request);
	free(c);
}

static void connect_if_due(struct feed_connection *c)
{
	if (clock_mono_us() < c->retry_at_us)
		return;
	enter(c, CONNECTING);
	feed_socket_open(c->socket);
}

static void subscribe_more(struct feed_connection *c)
{
	int64_t now_us = clock_mono_us();

	if (feed_subscribe_expired(&c->subscribe, now_us)) {
		log_error("feed_request_unanswered", "streams=%zu", c->subscribe.count);
		feed_socket_hang_up(c->socket);
	} else if (feed_socket_can_send(c->socket) &&
		   feed_subscribe_next(&c->subscribe, now_us, &c->request)) {
		feed_socket_send(c->socket, c->request.data, c->request.len);
	}
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
	enter(c, CONNECTING); /* not again before the hang-up is through */
}

static void warn_if_timeless(struct feed_connection *c)
{
	if (!is_late(c))
		return;
	log_warn("feed_no_time", "clock=%s", settings_text(c->shared->settings, "venue", "clock"));
	enter(c, AWAITING);
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
	if (c->phase == LIVE)
		enter(c, AWAITING);
}

int64_t feed_connection_serve(struct feed_connection *c)
{
	feed_socket_see_ping(c->socket);
	if (!feed_connection_drain(c)) {
		feed_watch_read(&c->watch, clock_mono_us());
		return FULL_US;
	}
	switch (c->phase) {
	case WAITING:
		connect_if_due(c);
		break;
	case CONNECTING:
		give_up_if_late(c);
		break;
	case SUBSCRIBING:
		subscribe_more(c);
		break;
	case AWAITING:
		begin_by_host_clock(c);
		if (c->phase == AWAITING)
			warn_if_timeless(c);
		break;
	case LIVE:
		feed_sessions_alive(&c->sessions, false);
		break;
	case FINISHED:
		break;
	}
	watch(c);
	return feed_sessions_write(&c->sessions) ? ROUND_US : FULL_US;
}

void feed_connection_end(struct feed_connection *c)
{
	feed_socket_mute(c->socket);
	feed_sessions_end(&c->sessions);
	enter(c, FINISHED);
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
