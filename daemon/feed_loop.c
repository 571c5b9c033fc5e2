#include "feed_loop.h"
#include "feed_socket.h"
#include "log.h"
#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_S 10
#define RUN_AGAIN_US 5000

struct timed_loop {
	struct feed_loop loop; /* first: it is what others see */
	lws_sorted_usec_list_t timer;
};

static void log_library(int level, const char *line)
{
	int len = (int)strcspn(line, "\n");
	if (level & LLL_ERR)
		log_warn("websocket_library", "message=\"%.*s\"", len, line);
	else
		log_debug("websocket_library", "message=\"%.*s\"", len, line);
}

static int use_certificates(
	struct lws_context_creation_info *info, const struct settings *s, struct err *e)
{
	const char *ca_file = settings_text(s, "exchange", "ca_file");

	info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (!*ca_file)
		return 0;
	/* The library would go on without them and then trust nobody. */
	if (access(ca_file, R_OK) < 0)
		return err_set(e, "exchange.ca_file: cannot read certificates '%s': %s", ca_file,
			strerror(errno));
	info->options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	info->client_ssl_ca_filepath = ca_file;
	return 0;
}

static void wake(void *loop)
{
	feed_loop_wake(loop);
}

struct feed_loop *feed_loop_new(const struct settings *s, size_t sockets, struct err *e)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = feed_socket_protocols(),
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.fd_limit_per_thread = (unsigned)sockets + 8,
		.pt_serv_buf_size = FEED_READ_BYTES,
		.timeout_secs = CONNECT_S,
		.connect_timeout_secs = CONNECT_S,
	};
	struct timed_loop *t = calloc(1, sizeof(*t));
	struct feed_loop *l = &t->loop;

	if (!t) {
		err_set(e, "no memory");
		return NULL;
	}
	feed_attempts_init(&l->attempts);
	l->host = settings_text(s, "exchange", "host");
	l->port = (int)settings_int(s, "exchange", "port");
	l->tls = settings_bool(s, "exchange", "tls");
	if (l->tls && use_certificates(&info, s, e) < 0) {
		free(t);
		return NULL;
	}
	lws_set_log_level(LLL_ERR | LLL_WARN, log_library);
	l->context = lws_create_context(&info);
	if (!l->context) {
		err_set(e, "libwebsockets does not start");
		free(t);
		return NULL;
	}
	l->resolver = feed_resolver_new(l->host, wake, l, e);
	if (!l->resolver) {
		feed_loop_free(l);
		return NULL;
	}
	feed_attempts_open(&l->attempts, s);
	return l;
}

void feed_loop_free(struct feed_loop *l)
{
	if (!l)
		return;
	feed_resolver_free(l->resolver);
	lws_context_destroy(l->context);
	feed_attempts_done(&l->attempts);
	free(l); /* with its timer */
}

/* Waking is all it is for. It sets itself anew, because one that is due before the library begins to wait does not end that
 * wait, which then lasts until the library's own next timer: half a minute. */
static void time_is_up(lws_sorted_usec_list_t *timer)
{
	struct timed_loop *t = lws_container_of(timer, struct timed_loop, timer);
	lws_sul_schedule(t->loop.context, 0, timer, time_is_up, RUN_AGAIN_US);
}

void feed_loop_run(struct feed_loop *l, int64_t wait_us)
{
	struct timed_loop *t = lws_container_of(l, struct timed_loop, loop);
	lws_sul_schedule(l->context, 0, &t->timer, time_is_up, wait_us);
	lws_service(l->context, 0);
}

void feed_loop_wake(struct feed_loop *l)
{
	lws_cancel_service(l->context);
}
