#include "chart_cache.h"
#include "clock.h"
#include "metrics.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* uthash.h asks for it: a table that cannot grow stays as it is. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define GAP_GROWS_US SECOND_US /* a growing gap at the end is told anew after */

METRIC_COUNTER(hits, "pricegraph_chart_cache_hits_total", "Answers that were there already.");
METRIC_COUNTER(misses, "pricegraph_chart_cache_misses_total", "Answers that had to be made.");
METRIC_COUNTER(joined, "pricegraph_chart_cache_joined_total",
	"Answers that somebody else was making already.");
METRIC_COUNTER(told_old, "pricegraph_chart_cache_before_total",
	"Answers of before that were told while they are made anew.");
METRIC_COUNTER(evicted, "pricegraph_chart_cache_evicted_total",
	"Answers that were given up because the cache was full.");
METRIC_COUNTER(too_big, "pricegraph_chart_cache_refused_total", "Answers too big to be kept.");
METRIC_GAUGE(bytes_now, "pricegraph_chart_cache_bytes", "Bytes of answers that are kept.");
METRIC_GAUGE(entries_now, "pricegraph_chart_cache_entries", "Answers that are kept.");

struct slot {
	UT_hash_handle hh;
	struct chart_entry *ready, *making; /* held; NULL: none */
	struct slot *newer, *older;         /* by the last time somebody asked */
	size_t bytes;
	size_t key_len;
	char key[];
};

struct chart_cache {
	size_t bytes_max, entries_max;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t made;
	struct slot *slots;
	struct slot *newest, *oldest;
	size_t bytes, entries;
};

struct chart_cache *chart_cache_new(size_t bytes_max, size_t entries_max)
{
	struct chart_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->bytes_max = bytes_max;
	c->entries_max = entries_max;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->made, NULL);
	return c;
}

void chart_cache_let_go(struct chart_entry *e)
{
	if (!e || atomic_fetch_sub(&e->held, 1) > 1)
		return;
	buf_done(&e->answer.body);
	free(e);
}

static struct chart_entry *hold(struct chart_entry *e)
{
	if (e)
		atomic_fetch_add(&e->held, 1);
	return e;
}

static void unlink_locked(struct chart_cache *c, struct slot *s)
{
	*(s->newer ? &s->newer->older : &c->newest) = s->older;
	*(s->older ? &s->older->newer : &c->oldest) = s->newer;
	s->newer = s->older = NULL;
}

static void push_locked(struct chart_cache *c, struct slot *s)
{
	s->older = c->newest;
	s->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = s;
	c->newest = s;
}

static void count_locked(struct chart_cache *c, struct slot *s, size_t bytes)
{
	c->bytes += bytes - s->bytes;
	s->bytes = bytes;
	metric_set(&bytes_now, (int64_t)c->bytes);
	metric_set(&entries_now, (int64_t)c->entries);
}

static void drop_locked(struct chart_cache *c, struct slot *s)
{
	unlink_locked(c, s);
	HASH_DELETE(hh, c->slots, s);
	c->entries--;
	count_locked(c, s, 0);
	chart_cache_let_go(s->ready);
	free(s);
}

/* One that somebody is making stays: it is wanted. */
static void make_room_locked(struct chart_cache *c)
{
	struct slot *s = c->oldest, *newer;

	for (; s && (c->bytes > c->bytes_max || c->entries > c->entries_max); s = newer) {
		newer = s->newer;
		if (s->making)
			continue;
		metric_add(&evicted, 1);
		drop_locked(c, s);
	}
}

