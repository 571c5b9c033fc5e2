/*
 * fcgi_server: FastCGI over libfcgi: kept connections, a bounded pool of workers, and parked requests (LIMITS.md, libfcgi).
 *
 * One epoll thread owns the listening socket (fd 0), the idle kept connections and the parked descriptors; readable ones are
 * handed to a worker, which reads the request through libfcgi, calls the handler and answers or parks. A silent peer stalls one worker for a
 * bounded time, never the epoll thread. When fd 0 is no socket, one plain CGI request is served from the environment and stdin.
 */
#pragma once
#include "err.h"
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

enum handled { HANDLED_ANSWER, HANDLED_PARK /* fcgi_server: the request's descriptor now waits, under `parked` */ };

struct fcgi_handler {
	/* On a worker thread; many at once. Fills the answer, or sets *wait_us and *context (the handler's, opaque) and returns HANDLED_PARK. */
	enum handled (*handle)(void *arg, int worker, const struct request *rq, struct answer *a, int64_t *wait_us, void **context);
	/* On the epoll thread: build the answer of a parked request, because it was woken (fcgi_server_wake) or its wait is over. false = not yet, stay parked. */
	bool (*resume)(void *arg, void *context, bool timed_out, struct answer *a);
	/* On the epoll thread: the parked request is over (answered or its client left). */
	void (*forget)(void *arg, void *context);
	void *arg;
};

struct fcgi_server;
struct fcgi_server *fcgi_server_new(const struct fcgi_handler *h, int workers, int parked_max, struct err *e);
void fcgi_server_free(struct fcgi_server *s);
/* Runs until fcgi_server_stop (async-signal-safe). 0 or -1. */
int fcgi_server_run(struct fcgi_server *s, struct err *e);
void fcgi_server_stop(struct fcgi_server *s);
/* Any thread: the epoll thread calls `resume` for every parked request soon. Coalesced, never blocks. */
void fcgi_server_wake(struct fcgi_server *s);
