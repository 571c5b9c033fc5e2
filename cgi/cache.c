#include "cache.h"
#include "cache_internal.h"
#include "clock.h"
#include "metrics.h"
#include "topic.h"
#include <stdlib.h>
#include <string.h>

#define EARLY_US SECOND_US /* a second is known if T was read this much before its start */
#define FUTURE_US HOUR_US  /* the sink quarantines events this far ahead of the venue's clock */
#define SPARE_SECONDS 120  /* kept beyond keep_us while as_of stands still */
#define SCRATCH_MAX 4096

METRIC_COUNTER(events, "pricegraph_live_events_total", "events read");
METRIC_COUNTER(
	repeats, "pricegraph_live_repeats_total", "exact repeats and older versions dropped");
METRIC_COUNTER(late, "pricegraph_live_late_total", "events of settled seconds: the revision tells");
METRIC_COUNTER(
	unknown, "pricegraph_live_unknown_total", "events of seconds that are not known whole");
METRIC_COUNTER(future, "pricegraph_live_future_total", "events an hour ahead of the venue's clock");
METRIC_COUNTER(refused, "pricegraph_live_refused_total",
	"events of symbols beyond the limit, or in a foreign partition");
METRIC_COUNTER(shrunk, "pricegraph_live_shrunk_total",
	"times that the cache gave up half because of its bound in bytes");
METRIC_GAUGE(bytes_now, "pricegraph_live_cache_bytes", "size of the cached seconds");
METRIC_GAUGE(symbols_now, "pricegraph_live_symbols", "symbols heard of");

struct cache *cache_new(const struct cache_limits *limits, const char *venue)
{
	struct cache *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->limits = *limits;
	c->venue = strdup(venue);
	if (c->venue == NULL) {
		free(c);
		return NULL;
	}
	c->epoch = -1;
	buf_init(&c->scratch, SCRATCH_MAX);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		for (int k = 0; k < STREAM_COUNT; k++)
			cache_sessions_done(&c->parts[p].sessions[k]);
		while (c->parts[p].symbols != NULL) {
			struct cache_symbol *s = c->parts[p].symbols;
			c->parts[p].symbols = s->next_in_partition;
			cache_symbol_free(s);
		}
	}
	pthread_mutex_destroy(&c->lock);
	buf_done(&c->scratch);
	free(c->venue);
	free(c);
}

static size_t hash(const char *name)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */
	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return (size_t)(h % CACHE_HASH);
}

static struct cache_symbol *find_locked(struct cache *c, const char *name)
{
	struct cache_symbol *s = c->hash[hash(name)];
	while (s != NULL && strcmp(s->name, name) != 0)
		s = s->next_in_hash;
	return s;
}

/* NULL: too many, no memory, or `partition` is not where this symbol belongs. */
static struct cache_symbol *get_locked(struct cache *c, const char *name, int partition)
{
	struct cache_symbol *s = find_locked(c, name);
	if (s != NULL)
		return s->partition == partition ? s : NULL;
	if (c->symbol_count >= CACHE_SYMBOLS_MAX ||
		topic_partition(name, strlen(name)) != partition)
		return NULL;
	s = cache_symbol_new(name, partition);
	if (s == NULL)
		return NULL;
	size_t h = hash(name);
	s->next_in_hash = c->hash[h];
	c->hash[h] = s;
	s->next_in_partition = c->parts[partition].symbols;
	c->parts[partition].symbols = s;
	c->symbol_count++;
	metric_set(&symbols_now, (int64_t)c->symbol_count);
	return s;
}

void cache_begin(struct cache *c)
{
	pthread_mutex_lock(&c->lock);
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		struct cache_part *part = &c->parts[p];
		for (int k = 0; k < STREAM_COUNT; k++)
			cache_sessions_done(&part->sessions[k]);
		for (struct cache_symbol *s = part->symbols; s != NULL; s = s->next_in_partition)
			cache_symbol_reset(s);
		memset(part->in, 0, sizeof(part->in));
		part->known_us = INT64_MIN;
	}
	c->clock = (struct cache_clock){.produced_ms = 0};
	c->bytes = 0;
	c->warm = false;
	c->epoch = -1;
	c->version++;
	pthread_mutex_unlock(&c->lock);
}

