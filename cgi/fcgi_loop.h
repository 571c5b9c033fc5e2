/*
 * fcgi_loop: the epoll thread of fcgi_server: what happens to its connections. Private to fcgi_server.c, which sets up and tears down.
 */
#pragma once
#include "fcgi_accept.h"
#include "fcgi_conn.h"
#include "fcgi_pool.h"
#include "fcgi_server.h"
#include <pthread.h>
#include <stdatomic.h>

struct fcgi_server {
	struct fcgi_handler handler;
	char *prefix;
	const struct cors *cors; /* lent; NULL: off */
	size_t parked_max;
	bool cgi;
	int epoll_fd, event_fd;
	struct fcgi_pool *pool;
	/* Of the epoll thread. */
	struct fcgi_accept accept;
	struct conn_list idle, parked, writing;
	size_t conns, busy;
	bool draining;
	int64_t scan_us; /* monotonic: when to look at deadlines; 0 = there are none */
	struct answer answer;
	struct buf http, block;
	/* Between threads. */
	atomic_bool stopping, woken;
	pthread_mutex_t lock; /* guards back */
	struct conn *back;    /* what workers have given back */
};

/* Serves until s->stopping, then drains. The calling thread is the epoll thread. 0 or -1. */
must_check int fcgi_loop_run(struct fcgi_server *s, struct err *e);
