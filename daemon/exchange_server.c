#include "exchange_server.h"
#include "clock.h"
#include "exchange_control.h"
#include "exchange_http.h"
#include "exchange_rest.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>

#define TEND_US (100 * MS_US)
#define WEIGHT_MAX 6000
#define BODY_BYTES_MAX (8u << 20)
#define CONTROL_ANSWER_MAX (64u << 20)

struct connection { /* one of libwebsockets', over its whole life */
	struct ws_session ws;
	unsigned char *body; /* of the answer that is being sent, LWS_PRE bytes in */
	size_t body_len;
	bool posting; /* to exchange_control */
	struct buf posted;
};

struct exchange_server {
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[2];
	struct market *market;
	struct truth *truth;
	struct ws_server ws;
	lws_sorted_usec_list_t run_timer, tend_timer;
	int64_t flushed_us;
	int64_t minute; /* of the host's clock, for which weight is counted */
	int weight;
	bool failed;
	struct err *reason;
};

static const lws_retry_bo_t no_own_pings = {
	.secs_since_valid_ping = 65000, .secs_since_valid_hangup = 65500};

static void weight_count(struct exchange_server *x, struct rest_answer *a)
{
	int64_t minute = clock_wall_us() / MINUTE_US;

	if (minute != x->minute)
		x->weight = 0;
	x->minute = minute;
	x->weight += a->weight;
	if (a->weight > 0 && x->weight > WEIGHT_MAX)
		rest_error(a, 429, -1003,
			"Too much request weight used; please use WebSocket Streams for live "
			"updates.");
}

static int answer_send(
	struct exchange_server *x, struct connection *c, struct lws *wsi, struct rest_answer *a)
{
	unsigned char headers[LWS_PRE + HTTP_HEADERS_BYTES], *start = headers + LWS_PRE, *p = start;
	unsigned char *end = headers + sizeof(headers);
	char weight[16], speed[32], wait[16];

	snprintf(weight, sizeof(weight), "%d", x->weight);
	snprintf(speed, sizeof(speed), "%g", market_to_hub_speed(x->ws.market));
	snprintf(wait, sizeof(wait), "%lld",
		a->retry_after ? (long long)a->retry_after
			       : (long long)(60 - clock_wall_us() / SECOND_US % 60));
	if (a->body.failed || !(c->body = malloc(LWS_PRE + a->body.len)))
		return -1;
	memcpy(c->body + LWS_PRE, a->body.data, a->body.len);
	c->body_len = a->body.len;
	if (lws_add_http_common_headers(wsi, (unsigned)a->status,
		    a->html ? "text/html" : "application/json;charset=UTF-8", c->body_len, &p,
		    end) ||
		exchange_http_header(wsi, "x-mbx-used-weight-1m:", weight, &p, end) ||
		exchange_http_header(wsi, "x-mbx-used-weight:", weight, &p, end) ||
		exchange_http_header(wsi, "x-pricegraph-speed:", speed, &p, end) ||
		exchange_http_header(wsi, "x-pricegraph-state:",
			market_state_name(market_to_hub_state(x->ws.market)), &p, end) ||
		((a->status == 429 || a->retry_after) &&
			exchange_http_header(wsi, "retry-after:", wait, &p, end)) ||
		(a->status == 405 && exchange_http_header(wsi, "allow:", "GET", &p, end)) ||
		lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

static int http_request(
	struct exchange_server *x, struct connection *c, struct lws *wsi, struct slice path)
{
	struct rest_request r = {.count = 0};
	struct rest_answer a = {.status = 200};
	char text[HTTP_URL_BYTES_MAX], url[HTTP_URL_BYTES_MAX];
	int rc;

	snprintf(url, sizeof(url), "%.*s", (int)path.len, path.data);
	r.path = url;
	r.microseconds = exchange_http_micro(wsi);
	exchange_http_params(wsi, &r, text);
	buf_init(&a.body, BODY_BYTES_MAX);
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		rest_error(&a, 405, -1000, "Only GET is served.");
	else if (!exchange_fault_rest(x->ws.faults, path, &a))
		exchange_rest(x->market, market_to_hub_clock_us(x->ws.market), &r, &a);
	weight_count(x, &a);
	rc = answer_send(x, c, wsi, &a);
	buf_done(&a.body);
	return rc;
}

static int control_answer(struct exchange_server *x, struct connection *c, struct lws *wsi,
	enum control_method method, struct slice body)
{
	struct rest_request r = {.path = "/faults"};
	struct rest_answer a = {.status = 200};
	char text[HTTP_URL_BYTES_MAX];
	int rc;

	exchange_http_params(wsi, &r, text);
	buf_init(&a.body, CONTROL_ANSWER_MAX);
	if (!exchange_http_loopback(wsi))
		rest_error(&a, 403, -1000, "Faults are asked for from this machine only.");
	else if (c->posted.failed)
		rest_error(&a, 413, -1000, "The body is too long.");
	else
		exchange_control(x->ws.faults, method, &r, body, &a);
	rc = answer_send(x, c, wsi, &a);
	buf_done(&a.body);
	return rc;
}

static int control_request(struct exchange_server *x, struct connection *c, struct lws *wsi)
{
	buf_done(&c->posted);
	buf_init(&c->posted, CONTROL_BODY_MAX);
	c->posting = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
	if (c->posting)
		return 0; /* it goes on when the body is there */
	return control_answer(x, c, wsi,
		lws_hdr_total_length(wsi, WSI_TOKEN_DELETE_URI) > 0 ? CONTROL_DELETE : CONTROL_GET,
		(struct slice){NULL, 0});
}

static int posted(struct exchange_server *x, struct connection *c, struct lws *wsi)
{
	int rc = control_answer(
		x, c, wsi, CONTROL_POST, (struct slice){c->posted.data, c->posted.len});

	c->posting = false;
	buf_done(&c->posted);
	return rc;
}

static void body_drop(struct connection *c)
{
	free(c->body);
	c->body = NULL;
}

static int http_write(struct connection *c, struct lws *wsi)
{
	int n;

	if (!c->body)
		return 0;
	n = lws_write(wsi, c->body + LWS_PRE, c->body_len, LWS_WRITE_HTTP_FINAL);
	body_drop(c);
	return n < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct exchange_server *x = lws_context_user(lws_get_context(wsi));
	struct connection *c = user;

	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		if (exchange_control_path(in))
			return control_request(x, c, wsi);
		return http_request(x, c, wsi, (struct slice){in, len});
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return http_write(c, wsi);
	case LWS_CALLBACK_CLOSED_HTTP:
		if (c) {
			body_drop(c);
			buf_done(&c->posted);
		}
		return 0;
	case LWS_CALLBACK_HTTP_BODY:
		if (c->posting)
			buf_add(&c->posted, in, len);
		return 0;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return c->posting ? posted(x, c, wsi) : 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		if (exchange_ws_path(wsi))
			return exchange_fault_upgrade(x->ws.faults, wsi);
		return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) < 0 ? -1 : 1;
	case LWS_CALLBACK_ESTABLISHED:
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_CLOSED:
		return exchange_ws_callback(&x->ws, &c->ws, wsi, reason, (struct slice){in, len});
	default:
		return 0;
	}
}

