/*
 * chart_cache: answers that were made before, shared by the threads that answer.
 *
 * An entry is good as long as a beat of the pulse (chart_pulse.h) says that nothing was committed since in what it tells of. Of what is wanted
 * by several at once one makes it, the others wait for it. Bounded by bytes and entries; policy when full: the one that was not asked for longest goes
 * first; what is greater than an eighth of the bytes is not kept. What an entry answers is never changed once made; it lives as long as somebody
 * holds it. Any thread.
 */
#pragma once
#include "chart_basis.h"
#include "chart_pulse.h"
#include "request.h"
#include <stdatomic.h>

#define CHART_CACHE_AGE_MAX_US                                                                     \
	10000000LL /* an entry is made anew after this, whatever was committed: retention commits nothing */

struct chart_entry {
	struct answer answer; /* 200: as it was made; its body is the entry's */
	struct chart_basis basis;
	int64_t made_us;  /* monotonic, before its snapshot */
	int64_t until_us; /* wall clock: chart_basis_until_us */
	/* Of the cache. */
	atomic_int held;
	bool done, good; /* made; with status 200 */
	int64_t seen_us; /* monotonic: when it was known last that nothing was committed since */
};

struct chart_cache;
struct chart_cache *chart_cache_new(size_t bytes_max, size_t entries_max);
/* Nobody holds an entry any more. NULL is fine. */
void chart_cache_free(struct chart_cache *c);

/* What a caller knows who asks for an entry. */
struct chart_want {
	const char *key;
	size_t key_len;
	const struct chart_beat *beat; /* not older than the bound of what may be answered */
	int64_t hold_us; /* an entry is good this long whatever was committed; 0: not */
	int64_t old_us;  /* how old that may be of which something was committed since */
};

/* The good entry, held, or NULL. Never waits. One that was good old_us ago is told too, as long as no other is made: *old, it should be made anew. */
struct chart_entry *chart_cache_get(struct chart_cache *c, const struct chart_want *w, bool *old);
/* The good entry only; if there is none: waits for who makes it (*make false: it may be any answer, also a problem), or tells the caller to make it: *make
 * true, then chart_cache_made must follow. NULL: no memory, nothing to do. */
struct chart_entry *chart_cache_enter(
	struct chart_cache *c, const struct chart_want *w, bool *make);
/* The caller, told by chart_cache_enter, has made the answer; it is copied. Still held by the caller. */
void chart_cache_made(struct chart_cache *c, const struct chart_want *w, struct chart_entry *e,
	const struct answer *a, const struct chart_basis *b);
/* The last good one, however old, held; NULL: none. */
struct chart_entry *chart_cache_last(struct chart_cache *c, const struct chart_want *w);
void chart_cache_let_go(struct chart_entry *e);
