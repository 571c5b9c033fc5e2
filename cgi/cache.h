/*
 * cache: the last minutes of every symbol's candles, as read from the live topics, and which cursors can be continued with
 * them.
 *
 * One reader thread fills it in the order of the partitions; any thread asks. Its own lock guards everything; no function
 * blocks for longer than copying an answer takes. A struct cache_symbol, once found, stays valid until cache_free.
 *
 * The rule: a record changes what a poll sees only if its second is unsettled when the record is read (of settled ones the
 * revision tells), and known: in each topic of its partition that was entered in the middle, a control record with T at
 * least 1 s before the second's start has been read. The first part of a reading, up to the topics' ends as they were at its start,
 * is the warm-up: nothing is answered before cache_warm.
 */
#pragma once
#include "buf.h"
#include "control.h"
#include "cursor.h"
#include "err.h"
#include "event.h"
#include <stdbool.h>
#include <stdint.h>

#define CACHE_SYMBOLS_MAX 20000 /* more are ignored and counted */
#define CACHE_WANTS_MAX 100     /* symbols of one poll */

struct cache_limits {
	int64_t keep_us; /* seconds older than as_of - keep are given up */
	int64_t settle_us;
	size_t bytes_max; /* of all seconds; beyond it every symbol gives up the older half of its own */
};

struct cache_place { /* where a record stood */
	int partition;
	enum stream_kind kind;
	int64_t offset;
	int64_t produced_ms;
};

struct cache_start { /* where a reading begins */
	int64_t offset;
	int64_t low; /* low watermark then */
	bool whole;  /* there was never anything before the offset */
};

struct cache;
struct cache_symbol;

/* NULL: no memory. */
struct cache *cache_new(const struct cache_limits *limits, const char *venue);
void cache_free(struct cache *c);

/* The reader's side: one thread. */

/* Forgets all but the symbols' names; cold until cache_warm. A new reading begins. */
void cache_begin(struct cache *c);
/* It begins there in this topic partition. */
void cache_begin_at(
	struct cache *c, int partition, enum stream_kind kind, const struct cache_start *start);
/* An event; a control record; a record that says nothing (unreadable, or nothing of ours). True: somebody may want to know at once. */
bool cache_event(struct cache *c, const struct cache_place *at, const struct event *ev);
bool cache_control(struct cache *c, const struct cache_place *at, const struct control *control);
void cache_skip(struct cache *c, const struct cache_place *at);
/* The warm-up is over: what is not known whole is given up, and as_of is known. Before, nothing is settled. */
void cache_warm(struct cache *c);
/* From the meta topic; the greater counts. An epoch that rises after cache_warm asks for a new reading: true. */
bool cache_epoch(struct cache *c, int64_t epoch);
void cache_revision(struct cache *c, const char *symbol, int64_t generation, int64_t number);
/* A partition whose high watermarks somebody needs, because a cursor is ahead of what was read; -1: none. Then all of them, as asked of
 * the brokers after that. */
int cache_high_wanted(struct cache *c);
void cache_high(struct cache *c, int partition, const int64_t high[STREAM_COUNT]);

/* The pollers' side: any thread. */

struct cache_want {
	struct cache_symbol *symbol;
	bool resumes; /* there is a cursor of this venue: the two below */
	int64_t epoch;
	int64_t next[STREAM_COUNT]; /* CURSOR_NONE: the low watermark */
};

/* NULL: never heard of it. `name` ends with '\0'. */
struct cache_symbol *cache_find(struct cache *c, const char *name);
const char *cache_symbol_name(const struct cache_symbol *s);
int cache_symbol_partition(const struct cache_symbol *s);

enum cache_look {
	CACHE_COLD,    /* nothing can be answered yet */
	CACHE_NOTHING, /* no news */
	CACHE_QUIET,   /* no events, but an as_of has risen behind its cursor */
	CACHE_AHEAD,   /* a cursor is ahead of what was read: wait */
	CACHE_NEWS,    /* answer: events, or a cursor that can't be continued */
};
/* What a poll would find. *asked is the poll's own, 0 at first. */
enum cache_look cache_look(
	struct cache *c, const struct cache_want *wants, size_t count, uint64_t *asked);

struct cache_reading {
	struct cursor cursor; /* of the symbols' partitions */
	bool recovered;       /* every cursor was continued; false also if there was none */
	bool stale, ended;    /* any symbol's feed is not alive; the recording of all has ended */
	int64_t lag_us;       /* of the symbol that lags most; -1: unknown */
	struct buf events;    /* JSON objects separated by commas */
	struct cache_news {
		int64_t as_of_us;             /* 0: unknown */
		int64_t generation, revision; /* -1: unknown */
	} news[CACHE_WANTS_MAX];
};
/* Fills the reading (its `events` is reset) with all events behind the wants; where one can't be continued, with the unsettled
 * seconds. False: the cache is cold. */
must_check bool cache_read(struct cache *c, const struct cache_want *wants, size_t count,
	int64_t wall_ms, struct cache_reading *out);
/* Rises with every change that a reading could show. */
uint64_t cache_version(struct cache *c);
