#include "collector_http.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 16
#define CONNECTION_BYTES 32768
#define IDLE_S 10
#define ANSWER_BYTES ((size_t)4 << 20)

METRIC_COUNTER(answered, "pricegraph_http_requests_total", "Requests for metrics or health.");

struct collector_http {
	struct MHD_Daemon *daemon;
	const struct collector_health *health;
};

struct reply {
	unsigned status;
	const char *type;
	const char *allow; /* methods, of 405; else NULL */
	struct buf body;
};

static void problem(struct reply *r, unsigned status, const char *title, const char *detail)
{
	r->status = status;
	r->type = "application/problem+json";
	buf_printf(&r->body,
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\"}\n",
		title, status, detail);
}

static void fill(const struct collector_http *http, struct reply *r, const char *url)
{
	if (strcmp(url, "/metrics") == 0) {
		r->status = MHD_HTTP_OK;
		r->type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_print(&r->body);
	} else if (strcmp(url, "/healthz") == 0) {
		r->type = "application/json";
		r->status = collector_health_print(http->health, clock_mono_us(), &r->body)
				    ? MHD_HTTP_OK
				    : MHD_HTTP_SERVICE_UNAVAILABLE;
	} else {
		problem(r, MHD_HTTP_NOT_FOUND, "Not Found", "There are /metrics and /healthz.");
	}
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *r)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(r->body.len, r->body.data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (r->allow)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, r->allow);
	done = MHD_queue_response(connection, r->status, response);
	MHD_destroy_response(response);
	return done;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	const struct collector_http *http = arg;
	struct reply r = {.allow = NULL};
	enum MHD_Result done;

	(void)version;
	(void)upload;
	if (*upload_size) { /* a body is nobody's: read away */
		*upload_size = 0;
		return MHD_YES;
	}
	if (!*state) { /* libmicrohttpd asks twice: the head is there, the request is there */
		*state = arg;
		return MHD_YES;
	}
	metric_add(&answered, 1);
	buf_init(&r.body, ANSWER_BYTES);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		problem(&r, MHD_HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed",
			"Only GET and HEAD.");
		r.allow = "GET, HEAD";
	} else {
		fill(http, &r, url);
	}
	done = r.body.failed ? MHD_NO : send_reply(connection, &r);
	buf_done(&r.body);
	return done;
}

static void to_log(void *arg, const char *format, va_list args)
{
	char text[400];

	(void)arg;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http", "text=\"%s\"", text);
}

struct collector_http *collector_http_start(
	int port, const struct collector_health *h, struct err *e)
{
	struct collector_http *http = calloc(1, sizeof(*http));
	const struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (!http) {
		err_set(e, "no memory for the HTTP server");
		return NULL;
	}
	http->health = h;
	errno = 0;
	http->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG,
		(uint16_t)port, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, to_log,
		NULL, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_END);
	if (http->daemon)
		return http;
	err_set(e, "cannot listen at 127.0.0.1:%d: %s", port, strerror(errno));
	free(http);
	return NULL;
}

void collector_http_stop(struct collector_http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}
