/*
 * cache_symbol: what the cache knows of one symbol, and the sessions of one topic partition that feed it.
 *
 * A symbol's as_of is the least, over the streams that a session subscribes it on, of the greatest T read of those sessions. It
 * never falls. Symbols live as long as the cache; not thread-safe: the cache's lock guards them.
 */
#pragma once
#include "cache_ring.h"
#include "control.h"
#include "event.h"

#define SESSION_FORGET_MS                                                                          \
	75000 /* a session names its symbols at least every 60 s; later it is gone */

struct cache_symbol {
	char name[SYMBOL_SIZE];
	int partition;
	struct cache_ring ring;
	struct symbol_stream {
		bool subscribed, ended;
		int64_t t_us;     /* greatest T of its sessions */
		int64_t moved_ms; /* when (wall) the record that raised it was produced */
	} stream[STREAM_COUNT];
	int64_t as_of_us;           /* 0: not known */
	int64_t rose[STREAM_COUNT]; /* offset of the last control record that raised it; -1: none */
	int64_t generation, revision; /* -1: not known */
	struct cache_symbol *next_in_hash, *next_in_partition;
};

struct cache_sessions {
	struct cache_session *first; /* newest first */
	size_t count;
};

/* A name's symbol, made if need be; NULL: no memory or too many. */
struct symbol_source {
	struct cache_symbol *(*get)(void *arg, const char *name);
	void *arg;
};

/* NULL: no memory. */
struct cache_symbol *cache_symbol_new(const char *name, int partition);
void cache_symbol_free(struct cache_symbol *s);
/* As if newly made, except for name, partition and lists. */
void cache_symbol_reset(struct cache_symbol *s);
/* Recomputes as_of; true if it rose. */
bool cache_symbol_advance(struct cache_symbol *s);

/* Forgets all sessions. */
void cache_sessions_done(struct cache_sessions *l);
struct session_record { /* a control record, and where it stood */
	const struct control *control;
	enum stream_kind kind;
	int64_t produced_ms;
};
/* Takes a control record in. `all` is the list of the partition's symbols by next_in_partition; the source's new ones may
 * be missing in it. Afterwards the symbols' stream parts are right; as_of is not recomputed. -1: no memory, the session's symbols are
 * incomplete. */
must_check int cache_sessions_take(struct cache_sessions *l, const struct session_record *r,
	const struct symbol_source *source, struct cache_symbol *all);
