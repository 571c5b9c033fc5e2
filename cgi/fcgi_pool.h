/*
 * fcgi_pool: the worker threads of fcgi_server. Each takes a readable connection, reads its request, calls the handler and sends the answer or
 * parks, then gives the connection back.
 *
 * The queue has a maximum. Policy when full: refuse: a thread of its own reads the request and answers 429, so that who comes too much learns it at
 * once, however busy the workers are.
 */
#pragma once
#include "fcgi_conn.h"
#include "fcgi_server.h"

struct fcgi_pool_owner {
	const struct fcgi_handler *handler; /* must outlive the pool */
	const char *prefix;                 /* likewise */
	const struct cors *cors;            /* likewise; NULL: off */
	size_t queue_max;                   /* connections that may wait for a worker */
	/* On a worker: the connection is the owner's again, its state says what to do with it. */
	void (*done)(void *arg, struct conn *c);
	void *arg;
};

struct fcgi_pool;
struct fcgi_pool *fcgi_pool_new(const struct fcgi_pool_owner *owner, int workers, struct err *e);
/* Any thread. Takes the connection until `done`. */
void fcgi_pool_give(struct fcgi_pool *p, struct conn *c);
/* Ends and joins the workers (what they do now is finished first), frees all. Connections still queued go to `done` as CONN_DEAD. NULL is fine. */
void fcgi_pool_free(struct fcgi_pool *p);
