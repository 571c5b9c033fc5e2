/*
 * cache_internal: the cache's parts, for cache.c (filling) and cache_poll.c (asking) alone. `lock` guards all of it.
 */
#pragma once
#include "cache.h"
#include "cache_symbol.h"
#include "topic.h"
#include <pthread.h>

#define CACHE_HASH 4096

struct cache_input { /* one topic partition */
	int64_t next; /* offset of the next record: all before it, from the start of the reading on, was read */
	int64_t low;     /* low watermark when the reading began */
	int64_t floor;   /* least cursor that the reading as such can continue */
	bool whole;      /* the reading began where the topic began */
	bool controlled; /* a control record was read; the T of the first: */
	int64_t first_t_us;
	int64_t high; /* as last asked of the brokers */
};

struct cache {
	pthread_mutex_t lock;
	struct cache_limits limits;
	char *venue;
	int64_t epoch; /* -1: not read yet */
	bool warm;
	uint64_t version, questions;
	struct cache_clock {
		int64_t produced_ms; /* of the newest control record; 0: none yet */
		int64_t clock_us;
		double speed;
	} clock;
	struct cache_part {
		struct cache_input in[STREAM_COUNT];
		struct cache_sessions sessions[STREAM_COUNT];
		struct cache_symbol *symbols;
		int64_t known_us;
		/* Questions for the high watermarks, by number: the last put, taken by the reader, and answered. */
		uint64_t high_wanted, high_taken, high_answered;
	} parts[TOPIC_PARTITIONS];
	struct cache_symbol *hash[CACHE_HASH];
	size_t symbol_count;
	size_t bytes;
	struct buf scratch;
};
