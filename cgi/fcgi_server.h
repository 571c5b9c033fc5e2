/*
 * fcgi_server: FastCGI over libfcgi: kept connections, a bounded pool of workers, and parked requests.
 *
 * One epoll thread owns the listening socket (fd 0), the idle kept connections and the parked descriptors; readable ones are
 * handed to a worker, which reads the request through libfcgi, calls the handler and answers or parks; but what the handler has
 * ready (`now`) the epoll thread answers itself. A parked request is a descriptor and the handler's context, nothing more. A
 * silent peer stalls one worker for a bounded time, never the epoll thread. When fd 0 is no listening socket, one plain CGI
 * request is served from the environment; a park then blocks.
 *
 * Memory: per connection about 150 bytes and what of its answer the peer has not taken yet; connections are bounded by the
 * descriptors of the process; requests that wait for a worker and parked ones have bounds, more are answered 429.
 */
#pragma once
#include "cors.h"
#include "err.h"
#include "request.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define FCGI_ANSWER_MAX (32u << 20) /* bytes of a body; a greater one becomes a 500 */

enum handled { HANDLED_ANSWER, HANDLED_PARK /* the request's descriptor now waits */ };

struct fcgi_park { /* how a request waits */
	int64_t wait_us;
	void *context; /* the handler's, opaque */
};

#define FCGI_READY_PIECES 4
struct fcgi_ready {         /* an answer that is there already */
	struct answer head; /* its body is not looked at: the pieces are the body */
	struct iovec pieces[FCGI_READY_PIECES];
	int count;
	char scratch[128]; /* for a piece that is made now */
	void *held;        /* the handler's, opaque */
};

struct fcgi_handler {
	/* On a worker thread; many at once, `worker` is in [0, workers). `rq` is lent until the return. Fills the answer (it
	 * comes empty, its body initialised), or sets *park and returns HANDLED_PARK. */
	enum handled (*handle)(void *arg, int worker, const struct request *rq, struct answer *a,
		struct fcgi_park *park);
	/* On the epoll thread: build the answer of a parked request, because it has just been parked (what happened between
	 * `handle` and now would be lost otherwise), was woken (fcgi_server_wake), or its wait is over or the server stops (`timed_out`; then
	 * it must answer). false = not yet, stay parked. May be NULL in a program that never parks, and so may `forget`. */
	bool (*resume)(void *arg, void *context, bool timed_out, struct answer *a);
	/* On the epoll thread: the parked request is over (answered, refused or its client left). */
	void (*forget)(void *arg, void *context);
	/* On the epoll thread, before a worker is asked: if the answer is there already, fills `out` and returns true; must not block, and be quick
	 * about it. The pieces stay until `now_done`, which follows. Both may be NULL. */
	bool (*now)(void *arg, const struct request *rq, struct fcgi_ready *out);
	void (*now_done)(void *arg, struct fcgi_ready *r);
	void *arg;
};

struct fcgi_server;
struct fcgi_config {
	int workers;
	int parked_max; /* requests that may be parked */
	int queue_max;  /* that may wait for a worker */
	/* The setting [web] prefix, e.g. "/" or "/pricegraph/"; a request whose path is not below it has the path "". */
	const char *prefix;
	const struct cors *cors; /* lent until fcgi_server_free; NULL: off */
};
/* NULL: `e` says why. SIGPIPE is ignored from then on; no other signal is touched. */
struct fcgi_server *fcgi_server_new(
	const struct fcgi_handler *h, const struct fcgi_config *config, struct err *e);
/* After fcgi_server_run returned, or if it was never called. NULL is fine. */
void fcgi_server_free(struct fcgi_server *s);
/* Runs on the calling thread until fcgi_server_stop, or in CGI mode until the request is answered. Then answers what is parked and waits
 * at most 3 s for what is being written. 0 or -1. */
must_check int fcgi_server_run(struct fcgi_server *s, struct err *e);
/* Any thread, async-signal-safe. */
void fcgi_server_stop(struct fcgi_server *s);
/* Any thread: the epoll thread calls `resume` for every parked request soon. Coalesced, never blocks. */
void fcgi_server_wake(struct fcgi_server *s);