static void on_run(lws_sorted_usec_list_t *timer)
{
	struct exchange_server *x = lws_container_of(timer, struct exchange_server, run_timer);
	int64_t wait = market_to_hub_run(x->ws.market, x->reason);

	x->failed |= wait < 0;
	lws_sul_schedule(x->context, 0, timer, on_run, wait > 0 ? wait : 1);
}

static void on_tend(lws_sorted_usec_list_t *timer)
{
	struct exchange_server *x = lws_container_of(timer, struct exchange_server, tend_timer);
	int64_t now = clock_mono_us();

	if (market_to_hub_run(x->ws.market, x->reason) < 0)
		x->failed = true;
	exchange_fault_tend(x->ws.faults);
	exchange_ws_tend(&x->ws);
	if (x->truth && now - x->flushed_us >= SECOND_US) {
		x->flushed_us = now;
		truth_flush(x->truth);
	}
	lws_sul_schedule(x->context, 0, timer, on_tend, TEND_US);
}

static void on_lws_log(int level, const char *line)
{
	int len = (int)strcspn(line, "\n");

	if (level == LLL_ERR)
		log_warn("lws", " text=\"%.*s\"", len, line);
	else
		log_debug("lws", " text=\"%.*s\"", len, line);
}

static int context_make(struct exchange_server *x, const struct settings *s, struct err *e)
{
	const char *listen = settings_text(s, "model", "listen"),
		   *cert = settings_text(s, "model", "tls_cert");
	int port = (int)settings_int(s, "model", "port");
	struct lws_context_creation_info info = {.port = port,
		.iface = listen,
		.protocols = x->protocols,
		.gid = -1,
		.uid = -1,
		.user = x,
		.max_http_header_data = HTTP_URL_BYTES_MAX,
		.retry_and_idle_policy = &no_own_pings,
		.keepalive_timeout = 60,
		.vhost_name = "model",
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS};

	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	x->context = lws_create_context(&info);
	if (!x->context)
		return err_set(e, "libwebsockets cannot start");
	info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (!strchr(listen, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	if (*cert) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = cert;
		info.ssl_private_key_filepath = settings_text(s, "model", "tls_key");
		info.alpn = "http/1.1";
	}
	x->vhost = lws_create_vhost(x->context, &info);
	if (!x->vhost)
		return err_set(e,
			"cannot listen on %s port %d: the port is taken, or the address or "
			"certificate is not usable",
			listen, port);
	return 0;
}

struct exchange_server *exchange_server_new(
	const struct settings *s, const struct exchange_parts *parts, struct err *e)
{
	struct exchange_server *x = calloc(1, sizeof(*x));

	if (!x) {
		err_set(e, "no memory");
		return NULL;
	}
	x->protocols[0] = (struct lws_protocols){.name = "model",
		.callback = callback,
		.per_session_data_size = sizeof(struct connection),
		.rx_buffer_size = WS_REQUEST_BYTES};
	x->market = parts->market;
	x->truth = parts->truth;
	x->ws.hub = parts->hub;
	x->ws.market = parts->arrow;
	x->ws.faults = parts->faults;
	x->ws.limits = (struct ws_limits){
		.ping_us = (int64_t)(settings_float(s, "model", "ping") * SECOND_US),
		.pong_timeout_us =
			(int64_t)(settings_float(s, "model", "pong_timeout") * SECOND_US),
		.clock_ping_us = (int64_t)(settings_float(s, "model", "clock_ping") * SECOND_US)};
	if (context_make(x, s, e) == 0)
		return x;
	exchange_server_free(x);
	return NULL;
}

void exchange_server_free(struct exchange_server *x)
{
	if (!x)
		return;
	if (x->context)
		lws_context_destroy(x->context);
	free(x);
}

int exchange_server_port(const struct exchange_server *x)
{
	return lws_get_vhost_listen_port(x->vhost);
}

int exchange_server_run(struct exchange_server *x, const volatile int *stop, struct err *e)
{
	x->reason = e;
	on_run(&x->run_timer);
	on_tend(&x->tend_timer);
	while (!*stop && !x->failed) {
		if (lws_service(x->context, 0) < 0)
			return err_set(e, "libwebsockets stopped");
	}
	return x->failed ? -1 : 0;
}
