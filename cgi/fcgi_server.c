#include "fcgi_server.h"
#include "fcgi_cgi.h"
#include "fcgi_loop.h"
#include "fcgi_reader.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LISTEN_FD 0

static void ring(struct fcgi_server *s)
{
	uint64_t one = 1;
	ssize_t n = write(s->event_fd, &one, sizeof(one));
	(void)n; /* only EAGAIN is possible, and then it rings already */
}

void fcgi_server_stop(struct fcgi_server *s)
{
	atomic_store(&s->stopping, true);
	ring(s);
}

void fcgi_server_wake(struct fcgi_server *s)
{
	if (!atomic_exchange(&s->woken, true))
		ring(s);
}

/* On a worker. */
static void give_back(void *arg, struct conn *c)
{
	struct fcgi_server *s = arg;
	pthread_mutex_lock(&s->lock);
	bool first = s->back == NULL;
	c->queue_next = s->back;
	s->back = c;
	pthread_mutex_unlock(&s->lock);
	if (first)
		ring(s);
}

int fcgi_server_run(struct fcgi_server *s, struct err *e)
{
	struct fcgi_cgi cgi = {.handler = &s->handler,
		.prefix = s->prefix,
		.cors = s->cors,
		.wake_fd = s->event_fd,
		.stopping = &s->stopping,
		.woken = &s->woken};
	if (s->cgi)
		return fcgi_cgi_serve(&cgi, e);
	if (fcgi_accept_watch(&s->accept, true, e) != 0)
		return -1;
	return fcgi_loop_run(s, e);
}

static char *normal_prefix(const char *prefix)
{
	size_t len = strlen(prefix);
	char *out = malloc(len + 3);
	if (out == NULL)
		return NULL;
	snprintf(out, len + 3, "%s%s%s", prefix[0] == '/' ? "" : "/", prefix,
		len > 0 && prefix[len - 1] != '/' ? "/" : "");
	return out;
}

static int open_fastcgi(struct fcgi_server *s, const struct fcgi_config *config, struct err *e)
{
	struct fcgi_pool_owner owner = {.handler = &s->handler,
		.prefix = s->prefix,
		.cors = s->cors,
		.queue_max = (size_t)config->queue_max,
		.done = give_back,
		.arg = s};
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0 || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->event_fd, &ev) != 0)
		return err_set(e, "cannot set up epoll: %s", strerror(errno));
	if (fcgi_accept_init(&s->accept, s->epoll_fd, LISTEN_FD, e) != 0 ||
		fcgi_reader_start(e) != 0)
		return -1;
	s->pool = fcgi_pool_new(&owner, config->workers, e);
	return s->pool == NULL ? -1 : 0;
}

struct fcgi_server *fcgi_server_new(
	const struct fcgi_handler *h, const struct fcgi_config *config, struct err *e)
{
	struct fcgi_server *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		err_set(e, "no memory");
		return NULL;
	}
	s->handler = *h;
	s->cors = config->cors;
	s->parked_max = (size_t)config->parked_max;
	s->cgi = !fcgi_accept_is_listening(LISTEN_FD);
	s->epoll_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	buf_init(&s->answer.body, FCGI_ANSWER_MAX);
	buf_init(&s->http, FCGI_ANSWER_MAX + 4096);
	buf_init(&s->block, FCGI_ANSWER_MAX + 65536);
	s->prefix = normal_prefix(config->prefix);
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	if (s->prefix == NULL || s->event_fd < 0)
		err_set(e, "cannot set up the server: %s", strerror(errno));
	else if (s->cgi || open_fastcgi(s, config, e) == 0)
		return s;
	fcgi_server_free(s);
	return NULL;
}

static void free_list(struct fcgi_server *s, struct conn *first, bool back)
{
	while (first != NULL) {
		struct conn *next = back ? first->queue_next : first->next;
		if (first->state == CONN_PARKED)
			s->handler.forget(s->handler.arg, first->park.context);
		fcgi_conn_free(first);
		first = next;
	}
}

void fcgi_server_free(struct fcgi_server *s)
{
	if (s == NULL)
		return;
	fcgi_pool_free(s->pool);
	free_list(s, s->back, true);
	free_list(s, s->parked.first, false);
	free_list(s, s->idle.first, false);
	free_list(s, s->writing.first, false);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->event_fd >= 0)
		close(s->event_fd);
	pthread_mutex_destroy(&s->lock);
	buf_done(&s->answer.body);
	buf_done(&s->http);
	buf_done(&s->block);
	free(s->prefix);
	free(s);
}
