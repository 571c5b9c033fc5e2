/*
 * cache_ring: the newest seconds of one symbol, oldest first, and from which offsets on they are all that there is.
 *
 * Each second carries, per live topic, the offset of the last record that changed its visible candle. `floor` is the promise: a
 * reader whose cursor is at or above it in every topic gets, with cache_ring_print, every candle that changed behind its
 * cursor. Giving up a second raises the floor above what touched it. Once a second is settled only its text is kept
 * (about 250 bytes; an open one about 1.5 kB). Not thread-safe: the cache's lock guards it.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "event.h"
#include "second.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_second {
	int64_t open_us;
	int64_t touched[STREAM_COUNT]; /* -1: by none */
	struct second *open;           /* NULL once settled */
	char *text; /* the event's JSON up to "closed"; NULL: nothing visible yet */
	uint32_t text_len, bytes;
};

struct cache_ring {
	struct ring_second *at; /* at[first .. first + count), ascending */
	size_t first, count, room;
	size_t settled;      /* how many of the oldest are */
	size_t bytes;        /* of all seconds */
	int64_t given_up_us; /* the newest second given up opened then; INT64_MIN: none */
	int64_t floor[STREAM_COUNT];
	int64_t last[STREAM_COUNT]; /* greatest of all `touched` ever; -1: none */
};

enum ring_taken {
	RING_CHANGED, /* its second's visible candle is another one */
	RING_SAME,    /* taken in, but what is seen of its second is as before */
	RING_REPEAT,  /* an exact repeat or an older version */
	RING_MISSED, /* its second was given up, or no memory: not taken, the floor is above it now */
};

void cache_ring_init(struct cache_ring *r);
void cache_ring_done(struct cache_ring *r);
/* Takes the event of an unsettled second in. `scratch` is the caller's, for formatting. */
enum ring_taken cache_ring_add(
	struct cache_ring *r, const struct event *ev, int64_t offset, struct buf *scratch);
/* The record at `offset` touched a second that this ring can't show: cursors at or below it can't be continued. */
void cache_ring_miss(struct cache_ring *r, enum stream_kind kind, int64_t offset);
/* Seconds that ended at or before `end_us` are settled. */
void cache_ring_settle(struct cache_ring *r, int64_t end_us);
/* Gives up the seconds that opened before `open_us`; the oldest until at most `count` are left. */
void cache_ring_give_up(struct cache_ring *r, int64_t open_us);
void cache_ring_shrink(struct cache_ring *r, size_t count);
/* Whether cursor `next` is at or above the floor; whether something changed behind it. */
bool cache_ring_reaches(const struct cache_ring *r, const int64_t next[STREAM_COUNT]);
bool cache_ring_has_news(const struct cache_ring *r, const int64_t next[STREAM_COUNT]);
/* Appends the candle events behind `next`, oldest first, or, with NULL, those of all unsettled seconds; separated by commas, also from what
 * stands in `out` already. */
void cache_ring_print(
	const struct cache_ring *r, const int64_t next[STREAM_COUNT], struct buf *out);
