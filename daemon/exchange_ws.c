#include "exchange_ws.h"
#include "clock.h"
#include "exchange_answer.h"
#include "exchange_fault.h"
#include "exchange_request.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL_BYTES 16384
#define CLOSE_US (5 * SECOND_US)
#define HANG_UP_S 2 /* for the client to close in its turn */

static_assert(MESSAGE_ROOM >= LWS_PRE, "a message has room for libwebsockets' framing");

static struct ws_session *session_of(struct hub_client *c)
{
	return lws_container_of(c, struct ws_session, client);
}

void exchange_ws_wake(struct hub_client *c)
{
	struct ws_session *s = session_of(c);

	if (c->overrun) /* it does not read, so no close frame could be sent */
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	else
		lws_callback_on_writable(s->wsi);
}

static bool url_copy(struct lws *wsi, char url[URL_BYTES])
{
	return lws_hdr_copy(wsi, url, URL_BYTES, WSI_TOKEN_GET_URI) > 0;
}

bool exchange_ws_path(struct lws *wsi)
{
	char url[URL_BYTES];

	if (!url_copy(wsi, url))
		return false;
	return strcmp(url, "/ws") == 0 || strncmp(url, "/ws/", 4) == 0 ||
	       strcmp(url, "/stream") == 0;
}

/* Subscribes to `a/b/c`. Returns whether there was any name. */
static bool names_subscribe(struct ws_server *server, struct ws_session *s, const char *names)
{
	bool any = false;

	while (*names) {
		size_t len = strcspn(names, "/");
		struct slice name = {names, len};

		if (exchange_stream_valid(name))
			any |= hub_subscribe(server->hub, &s->client, name) == 0;
		names += len + (names[len] == '/');
	}
	return any;
}

static void established(struct ws_server *server, struct ws_session *s, struct lws *wsi)
{
	char url[URL_BYTES], arg[URL_BYTES];
	const char *names = "", *found;

	s->wsi = wsi;
	hub_join(server->hub, &s->client);
	if (!url_copy(wsi, url))
		url[0] = '\0';
	found = lws_get_urlarg_by_name(wsi, "timeUnit=", arg, sizeof(arg));
	s->client.microseconds = found && strcasecmp(found, "MICROSECOND") == 0;
	s->client.combined = strcmp(url, "/stream") == 0;
	if (s->client.combined) {
		found = lws_get_urlarg_by_name(wsi, "streams=", arg, sizeof(arg));
		names = found ? found : "";
	} else if (strlen(url) > 4) {
		names = url + 4;
	}
	s->pinged_us = clock_mono_us();
	exchange_fault_made(server->faults, s, url);
	if (names_subscribe(server, s, names)) {
		exchange_fault_streams(server->faults, s);
		market_to_hub_start(server->market);
		exchange_fault_tend(server->faults);
		market_to_hub_greet(server->market, &s->client);
	} else {
		market_to_hub_ping(server->market, &s->client);
	}
}

static int close_with(struct lws *wsi, const char *reason)
{
	lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, (unsigned char *)(uintptr_t)reason,
		strlen(reason));
	return -1;
}

static bool too_many(struct ws_session *s)
{
	int64_t now = clock_mono_us(),
		*oldest = &s->request_us[s->requests++ % WS_REQUESTS_A_SECOND];
	bool many = s->requests > WS_REQUESTS_A_SECOND && now - *oldest < SECOND_US;

	*oldest = now;
	return many;
}

/* Gathers the pieces of a text frame. True: it is complete and short enough to be read. */
static bool gathered(struct ws_session *s, struct lws *wsi, struct slice in)
{
	size_t header =
		s->request_len + in.len > 125 ? 8 : 6; /* of a client's frame, with its mask */
	char *more;

	s->request_long |= s->request_len + in.len + header > WS_REQUEST_BYTES;
	if (!s->request_long && in.len > 0) {
		more = realloc(s->request, s->request_len + in.len);
		if (more) {
			memcpy(more + s->request_len, in.data, in.len);
			s->request = more;
			s->request_len += in.len;
		}
		s->request_long |= !more;
	}
	return lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
}

static int received(
	struct ws_server *server, struct ws_session *s, struct lws *wsi, struct slice in)
{
	int rc = 0;

	if (!gathered(s, wsi, in))
		return 0;
	if (too_many(s))
		rc = close_with(wsi, "Too many requests");
	else if (!s->request_long && !lws_frame_is_binary(wsi))
		exchange_answer(server, s);
	s->request_len = 0;
	s->request_long = false;
	return rc;
}

/* Clients may answer the latest of several PINGs only, so any PONG with a payload
 * answers those before. */
