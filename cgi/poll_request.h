/*
 * poll_request: what a poll asks for, from its query: symbols with their cursors, and how long to wait.
 */
#pragma once
#include "cache.h"
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

struct poll_request {
	int64_t wait_us;
	int64_t begun_us; /* monotonic: when it began to wait */
	uint64_t asked;   /* for cache_look */
	char *query;      /* kept while the cache is cold: symbols can't be found yet; else NULL */
	size_t count;
	struct cache_want wants[]; /* without padding that could differ: compared as bytes */
};

/* Checks everything but which symbols exist. 0, or -1 with `a` filled (400, 404, 405, 406). *wait_us: of `wait=`, else of "Prefer: wait=", else the default. */
int poll_request_check(const struct request *rq, int64_t *wait_us, struct answer *a);
/* Whether the request is for the counters of this process; then `a` is filled with them, or with why not. */
bool poll_request_metrics(const struct request *rq, struct answer *a);
/* One that holds the query until the cache is warm. NULL: no memory, `a` filled. */
struct poll_request *poll_request_keep(const char *query, struct answer *a);
/* The whole of it; `query` passed poll_request_check. NULL: `a` filled (400: unknown symbol, undecodable cursor). */
struct poll_request *poll_request_new(
	struct cache *cache, const char *venue, const char *query, struct answer *a);
void poll_request_free(struct poll_request *q);
