#include "exchange_ws.h"
#include "clock.h"
#include "exchange_request.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define URL_BYTES 16384
#define ANSWER_BYTES (1u << 20)
#define CLOSE_US (5 * SECOND_US)

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
	if (names_subscribe(server, s, names)) {
		market_to_hub_start(server->market);
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

static void request_answer(struct ws_server *server, struct ws_session *s)
{
	enum request_outcome outcome;
	struct message *m;
	struct buf answer;

	buf_init(&answer, ANSWER_BYTES);
	outcome = exchange_request(server->hub, &s->client, s->request, s->request_len, &answer);
	m = answer.failed ? NULL
			  : message_new(MESSAGE_TEXT, &(struct slice){answer.data, answer.len}, 1);
	hub_send(server->hub, &s->client, m);
	message_release(m);
	buf_done(&answer);
	if (outcome == REQUEST_SUBSCRIBED) {
		market_to_hub_start(server->market);
		market_to_hub_greet(server->market, &s->client);
	}
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
		request_answer(server, s);
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

static int writeable(struct ws_session *s, struct lws *wsi)
{
	struct message *m;

	if (s->closing)
		return close_with(wsi, s->closing);
	while (!lws_send_pipe_choked(wsi) && (m = hub_take(&s->client))) {
		bool ping = m->kind == MESSAGE_PING;
		int n = lws_write(wsi, m->text, m->len, ping ? LWS_WRITE_PING : LWS_WRITE_TEXT);

		if (ping && s->unanswered_us == 0)
			s->unanswered_us = clock_mono_us();
		message_release(m);
		if (n < 0)
			return -1;
	}
	if (s->client.count > 0)
		lws_callback_on_writable(wsi);
	return 0;
}

static void closed(struct ws_server *server, struct ws_session *s)
{
	hub_leave(server->hub, &s->client);
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
		return writeable(s, wsi);
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
