/*
 * fcgi_now: the shortest way through fcgi_server: a request whose answer is there already is answered by the epoll thread itself. Private to
 * fcgi_loop.c.
 */
#pragma once
#include "fcgi_conn.h"
#include "fcgi_server.h"

struct fcgi_now_server { /* all lent */
	const struct fcgi_handler *handler;
	const char *prefix;
	const struct cors *cors;
	struct buf *http; /* scratch */
};

/* Looks at the request that has arrived on an idle connection. true: answered, the state is as fcgi_conn_answer leaves it. false: nothing
 * was taken from the connection; a worker has to do it. Never blocks. */
bool fcgi_now(const struct fcgi_now_server *s, struct conn *c);
