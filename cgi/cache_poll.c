#include "cache.h"
#include "cache_internal.h"
#include "clock.h"

#define STALE_MS 10000

int cache_high_wanted(struct cache *c)
{
	int wanted = -1;
	pthread_mutex_lock(&c->lock);
	for (int p = 0; p < TOPIC_PARTITIONS && wanted < 0; p++) {
		struct cache_part *part = &c->parts[p];
		if (part->high_wanted <= part->high_answered)
			continue;
		part->high_taken = part->high_wanted;
		wanted = p;
	}
	pthread_mutex_unlock(&c->lock);
	return wanted;
}

void cache_high(struct cache *c, int partition, const int64_t high[STREAM_COUNT])
{
	pthread_mutex_lock(&c->lock);
	struct cache_part *part = &c->parts[partition];
	for (int k = 0; k < STREAM_COUNT; k++)
		part->in[k].high = high[k];
	part->high_answered = part->high_taken;
	c->version++;
	pthread_mutex_unlock(&c->lock);
}

/* The cursor with what it lacks filled in. */
static void places_of(
	const struct cache_part *part, const struct cache_want *w, int64_t next[STREAM_COUNT])
{
	for (int k = 0; k < STREAM_COUNT; k++)
		next[k] = w->next[k] == CURSOR_NONE ? part->in[k].low : w->next[k];
}

static bool is_continued(
	const struct cache *c, const struct cache_want *w, int64_t next[STREAM_COUNT])
{
	const struct cache_part *part = &c->parts[w->symbol->partition];
	if (!w->resumes || w->epoch != c->epoch)
		return false;
	places_of(part, w, next);
	for (int k = 0; k < STREAM_COUNT; k++)
		if (next[k] < part->in[k].floor)
			return false;
	return cache_ring_reaches(&w->symbol->ring, next);
}

static bool is_ahead(const struct cache_part *part, const int64_t next[STREAM_COUNT])
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (next[k] > part->in[k].next)
			return true;
	return false;
}

static bool is_above_high(const struct cache_part *part, const int64_t next[STREAM_COUNT])
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (next[k] > part->in[k].next && next[k] > part->in[k].high)
			return true;
	return false;
}

static enum cache_look news_of(const struct cache_symbol *s, const int64_t next[STREAM_COUNT])
{
	if (cache_ring_has_news(&s->ring, next))
		return CACHE_NEWS;
	for (int k = 0; k < STREAM_COUNT; k++)
		if (s->rose[k] >= 0 && s->rose[k] >= next[k])
			return CACHE_QUIET;
	return CACHE_NOTHING;
}

static enum cache_look look_at(struct cache *c, const struct cache_want *w, uint64_t *asked)
{
	struct cache_part *part = &c->parts[w->symbol->partition];
	int64_t next[STREAM_COUNT];
	if (!is_continued(c, w, next))
		return CACHE_NEWS;
	if (!is_ahead(part, next))
		return news_of(w->symbol, next);
	if (!is_above_high(part, next))
		return CACHE_AHEAD;
	/* The mark may be older than the cursor: ask, and judge by the answer. */
	if (*asked == 0)
		*asked = ++c->questions;
	if (part->high_answered >= *asked)
		return CACHE_NEWS;
	if (part->high_wanted < *asked)
		part->high_wanted = *asked;
	return CACHE_AHEAD;
}

enum cache_look cache_look(
	struct cache *c, const struct cache_want *wants, size_t count, uint64_t *asked)
{
	enum cache_look found = CACHE_NOTHING;
	pthread_mutex_lock(&c->lock);
	if (!c->warm || c->epoch < 0)
		found = CACHE_COLD;
	for (size_t i = 0; i < count && found != CACHE_COLD; i++) {
		enum cache_look one = look_at(c, &wants[i], asked);
		if (one > found)
			found = one;
	}
	pthread_mutex_unlock(&c->lock);
	return found;
}

static void read_health(const struct cache *c, const struct cache_symbol *s, int64_t wall_ms,
	struct cache_reading *out)
{
	int64_t moved_ms = INT64_MAX;
	bool ended = c->clock.produced_ms > 0 && c->clock.speed == 0;
	for (int k = 0; k < STREAM_COUNT; k++) {
		if (!s->stream[k].subscribed)
			continue;
		if (s->stream[k].moved_ms < moved_ms)
			moved_ms = s->stream[k].moved_ms;
		ended = ended && s->stream[k].ended;
	}
	if (moved_ms == INT64_MAX || wall_ms - moved_ms > STALE_MS)
		out->stale = true;
	if (moved_ms == INT64_MAX || !ended)
		out->ended = false;
}

static void read_lag(const struct cache *c, const struct cache_symbol *s, int64_t wall_ms,
	struct cache_reading *out)
{
	if (c->clock.produced_ms == 0 || s->as_of_us == 0)
		return;
	double since_us = (double)(wall_ms - c->clock.produced_ms) * MS_US * c->clock.speed;
	int64_t lag_us = c->clock.clock_us + (since_us > 0 ? (int64_t)since_us : 0) - s->as_of_us;
	if (lag_us < 0)
		lag_us = 0;
	if (lag_us > out->lag_us)
		out->lag_us = lag_us;
}

/* The partition's part of the new cursor: what was read, or, while all who asked are ahead of that, their own. */
static void read_cursor(
	const struct cache *c, const struct cache_want *w, bool continued, struct cursor *out)
{
	const struct cache_part *part = &c->parts[w->symbol->partition];
	struct cursor_part *to = &out->parts[w->symbol->partition];
	int64_t next[STREAM_COUNT];
	places_of(part, w, next);
	for (int k = 0; k < STREAM_COUNT; k++) {
		int64_t at = part->in[k].next;
		if (continued && next[k] > at)
			at = next[k];
		if (!to->present || at < to->next[k])
			to->next[k] = at;
	}
	to->present = true;
}

static void read_one(const struct cache *c, const struct cache_want *w, struct cache_reading *out)
{
	const struct cache_part *part = &c->parts[w->symbol->partition];
	int64_t next[STREAM_COUNT];
	bool continued = is_continued(c, w, next);
	if (continued && is_above_high(part, next) && part->high_answered >= part->high_wanted)
		continued = false;
	if (!continued)
		out->recovered = false;
	cache_ring_print(&w->symbol->ring, continued ? next : NULL, &out->events);
	read_cursor(c, w, continued, &out->cursor);
}

bool cache_read(struct cache *c, const struct cache_want *wants, size_t count, int64_t wall_ms,
	struct cache_reading *out)
{
	pthread_mutex_lock(&c->lock);
	if (!c->warm || c->epoch < 0) {
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	cursor_init(&out->cursor, c->venue, c->epoch);
	buf_reset(&out->events);
	out->recovered = out->ended = true;
	out->stale = false;
	out->lag_us = -1;
	for (size_t i = 0; i < count; i++) {
		const struct cache_symbol *s = wants[i].symbol;
		read_one(c, &wants[i], out);
		read_health(c, s, wall_ms, out);
		read_lag(c, s, wall_ms, out);
		out->news[i] = (struct cache_news){.as_of_us = s->as_of_us,
			.generation = s->generation,
			.revision = s->revision};
	}
	pthread_mutex_unlock(&c->lock);
	return true;
}
