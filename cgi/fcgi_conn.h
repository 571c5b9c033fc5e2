/*
 * fcgi_conn: one connection of the web server, and lists of them.
 *
 * Owned by the epoll thread, or by one worker between fcgi_pool_give and the pool's `done`; never by both.
 */
#pragma once
#include "buf.h"
#include "fcgi_server.h"
#include "request.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conn_state {
	CONN_IDLE,    /* between two requests */
	CONN_BUSY,    /* a worker has it */
	CONN_PARKED,  /* its request waits */
	CONN_WRITING, /* the peer has not taken the whole answer yet: `out` */
	CONN_DEAD,    /* to be closed */
};

struct conn {
	int fd; /* -1: closed already */
	enum conn_state state;
	uint16_t request_id;
	bool keep;           /* the peer keeps it open behind the answer */
	bool head_only;      /* the request is a HEAD */
	const char *more;    /* header lines of its answer (cors.h), or NULL */
	int64_t deadline_us; /* monotonic: parked, when its wait is over; writing, when we give up */
	struct fcgi_park park; /* while parked */
	char *out;             /* what is unsent of the answer: out[out_sent..out_len) */
	size_t out_len, out_sent;
	struct conn *prev, *next; /* in the list of its state */
	struct conn *queue_next;  /* in the pool's queue, or on the way back */
};

struct conn_list {
	struct conn *first;
	size_t count;
};

/* Takes the descriptor. NULL: no memory, descriptor closed. */
struct conn *fcgi_conn_new(int fd);
/* Closes it too. Not in any list any more. */
void fcgi_conn_free(struct conn *c);
/* Sends the answer of its request as one block without blocking; what the peer does not take now is kept in `out`. The state
 * becomes CONN_IDLE, CONN_WRITING or CONN_DEAD (also when the connection is not kept and all is sent). `http` and `block` are scratch. */
void fcgi_conn_answer(struct conn *c, const struct answer *a, struct buf *http, struct buf *block);
/* Sends the `len` bytes of a whole answer without blocking; the rest as above. */
void fcgi_conn_send(struct conn *c, const struct iovec *v, int count, size_t len);
/* Empties a scratch buffer for the next answer; what a rare great answer has made it grow to is given back. */
void fcgi_conn_empty(struct buf *b);
/* Goes on with CONN_WRITING; the state as above. */
void fcgi_conn_write(struct conn *c);

void fcgi_conn_list_add(struct conn_list *l, struct conn *c);
void fcgi_conn_list_remove(struct conn_list *l, struct conn *c);
