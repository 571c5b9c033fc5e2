/*
 * fcgi_cgi: one plain CGI request (RFC 3875): from the environment, to stdout. The calling thread does everything.
 */
#pragma once
#include "err.h"
#include "fcgi_server.h"
#include <stdatomic.h>

/* Answers the request; while it is parked, sleeps until `wake_fd` (an eventfd) is written, its wait is over, or *stopping. */
must_check int fcgi_cgi_serve(const struct fcgi_handler *h, const char *prefix, int wake_fd, const atomic_bool *stopping,
	struct err *e);
