#include "feed_hear.h"
#include "clock.h"
#include "feed_connection_parts.h"
#include "feed_count.h"
#include "log.h"

static void take_answer(struct feed_connection *c, const struct feed_answer *a)
{
	switch (feed_subscribe_answer(&c->subscribe, a)) {
	case FEED_ACKNOWLEDGED:
	case FEED_ASK_AGAIN:
		if (c->phase == FEED_SUBSCRIBING && feed_subscribe_complete(&c->subscribe))
			feed_connection_subscribed(c);
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
	if (c->phase != FEED_LIVE && !c->held && feed_subscribe_complete(&c->subscribe))
		feed_connection_hears_all(c);
	feed_sessions_end(&c->sessions);
	feed_connection_enter(c, FEED_FINISHED);
}

/* False: the queue is full. */
static bool take_notice(struct feed_connection *c, const struct feed_frame *f)
{
	switch (f->notice) {
	case FEED_SERVER_SHUTDOWN:
		log_warn("feed_server_shutdown", "reason=\"the exchange is about to disconnect\"");
		c->warned = true;
		break;
	case FEED_REPLAY_ENDED:
		if (c->phase != FEED_FINISHED)
			replay_ended(c, f->event_us);
		break;
	case FEED_REPLAY_JUMPED:
		c->ready_us = 0;
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
		int64_t now_us = clock_mono_us();
		feed_sessions_saw_event(&c->sessions, f->event_us, c->kept_received_us);
		feed_dial_good(&c->dial, now_us);
		feed_silence_heard(c->silence, f->stream, f->symbol, now_us);
		c->events++;
	} else if (sent == KAFKA_REFUSED) {
		feed_count_bad("refused by Kafka's client", f->data.at, f->data.len);
	}
	return sent == KAFKA_SENT || sent == KAFKA_REFUSED;
}

/* False: the queue is full. */
static bool take_array(struct feed_connection *c, const struct feed_frame *f)
{
	if (!feed_subscribe_has_whole(&c->subscribe)) {
		feed_count_unknown(f->data.at, f->data.len);
		return true;
	}
	if (!feed_whole_array(
		    c->shared->whole, &c->array, f, c->shared->output, c->kept_received_us))
		return false;
	/* The elements are not in the order of their times: none of them is passed by T only now. */
	if (c->array.latest_us) {
		feed_sessions_saw_event(&c->sessions, c->array.latest_us, c->kept_received_us);
		feed_dial_good(&c->dial, clock_mono_us());
		c->events++;
	}
	c->array = (struct feed_array){0, 0};
	return true;
}

static bool on_frame(void *arg, const char *bytes, size_t len, bool binary)
{
	struct feed_connection *c = arg;
	struct feed_frame frame;

	feed_watch_read(&c->watch, clock_mono_us());
	if (!c->kept_received_us) {
		c->kept_received_us = clock_wall_us();
		if (!binary)
			feed_record_frame(c->shared->record, c->kept_received_us, bytes, len);
	}
	if (binary)
		frame = (struct feed_frame){.kind = FEED_BAD, .reason = "binary"};
	else
		feed_frame_read(&frame, bytes, len);
	switch (frame.kind) {
	case FEED_EVENT:
		if (!take_event(c, &frame))
			return false;
		break;
	case FEED_ARRAY:
		if (!take_array(c, &frame))
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
	c->opened_at_us = clock_mono_us();
	feed_watch_start(&c->watch, c->opened_at_us);
	c->sessions.t_us = c->ready_us = c->events = c->full_us = 0;
	c->warned = false;
	feed_connection_enter(c, FEED_SUBSCRIBING);
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
	if (c->phase == FEED_AWAITING)
		feed_connection_hears_all(c);
	else if (c->phase == FEED_LIVE)
		feed_subscribe_name(&c->subscribe);
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

	int64_t now_us = clock_mono_us();

	if (c->phase == FEED_FINISHED)
		return;
	feed_dial_lost(&c->dial, why, now_us);
	c->opened_at_us = c->ready_us = 0;
	c->closing = feed_sessions_active(&c->sessions);
	if (c->full_us && now_us - c->full_us < FEED_FULL_BLAMED_US)
		c->cause = "overflow";
	else if (c->closing)
		c->cause = "";
	if (c->closing)
		feed_sessions_alive(&c->sessions, true);
	feed_connection_enter(c, FEED_WAITING);
}

const struct feed_socket_events feed_hear_events = {.opened = on_opened,
	.frame = on_frame,
	.too_long = on_too_long,
	.ping = on_ping,
	.pong = on_pong,
	.closed = on_closed};
