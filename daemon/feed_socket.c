#include "feed_socket.h"
#include "buf.h"
#include "clock.h"
#include "log.h"
#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_BYTES 4096
#define PING_BYTES 125
#define PATH "/stream"

enum socket_state { CLOSED, CONNECTING, OPEN };

struct feed_socket {
	struct feed_loop *loop;
	const struct feed_socket_events *events;
	void *arg;
	struct lws *wsi; /* NULL when closed */
	enum socket_state state;
	struct feed_socket_closed why;
	struct buf gathered; /* a message whose end is missing, or the kept one */
	bool holding, binary, muted, say_goodbye;
	char last_ping[PING_BYTES + 1];
	size_t write_len, ping_len;
	unsigned char write[LWS_PRE + WRITE_BYTES];
	unsigned char ping[LWS_PRE + PING_BYTES];
};

/* The library keeps the last PING's payload where it keeps a close frame's, and tells nobody that one came: so it is looked at
 * before each frame is given out and after each round of the loop. */
void feed_socket_see_ping(struct feed_socket *s)
{
	if (s->state != OPEN || s->why.code)
		return;
	const char *payload = (const char *)lws_get_close_payload(s->wsi);
	if (memcmp(payload, s->last_ping, PING_BYTES) == 0)
		return;
	memcpy(s->last_ping, payload, PING_BYTES);
	s->events->ping(s->arg, s->last_ping);
}

/* A whole message: given out, or kept. -1: neither, for want of memory: its session must end before it. */
static int give(struct feed_socket *s, const char *bytes, size_t len)
{
	if (s->events->frame(s->arg, bytes, len, s->binary)) {
		buf_reset(&s->gathered);
		return 0;
	}
	if (bytes != s->gathered.data)
		buf_add(&s->gathered, bytes, len);
	if (s->gathered.failed)
		return -1;
	s->holding = true;
	lws_rx_flow_control(s->wsi, 0);
	return 0;
}

static int receive(struct feed_socket *s, const char *bytes, size_t len)
{
	bool last = lws_is_final_fragment(s->wsi) && !lws_remaining_packet_payload(s->wsi);

	if (s->holding)
		return -1;
	feed_socket_see_ping(s);
	if (lws_is_first_fragment(s->wsi)) {
		s->binary = lws_frame_is_binary(s->wsi);
		buf_reset(&s->gathered);
		if (last)
			return give(s, bytes, len);
	}
	buf_add(&s->gathered, bytes, len);
	if (!last)
		return 0;
	if (!s->gathered.failed)
		return give(s, s->gathered.data, s->gathered.len);
	buf_reset(&s->gathered);
	s->events->too_long(s->arg);
	return 0;
}

static int write_one(struct feed_socket *s)
{
	size_t *len = s->ping_len ? &s->ping_len : &s->write_len;
	unsigned char *bytes = s->ping_len ? s->ping : s->write;

	if (s->say_goodbye) {
		lws_close_reason(s->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return -1;
	}
	if (!*len)
		return 0;
	int written = lws_write(
		s->wsi, bytes + LWS_PRE, *len, s->ping_len ? LWS_WRITE_PING : LWS_WRITE_TEXT);
	if (written < (int)*len)
		return -1;
	*len = 0;
	if (s->write_len)
		lws_callback_on_writable(s->wsi);
	return 0;
}

static void refused(struct feed_socket *s, const char *reason, size_t len)
{
	char seconds[16] = "";

	s->why.status = (int)lws_http_client_http_response(s->wsi);
	if (s->why.status &&
		lws_hdr_copy(s->wsi, seconds, sizeof(seconds), WSI_TOKEN_HTTP_RETRY_AFTER) > 0)
		s->why.retry_after_s = (int)strtol(seconds, NULL, 10);
	if (reason)
		snprintf(s->why.reason, sizeof(s->why.reason), "%.*s", (int)len, reason);
}

static void peer_closes(struct feed_socket *s, const unsigned char *payload, size_t len)
{
	feed_socket_see_ping(s);
	s->why.code = len >= 2 ? payload[0] << 8 | payload[1] : 1005;
	if (len > 2)
		snprintf(s->why.reason, sizeof(s->why.reason), "%.*s", (int)len - 2,
			(const char *)payload + 2);
}

static void gone(struct feed_socket *s)
{
	struct feed_socket_closed why = s->why;

	if (s->state == CLOSED)
		return;
	if (!why.code)
		why.code = 1006;
	why.opened = s->state == OPEN;
	s->wsi = NULL;
	s->state = CLOSED;
	if (!s->holding)
		buf_reset(&s->gathered);
	s->events->closed(s->arg, &why);
}

static int take_event(struct feed_socket *s, struct lws *wsi, enum lws_callback_reasons reason,
	void *in, size_t len)
{
	s->wsi = wsi;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		s->state = OPEN;
		s->events->opened(s->arg);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(s, in, len);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		feed_socket_see_ping(s);
		s->events->pong(s->arg, in, len);
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_one(s);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		peer_closes(s, in, len);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		refused(s, in, len);
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		gone(s);
		break;
	}
	return 0;
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct feed_socket *s = user;

	/* Of other reasons `user` may be anything: at the start it is OpenSSL's context. */
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
	case LWS_CALLBACK_CLIENT_RECEIVE:
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
	case LWS_CALLBACK_CLIENT_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_WSI_DESTROY:
		return s && s->state != CLOSED ? take_event(s, wsi, reason, in, len) : 0;
	}
	return 0;
}

