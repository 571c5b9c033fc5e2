#include "fcgi_loop.h"
#include "clock.h"
#include "fcgi_now.h"
#include "metrics.h"
#include "problem.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define ACCEPTS_AT_ONCE 64
#define WRITE_TIMEOUT_US (30 * SECOND_US)
#define SCAN_EVERY_US (50 * MS_US) /* the coarsest that a wait's end is noticed */
#define STOP_WAIT_US (3 * SECOND_US)

METRIC_GAUGE(connections, "pricegraph_fcgi_connections", "open connections of the web server");
METRIC_GAUGE(parked_now, "pricegraph_fcgi_parked", "parked requests");
METRIC_GAUGE(parked_most, "pricegraph_fcgi_parked_max", "most parked requests at once");
METRIC_COUNTER(refused, "pricegraph_fcgi_refused_total",
	"requests answered 429 because too many were parked");
METRIC_COUNTER(left_early, "pricegraph_fcgi_left_total", "clients that left while parked");
METRIC_COUNTER(stuck, "pricegraph_fcgi_stuck_total",
	"connections closed because the peer did not take its answer");

static void drop(struct fcgi_server *s, struct conn *c)
{
	fcgi_conn_free(c);
	s->conns--;
	metric_set(&connections, (int64_t)s->conns);
}

static void due_at(struct fcgi_server *s, int64_t at_us)
{
	if (s->scan_us == 0 || at_us < s->scan_us)
		s->scan_us = at_us;
}

/* Puts a connection that is in no list where its state belongs. */
static void place(struct fcgi_server *s, struct conn *c)
{
	uint32_t events = EPOLLIN | EPOLLRDHUP;
	struct conn_list *list = NULL;
	switch (c->state) {
	case CONN_IDLE:
		list = s->draining ? NULL : &s->idle;
		break;
	case CONN_PARKED:
		list = &s->parked;
		break;
	case CONN_WRITING:
		list = &s->writing;
		events = EPOLLOUT;
		c->deadline_us = clock_mono_us() + WRITE_TIMEOUT_US;
		break;
	case CONN_BUSY:
	case CONN_DEAD:
		break;
	}
	struct epoll_event ev = {.events = events | EPOLLONESHOT, .data.ptr = c};
	if (list == NULL || epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev) != 0) {
		if (c->state == CONN_PARKED)
			s->handler.forget(s->handler.arg, c->park.context);
		drop(s, c);
		return;
	}
	fcgi_conn_list_add(list, c);
	if (c->state != CONN_IDLE)
		due_at(s, c->deadline_us);
}

/* Answers a parked request, which is in no list, with what is in s->answer. */
static void answer_parked(struct fcgi_server *s, struct conn *c)
{
	s->handler.forget(s->handler.arg, c->park.context);
	c->park.context = NULL;
	fcgi_conn_answer(c, &s->answer, &s->http, &s->block);
	place(s, c);
}

/* Asks the handler for the answer; false: it stays parked. `c` is not in the list of the parked. */
static bool resume(struct fcgi_server *s, struct conn *c, bool timed_out)
{
	s->answer.status = 200;
	s->answer.content_type = "application/json";
	s->answer.etag[0] = s->answer.headers[0] = '\0';
	s->answer.more = c->more;
	fcgi_conn_empty(&s->answer.body);
	if (!s->handler.resume(s->handler.arg, c->park.context, timed_out, &s->answer))
		return false;
	answer_parked(s, c);
	return true;
}

static void park(struct fcgi_server *s, struct conn *c)
{
	if (s->parked.count >= s->parked_max) {
		metric_add(&refused, 1);
		fcgi_conn_empty(&s->answer.body);
		s->answer.etag[0] = s->answer.headers[0] = '\0';
		s->answer.more = c->more;
		problem_answer(
			&s->answer, PROBLEM_TOO_MANY, "too many requests are waiting already");
		answer_parked(s, c);
		return;
	}
	c->deadline_us = clock_mono_us() + c->park.wait_us;
	if (resume(s, c, s->draining))
		return;
	place(s, c);
	metric_set(&parked_now, (int64_t)s->parked.count);
	metric_max(&parked_most, (int64_t)s->parked.count);
}

static void take_back(struct fcgi_server *s)
{
	pthread_mutex_lock(&s->lock);
	struct conn *c = s->back;
	s->back = NULL;
	pthread_mutex_unlock(&s->lock);
	while (c != NULL) {
		struct conn *next = c->queue_next;
		s->busy--;
		if (c->state == CONN_PARKED)
			park(s, c);
		else
			place(s, c);
		c = next;
	}
}

static void resume_all(struct fcgi_server *s, bool timed_out)
{
	struct conn *next;
	for (struct conn *c = s->parked.first; c != NULL; c = next) {
		next = c->next;
		/* `resume` needs it out of its list; one that stays goes to the front, behind us. */
		fcgi_conn_list_remove(&s->parked, c);
		if (!resume(s, c, timed_out))
			fcgi_conn_list_add(&s->parked, c);
	}
	metric_set(&parked_now, (int64_t)s->parked.count);
}

