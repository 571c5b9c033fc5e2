/*
 * fcgi_cgi: one plain CGI request (RFC 3875): from the environment, to stdout. The calling thread does everything.
 */
#pragma once
#include "err.h"
#include "fcgi_server.h"
#include <stdatomic.h>

struct fcgi_cgi {
	const struct fcgi_handler *handler;
	const char *prefix;
	const struct cors *cors; /* NULL: off */
	int wake_fd;             /* an eventfd, non-blocking: written when the two below change */
	const atomic_bool *stopping;
	atomic_bool *woken; /* set by who wakes, reset here */
};

/* Answers the request; while it is parked, sleeps until it is woken, its wait is over, or *stopping. */
must_check int fcgi_cgi_serve(const struct fcgi_cgi *cgi, struct err *e);