/* Our own PINGs, which carry the time, take the place of the library's. */
static const lws_retry_bo_t no_validity_pings = {.secs_since_valid_hangup = 0};

static const struct lws_protocols protocols[] = {
	{.name = "feed", .callback = on_event, .rx_buffer_size = FEED_READ_BYTES},
	{.name = NULL},
};

const struct lws_protocols *feed_socket_protocols(void)
{
	return protocols;
}

struct feed_socket *feed_socket_new(
	struct feed_loop *l, const struct feed_socket_events *events, void *arg)
{
	struct feed_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->loop = l;
	s->events = events;
	s->arg = arg;
	buf_init(&s->gathered, FEED_FRAME_MAX);
	return s;
}

void feed_socket_free(struct feed_socket *s)
{
	if (!s)
		return;
	if (s->wsi) {
		s->state = CLOSED;
		lws_set_wsi_user(s->wsi, NULL);
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	buf_done(&s->gathered);
	free(s);
}

void feed_socket_open(struct feed_socket *s, const char *address)
{
	struct lws_client_connect_info info = {
		.context = s->loop->context,
		.address = address,
		.host = s->loop->host,
		.port = s->loop->port,
		.path = PATH,
		.ssl_connection =
			LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (s->loop->tls ? LCCSCF_USE_SSL : 0),
		.local_protocol_name = protocols[0].name,
		.retry_and_idle_policy = &no_validity_pings,
		.userdata = s,
		.pwsi = &s->wsi,
	};

	memset(&s->why, 0, sizeof(s->why));
	memset(s->last_ping, 0, sizeof(s->last_ping));
	s->write_len = s->ping_len = 0;
	s->say_goodbye = s->muted = false;
	s->state = CONNECTING;
	if (!lws_client_connect_via_info(&info))
		gone(s);
}

bool feed_socket_is_open(const struct feed_socket *s)
{
	return s->state == OPEN;
}

bool feed_socket_is_closed(const struct feed_socket *s)
{
	return s->state == CLOSED;
}

bool feed_socket_can_send(const struct feed_socket *s)
{
	return s->state == OPEN && !s->write_len;
}

void feed_socket_send(struct feed_socket *s, const char *text, size_t len)
{
	assert(feed_socket_can_send(s) && len <= WRITE_BYTES);
	memcpy(s->write + LWS_PRE, text, len);
	s->write_len = len;
	lws_callback_on_writable(s->wsi);
}

void feed_socket_ping(struct feed_socket *s, const char *payload)
{
	if (s->state != OPEN)
		return;
	s->ping_len = strnlen(payload, PING_BYTES);
	memcpy(s->ping + LWS_PRE, payload, s->ping_len);
	lws_callback_on_writable(s->wsi);
}

void feed_socket_hang_up(struct feed_socket *s)
{
	if (s->wsi)
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void feed_socket_close(struct feed_socket *s)
{
	if (s->state != OPEN)
		return feed_socket_hang_up(s);
	s->say_goodbye = true;
	lws_callback_on_writable(s->wsi);
}

void feed_socket_mute(struct feed_socket *s)
{
	s->muted = true;
	if (s->state == OPEN)
		lws_rx_flow_control(s->wsi, 0);
}

bool feed_socket_offer(struct feed_socket *s)
{
	if (!s->holding)
		return true;
	if (!s->events->frame(s->arg, s->gathered.data, s->gathered.len, s->binary))
		return false;
	s->holding = false;
	buf_reset(&s->gathered);
	if (s->state == OPEN && !s->muted)
		lws_rx_flow_control(s->wsi, 1);
	return true;
}