/* Ends the waits that are over and gives up peers that do not read; finds out when to look again. */
static void scan(struct fcgi_server *s, int64_t now_us)
{
	struct conn *next;
	if (s->scan_us == 0 || now_us < s->scan_us)
		return;
	s->scan_us = 0;
	for (struct conn *c = s->parked.first; c != NULL; c = next) {
		next = c->next;
		if (c->deadline_us > now_us) {
			due_at(s, c->deadline_us);
			continue;
		}
		fcgi_conn_list_remove(&s->parked, c);
		if (!resume(s, c, true))
			answer_parked(s, c);
	}
	for (struct conn *c = s->writing.first; c != NULL; c = next) {
		next = c->next;
		if (c->deadline_us > now_us) {
			due_at(s, c->deadline_us);
			continue;
		}
		metric_add(&stuck, 1);
		fcgi_conn_list_remove(&s->writing, c);
		drop(s, c);
	}
	if (s->scan_us != 0 && s->scan_us < now_us + SCAN_EVERY_US)
		s->scan_us = now_us + SCAN_EVERY_US;
	metric_set(&parked_now, (int64_t)s->parked.count);
}

static void accepted(struct fcgi_server *s, int fd)
{
	struct conn *c = fcgi_conn_new(fd);
	if (c == NULL)
		return;
	s->conns++;
	metric_set(&connections, (int64_t)s->conns);
	c->state = CONN_IDLE;
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = c};
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		drop(s, c);
	else
		fcgi_conn_list_add(&s->idle, c);
}

/* -1: the listening socket is of no use any more. */
static int accept_some(struct fcgi_server *s, struct err *e)
{
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd;
		int rc = fcgi_accept_next(&s->accept, s->conns, &fd, e);
		if (rc <= 0)
			return rc;
		accepted(s, fd);
	}
	return 0;
}

static void idle_event(struct fcgi_server *s, struct conn *c, uint32_t events)
{
	char byte;
	fcgi_conn_list_remove(&s->idle, c);
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) &&
		recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
		drop(s, c);
		return;
	}
	if (s->handler.now != NULL &&
		fcgi_now(&(struct fcgi_now_server){&s->handler, s->prefix, s->cors, &s->http}, c)) {
		place(s, c);
		return;
	}
	c->state = CONN_BUSY;
	s->busy++;
	fcgi_pool_give(s->pool, c);
}

static void conn_event(struct fcgi_server *s, struct conn *c, uint32_t events)
{
	switch (c->state) {
	case CONN_IDLE:
		idle_event(s, c, events);
		break;
	case CONN_PARKED: /* a web server sends nothing here but its good-bye */
		metric_add(&left_early, 1);
		fcgi_conn_list_remove(&s->parked, c);
		metric_set(&parked_now, (int64_t)s->parked.count);
		s->handler.forget(s->handler.arg, c->park.context);
		drop(s, c);
		break;
	case CONN_WRITING:
		fcgi_conn_list_remove(&s->writing, c);
		fcgi_conn_write(c);
		place(s, c);
		break;
	case CONN_BUSY:
	case CONN_DEAD:
		break;
	}
}

static int timeout_ms(const struct fcgi_server *s, int64_t now_us, int64_t stop_us)
{
	int64_t at_us = INT64_MAX;
	if (s->scan_us != 0)
		at_us = s->scan_us;
	if (s->accept.again_us != 0 && s->accept.again_us < at_us)
		at_us = s->accept.again_us;
	if (s->draining && stop_us < at_us)
		at_us = stop_us;
	if (at_us == INT64_MAX)
		return -1;
	return at_us <= now_us ? 0 : (int)((at_us - now_us) / MS_US + 1);
}

static int begin_draining(struct fcgi_server *s, struct err *e)
{
	s->draining = true;
	if (fcgi_accept_watch(&s->accept, false, e) != 0)
		return -1;
	while (s->idle.first != NULL) {
		struct conn *c = s->idle.first;
		fcgi_conn_list_remove(&s->idle, c);
		drop(s, c);
	}
	resume_all(s, true);
	return 0;
}

static int serve_events(
	struct fcgi_server *s, const struct epoll_event *events, int count, struct err *e)
{
	bool back = false;
	for (int i = 0; i < count; i++) {
		void *who = events[i].data.ptr;
		uint64_t rung;
		if (who == s)
			back = read(s->event_fd, &rung, sizeof(rung)) > 0;
		else if (who != NULL)
			conn_event(s, who, events[i].events);
		else if (!s->draining && accept_some(s, e) != 0)
			return -1;
	}
	if (back)
		take_back(s);
	if (atomic_exchange(&s->woken, false))
		resume_all(s, s->draining);
	return 0;
}

int fcgi_loop_run(struct fcgi_server *s, struct err *e)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t stop_us = INT64_MAX;
	for (;;) {
		int64_t now_us = clock_mono_us();
		if (atomic_load(&s->stopping) && !s->draining) {
			stop_us = now_us + STOP_WAIT_US;
			if (begin_draining(s, e) != 0)
				return -1;
		}
		if (s->draining &&
			((s->busy == 0 && s->writing.first == NULL) || now_us >= stop_us))
			return 0;
		if (fcgi_accept_tick(&s->accept, now_us, e) != 0)
			return -1;
		scan(s, now_us);
		int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, timeout_ms(s, now_us, stop_us));
		if (n < 0 && errno != EINTR)
			return err_set(e, "cannot wait for connections: %s", strerror(errno));
		if (n > 0 && serve_events(s, events, n, e) != 0)
			return -1;
	}
}
