/*
 * cache_to_poll: the arrow from the cache to who asks: `api/v1/live` as a long poll.
 *
 * Threads: fcgi_server's workers (requests) and its epoll thread (parked ones). A poll is answered at once if there is anything
 * behind its cursor, else as soon as there is, else when as_of has risen behind its cursor and the poll is a second old (so that
 * the page can draw the quiet seconds), else when `wait` is over. While the cache is cold (it warms up, or no
 * epoch has been read) a poll waits at most 2 s for it, then gets a 503. `recovered` is true only if the poll's cursors were
 * continued; a poll without a cursor has nothing to continue. `closed` of an event means settled.
 */
#pragma once
#include "cache.h"
#include "err.h"
#include "fcgi_server.h"

struct cache_to_poll;
/* `workers` as fcgi_server has them. `cache` must outlive it. NULL: no memory. */
struct cache_to_poll *cache_to_poll_new(struct cache *cache, const char *venue, int workers);
/* After the server is freed. NULL is fine. */
void cache_to_poll_free(struct cache_to_poll *p);
/* What fcgi_server is to call. */
struct fcgi_handler cache_to_poll_handler(struct cache_to_poll *p);