void cache_begin_at(
	struct cache *c, int partition, enum stream_kind kind, const struct cache_start *start)
{
	/* Nobody misses a record that says nothing: a cursor from before there was the stream goes on. */
	bool all = start->whole || stream_table[kind].says == SAYS_NOTHING;

	pthread_mutex_lock(&c->lock);
	c->parts[partition].in[kind] = (struct cache_input){.next = start->offset,
		.low = start->low,
		.floor = all ? 0 : start->offset,
		.whole = start->whole,
		.high = start->offset};
	pthread_mutex_unlock(&c->lock);
}

static void read_to_locked(struct cache *c, const struct cache_place *at)
{
	c->parts[at->partition].in[at->kind].next = at->offset + 1;
}

void cache_skip(struct cache *c, const struct cache_place *at)
{
	pthread_mutex_lock(&c->lock);
	read_to_locked(c, at);
	pthread_mutex_unlock(&c->lock);
}

static size_t count_max(const struct cache *c)
{
	return (size_t)(c->limits.keep_us / SECOND_US) + SPARE_SECONDS;
}

/* The bound in bytes: each symbol gives up its older half. Floors rise, so nobody is told half the truth. */
static void shrink_locked(struct cache *c)
{
	if (c->bytes <= c->limits.bytes_max)
		return;
	metric_add(&shrunk, 1);
	c->bytes = 0;
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		for (struct cache_symbol *s = c->parts[p].symbols; s != NULL;
			s = s->next_in_partition) {
			cache_ring_shrink(&s->ring, s->ring.count / 2);
			c->bytes += s->ring.bytes;
		}
	}
}

static bool take_locked(struct cache *c, struct cache_symbol *s, const struct cache_place *at,
	const struct event *ev)
{
	int64_t second_us = event_second_us(ev);
	if (stream_table[at->kind].says == SAYS_NOTHING)
		return false;
	if (s->as_of_us > 0 && s->as_of_us >= second_us + SECOND_US + c->limits.settle_us) {
		metric_add(&late, 1);
		return false;
	}
	if (second_us < c->parts[s->partition].known_us) {
		metric_add(&unknown, 1);
		cache_ring_miss(&s->ring, at->kind, at->offset);
		return false;
	}
	size_t before = s->ring.bytes;
	enum ring_taken taken = cache_ring_add(&s->ring, ev, at->offset, &c->scratch);
	cache_ring_shrink(&s->ring, count_max(c));
	c->bytes += s->ring.bytes - before;
	shrink_locked(c);
	switch (taken) {
	case RING_CHANGED:
		return true;
	case RING_SAME:
		return false;
	case RING_REPEAT:
		metric_add(&repeats, 1);
		return false;
	case RING_MISSED:
		metric_add(&unknown, 1);
		return true; /* who waits below the floor must hear of it */
	}
	return false;
}

bool cache_event(struct cache *c, const struct cache_place *at, const struct event *ev)
{
	bool news = false;
	pthread_mutex_lock(&c->lock);
	read_to_locked(c, at);
	metric_add(&events, 1);
	struct cache_symbol *s = get_locked(c, ev->symbol, at->partition);
	if (s == NULL)
		metric_add(&refused, 1);
	else if (c->clock.produced_ms > 0 && ev->event_us > c->clock.clock_us + FUTURE_US)
		metric_add(&future, 1);
	else
		news = take_locked(c, s, at, ev);
	c->version += news;
	metric_set(&bytes_now, (int64_t)c->bytes);
	pthread_mutex_unlock(&c->lock);
	return news;
}

struct partition_of {
	struct cache *cache;
	int partition;
};

static struct cache_symbol *get_symbol(void *arg, const char *name)
{
	const struct partition_of *where = arg;
	return get_locked(where->cache, name, where->partition);
}

/* True: as_of rose, so seconds are settled, and what is too old is given up. */
static bool advance_locked(struct cache *c, struct cache_symbol *s)
{
	size_t before = s->ring.bytes;
	if (!cache_symbol_advance(s))
		return false;
	cache_ring_settle(&s->ring, s->as_of_us - c->limits.settle_us);
	cache_ring_give_up(&s->ring, s->as_of_us - c->limits.keep_us);
	c->bytes += s->ring.bytes - before;
	return true;
}

