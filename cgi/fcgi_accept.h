/*
 * fcgi_accept: taking connections from the listening socket, and pausing while descriptors are short. Owned by the epoll thread.
 *
 * The socket may be shared by several processes (spawn-fcgi, multiwatch): it is non-blocking, who comes late gets nothing.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fcgi_accept {
	int epoll_fd, listen_fd;
	size_t conns_max; /* connections that the process' descriptors allow */
	bool watching;
	int64_t again_us; /* monotonic: when to watch again after a pause; 0 = not paused */
};

/* Whether `fd` is a listening socket (FastCGI) or anything else (CGI). */
bool fcgi_accept_is_listening(int fd);
/* Makes the socket non-blocking; not watching yet. */
must_check int fcgi_accept_init(struct fcgi_accept *a, int epoll_fd, int listen_fd, struct err *e);
/* Watches the socket in the epoll set (its events carry data.ptr NULL) or no longer; both end a pause. */
must_check int fcgi_accept_watch(struct fcgi_accept *a, bool on, struct err *e);
/* Watches again if a pause is over. */
must_check int fcgi_accept_tick(struct fcgi_accept *a, int64_t now_us, struct err *e);
/* A new connection in *fd, blocking, reads timing out after 2 s: 1. None now, or paused because there are `conns` already or no descriptors:
 * 0. The socket is of no use any more: -1. */
must_check int fcgi_accept_next(struct fcgi_accept *a, size_t conns, int *fd, struct err *e);