void chart_cache_free(struct chart_cache *c)
{
	if (!c)
		return;
	while (c->oldest)
		drop_locked(c, c->oldest);
	pthread_cond_destroy(&c->made);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct slot *find_locked(struct chart_cache *c, const struct chart_want *w)
{
	struct slot *s;

	HASH_FIND(hh, c->slots, w->key, w->key_len, s);
	if (s) {
		unlink_locked(c, s);
		push_locked(c, s);
	}
	return s;
}

static struct slot *find_or_add_locked(struct chart_cache *c, const struct chart_want *w)
{
	struct slot *s = find_locked(c, w);

	if (s)
		return s;
	s = calloc(1, sizeof(*s) + w->key_len + 1);
	if (!s)
		return NULL;
	memcpy(s->key, w->key, w->key_len);
	s->key_len = w->key_len;
	HASH_ADD_KEYPTR(hh, c->slots, s->key, s->key_len, s);
	if (!s->hh.tbl) { /* no memory for the table */
		free(s);
		return NULL;
	}
	push_locked(c, s);
	c->entries++;
	count_locked(c, s, sizeof(*s) + s->key_len + 1);
	return s;
}

/* Whether nothing was committed since in what it tells of. */
static bool is_unchanged(const struct chart_basis *b, const struct chart_beat *beat)
{
	return beat->known && b->epoch == beat->epoch && b->generation == beat->generation &&
	       chart_beat_revision(beat, b->partition) <= b->revision;
}

/* But for what was committed. */
static bool holds(const struct chart_entry *e)
{
	const struct chart_basis *b = &e->basis;
	int64_t wall_us = clock_wall_us();

	return clock_mono_us() - e->made_us <= CHART_CACHE_AGE_MAX_US && wall_us < e->until_us &&
	       chart_state_of(b->venue, &b->feed, b->as_of_us, wall_us).state == b->fresh.state;
}

static bool is_good_locked(struct chart_entry *e, const struct chart_want *w)
{
	if (!holds(e))
		return false;
	if (is_unchanged(&e->basis, w->beat)) {
		if (e->seen_us < w->beat->at_us)
			e->seen_us = w->beat->at_us;
		return true;
	}
	return clock_mono_us() - e->made_us < w->hold_us;
}

static bool may_be_told(const struct chart_entry *e, const struct chart_want *w)
{
	const struct chart_beat *beat = w->beat;

	return holds(e) && beat->known && e->basis.epoch == beat->epoch &&
	       e->basis.generation == beat->generation && clock_mono_us() - e->seen_us < w->old_us;
}

struct chart_entry *chart_cache_get(struct chart_cache *c, const struct chart_want *w, bool *old)
{
	struct chart_entry *e;
	struct slot *s;
	bool good;

	pthread_mutex_lock(&c->lock);
	s = find_locked(c, w);
	e = s ? s->ready : NULL;
	good = e && is_good_locked(e, w);
	*old = e && !good && may_be_told(e, w);
	e = good || *old ? hold(e) : NULL;
	pthread_mutex_unlock(&c->lock);
	if (e)
		metric_add(good ? &hits : &told_old, 1);
	return e;
}

struct chart_entry *chart_cache_last(struct chart_cache *c, const struct chart_want *w)
{
	struct chart_entry *e;
	struct slot *s;

	pthread_mutex_lock(&c->lock);
	s = find_locked(c, w);
	e = s ? hold(s->ready) : NULL;
	pthread_mutex_unlock(&c->lock);
	return e;
}

static struct chart_entry *new_entry(void)
{
	struct chart_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->made_us = e->seen_us = clock_mono_us();
	atomic_store(&e->held, 2); /* by the slot and by who makes it */
	return e;
}

static struct chart_entry *enter_locked(
	struct chart_cache *c, const struct chart_want *w, struct slot *s, bool *make)
{
	struct chart_entry *e;

	if (s->ready && is_good_locked(s->ready, w)) {
		metric_add(&hits, 1);
		return hold(s->ready);
	}
	if (s->making) {
		metric_add(&joined, 1);
		e = hold(s->making);
		while (!e->done)
			pthread_cond_wait(&c->made, &c->lock);
		return e;
	}
	metric_add(&misses, 1);
	*make = true;
	e = new_entry();
	s->making = e;
	if (!e && !s->ready)
		drop_locked(c, s);
	return e;
}

struct chart_entry *chart_cache_enter(struct chart_cache *c, const struct chart_want *w, bool *make)
{
	struct chart_entry *e = NULL;
	struct slot *s;

	*make = false;
	pthread_mutex_lock(&c->lock);
	s = find_or_add_locked(c, w);
	if (s)
		e = enter_locked(c, w, s, make);
	else
		*make = true;
	pthread_mutex_unlock(&c->lock);
	return e;
}

static void copy_answer(struct chart_entry *e, const struct answer *a, const struct chart_basis *b)
{
	struct buf *body = &e->answer.body;

	e->answer = *a;
	buf_init(body, a->body.len);
	body->data = malloc(
		a->body.len + 1); /* as much as it takes: buf_add would take up to twice that */
	body->failed = a->body.failed || body->data == NULL;
	if (!body->failed && a->body.len > 0) {
		memcpy(body->data, a->body.data, a->body.len);
		body->len = a->body.len;
	}
	if (body->data) {
		body->data[body->len] = '\0';
		body->room = a->body.len + 1;
	}
	e->basis = *b;
	e->until_us = chart_basis_until_us(b, clock_wall_us(), GAP_GROWS_US);
	e->good = a->status == 200 && b->known && !b->mixed && !e->answer.body.failed;
}

/* The slot's `making` becomes its `ready`, if it is worth it. */
static void keep_locked(struct chart_cache *c, struct slot *s, struct chart_entry *e)
{
	size_t bytes = sizeof(*s) + s->key_len + 1 + sizeof(*e) + e->answer.body.room;
	bool fits = bytes <= c->bytes_max / 8;

	s->making = NULL;
	if (e->good && fits) {
		chart_cache_let_go(s->ready);
		s->ready = e;
		count_locked(c, s, bytes);
		make_room_locked(c);
		return;
	}
	if (e->good)
		metric_add(&too_big, 1);
	/* A problem of ours leaves the last good one; another answer says that it is none any more. */
	if (!s->ready || e->answer.status < 500)
		drop_locked(c, s);
	chart_cache_let_go(e);
}

void chart_cache_made(struct chart_cache *c, const struct chart_want *w, struct chart_entry *e,
	const struct answer *a, const struct chart_basis *b)
{
	struct slot *s;

	copy_answer(e, a, b);
	pthread_mutex_lock(&c->lock);
	s = find_locked(c, w);
	e->done = true;
	keep_locked(c, s, e);
	pthread_cond_broadcast(&c->made);
	pthread_mutex_unlock(&c->lock);
}