bool cache_control(struct cache *c, const struct cache_place *at, const struct control *control)
{
	struct partition_of where = {.cache = c, .partition = at->partition};
	struct symbol_source source = {.get = get_symbol, .arg = &where};
	struct cache_part *part = &c->parts[at->partition];
	bool rose = false;

	pthread_mutex_lock(&c->lock);
	read_to_locked(c, at);
	struct cache_input *in = &part->in[at->kind];
	if (!in->controlled) {
		in->controlled = true;
		in->first_t_us = control->t_us;
	}
	struct session_record record = {
		.control = control, .kind = at->kind, .produced_ms = at->produced_ms};
	if (cache_sessions_take(&part->sessions[at->kind], &record, &source, part->symbols) != 0)
		metric_add(&refused, 1);
	if (at->produced_ms >= c->clock.produced_ms)
		c->clock = (struct cache_clock){.produced_ms = at->produced_ms,
			.clock_us = control->clock_us,
			.speed = control->speed};
	for (struct cache_symbol *s = part->symbols; c->warm && s != NULL; s = s->next_in_partition)
		if (advance_locked(c, s)) {
			s->rose[at->kind] = at->offset;
			rose = true;
		}
	c->version++;
	pthread_mutex_unlock(&c->lock);
	return rose;
}

/* From when on the partition's seconds are known whole. */
static int64_t known_from(const struct cache_part *part)
{
	int64_t from_us = INT64_MIN;
	for (int k = 0; k < STREAM_COUNT; k++) {
		const struct cache_input *in = &part->in[k];
		if (!in->whole && in->controlled && in->first_t_us + EARLY_US > from_us)
			from_us = in->first_t_us + EARLY_US;
	}
	return from_us;
}

/* One topic may have been read to its end before another was begun: which streams a symbol has, and so what is settled, is known only now. */
static void warm_locked(struct cache *c, const struct cache_part *part, struct cache_symbol *s)
{
	size_t before = s->ring.bytes;
	cache_ring_give_up(&s->ring, part->known_us);
	c->bytes += s->ring.bytes - before;
	if (!advance_locked(c, s))
		return;
	for (int k = 0; k < STREAM_COUNT; k++)
		if (s->stream[k].subscribed)
			s->rose[k] = part->in[k].next - 1;
}

void cache_warm(struct cache *c)
{
	pthread_mutex_lock(&c->lock);
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		struct cache_part *part = &c->parts[p];
		part->known_us = known_from(part);
		for (struct cache_symbol *s = part->symbols; s != NULL; s = s->next_in_partition)
			warm_locked(c, part, s);
	}
	c->warm = true;
	c->version++;
	pthread_mutex_unlock(&c->lock);
}

bool cache_epoch(struct cache *c, int64_t epoch)
{
	pthread_mutex_lock(&c->lock);
	bool again = c->warm && c->epoch >= 0 && epoch > c->epoch;
	if (epoch > c->epoch) {
		c->epoch = epoch;
		c->version++;
	}
	pthread_mutex_unlock(&c->lock);
	return again;
}

void cache_revision(struct cache *c, const char *symbol, int64_t generation, int64_t number)
{
	pthread_mutex_lock(&c->lock);
	struct cache_symbol *s = get_locked(c, symbol, topic_partition(symbol, strlen(symbol)));
	if (s != NULL && (generation > s->generation ||
				 (generation == s->generation && number > s->revision))) {
		s->generation = generation;
		s->revision = number;
		c->version++;
	}
	pthread_mutex_unlock(&c->lock);
}

struct cache_symbol *cache_find(struct cache *c, const char *name)
{
	pthread_mutex_lock(&c->lock);
	struct cache_symbol *s = find_locked(c, name);
	pthread_mutex_unlock(&c->lock);
	return s;
}

const char *cache_symbol_name(const struct cache_symbol *s)
{
	return s->name;
}

int cache_symbol_partition(const struct cache_symbol *s)
{
	return s->partition;
}

uint64_t cache_version(struct cache *c)
{
	pthread_mutex_lock(&c->lock);
	uint64_t version = c->version;
	pthread_mutex_unlock(&c->lock);
	return version;
}
