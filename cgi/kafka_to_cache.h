/*
 * kafka_to_cache: the arrow from the live topics and the meta topic into the cache, on its own thread "kafka".
 *
 * A reading begins `tail` before the newest record of each topic partition, so that it meets every session's symbols, and with meta
 * from its beginning; when it has come to where the topics ended at its start, the cache is warm. A reading that can't go on (an offset is gone, the
 * epoch rose) is begun anew; brokers that are away are waited for. Memory: the consumer's own bounded read-ahead.
 */
#pragma once
#include "cache.h"
#include "err.h"
#include "settings.h"

struct kafka_to_cache;
/* Starts the thread. `news(arg)` is called on it after the cache changed, at most every 20 ms, and once more when
 * nothing changed for a second after that. `s` and `cache` must outlive it. NULL: `e`
 * says why. */
struct kafka_to_cache *kafka_to_cache_start(const struct settings *s, struct cache *cache,
	void (*news)(void *arg), void *arg, struct err *e);
/* Ends and joins the thread (at most the second that a broker's answer may take), frees all. NULL is fine. */
void kafka_to_cache_stop(struct kafka_to_cache *k);