static void ponged(struct ws_session *s, struct slice in)
{
	if (in.len > 0)
		s->unanswered_us = 0;
}

/* Goes on with bytes that are framed already. -1: the connection is gone. */
static int wire_write(struct ws_session *s, struct lws *wsi)
{
	struct message *m = s->wire;

	while (s->wire_at < m->len) {
		size_t rest = m->len - s->wire_at,
		       n = m->chunk && m->chunk < rest ? m->chunk : rest;
		ssize_t written = write(lws_get_socket_fd(wsi), m->text + s->wire_at, n);

		if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
			/* A PONG must not come between, so nothing is read meanwhile. */
			lws_rx_flow_control(wsi, 0);
			lws_callback_on_writable(wsi);
			return 0;
		}
		if (written < 0)
			return -1;
		s->wire_at += (size_t)written;
	}
	message_release(m);
	s->wire = NULL;
	lws_rx_flow_control(wsi, 1);
	return 0;
}

static int message_write(struct ws_server *server, struct ws_session *s, struct message *m)
{
	bool ping = m->kind == MESSAGE_PING;
	int n = 0;

	exchange_fault_sent(server->faults, s, m->len);
	if (m->kind == MESSAGE_WIRE) {
		s->wire = message_keep(m);
		s->wire_at = 0;
		return wire_write(s, s->wsi);
	}
	if (ping && !exchange_fault_may_ping(server->faults, s))
		return 0;
	n = lws_write(s->wsi, m->text, m->len, ping ? LWS_WRITE_PING : LWS_WRITE_TEXT);
	if (ping && s->unanswered_us == 0)
		s->unanswered_us = clock_mono_us();
	return n < 0 ? -1 : 0;
}

static int writeable(struct ws_server *server, struct ws_session *s, struct lws *wsi)
{
	struct message *m;

	if (s->wire && wire_write(s, wsi))
		return -1;
	if (s->wire)
		return 0;
	if (s->closing)
		return close_with(wsi, s->closing);
	while (!s->wire && exchange_fault_may_send(server->faults, s) &&
		!lws_send_pipe_choked(wsi) && (m = hub_take(&s->client))) {
		int rc = message_write(server, s, m);

		message_release(m);
		if (rc < 0)
			return -1;
	}
	if (s->hang_up && s->client.count == 0 && !s->wire) {
		s->hang_up = false;
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, HANG_UP_S);
	}
	if (s->client.count > 0 && exchange_fault_may_send(server->faults, s))
		lws_callback_on_writable(wsi);
	return 0;
}

static void closed(struct ws_server *server, struct ws_session *s)
{
	exchange_fault_left(server->faults, s);
	hub_leave(server->hub, &s->client);
	message_release(s->wire);
	free(s->request);
	memset(s, 0, sizeof(*s));
}

int exchange_ws_callback(struct ws_server *server, struct ws_session *s, struct lws *wsi,
	enum lws_callback_reasons reason, struct slice in)
{
	if (reason == LWS_CALLBACK_ESTABLISHED) {
		established(server, s, wsi);
		return 0;
	}
	if (!s->wsi)
		return 0;
	if (reason == LWS_CALLBACK_RECEIVE)
		return received(server, s, wsi, in);
	if (reason == LWS_CALLBACK_SERVER_WRITEABLE)
		return writeable(server, s, wsi);
	if (reason == LWS_CALLBACK_WS_PEER_INITIATED_CLOSE)
		return s->client.ending ? -1 : 0; /* one close frame is enough */
	if (reason == LWS_CALLBACK_RECEIVE_PONG)
		ponged(s, in);
	else if (reason == LWS_CALLBACK_CLOSED)
		closed(server, s);
	return 0;
}

void exchange_ws_tend(struct ws_server *server)
{
	int64_t now = clock_mono_us(), every = server->limits.ping_us;

	if (server->limits.clock_ping_us > 0 && server->limits.clock_ping_us < every)
		every = server->limits.clock_ping_us;
	for (struct hub_client *c = hub_first(server->hub); c; c = c->next) {
		struct ws_session *s = session_of(c);

		if (s->unanswered_us && now - s->unanswered_us >= server->limits.pong_timeout_us &&
			!s->closing) {
			s->closing = "Pong timeout";
			lws_callback_on_writable(s->wsi);
			lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, CLOSE_US / SECOND_US);
		}
		if (now - s->pinged_us >= every) {
			/* In step with the wall second, whenever this is called. */
			s->pinged_us += (now - s->pinged_us) / every * every;
			market_to_hub_ping(server->market, c);
		}
	}
}
