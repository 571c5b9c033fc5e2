#include "kafka_to_cache.h"
#include "clock.h"
#include "control.h"
#include "kafka_consumer.h"
#include "kafka_tail.h"
#include "log.h"
#include "meta_record.h"
#include "metrics.h"
#include "retry.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH 1000
#define POLL_MS 100
#define NEWS_EVERY_US (20 * MS_US)
#define ECHO_US                                                                                    \
	SECOND_US /* polls that were too young for an as_of alone are a second old by then */
#define CATCH_UP_QUIET_US                                                                          \
	(3 * SECOND_US) /* so long without a record: a topic's last offsets hold none */
#define ASK_MS 1000
#define LOOK_EVERY_US (2 * SECOND_US) /* for topics that are not there yet */

METRIC_COUNTER(records, "pricegraph_live_records_total", "Kafka records read");
METRIC_COUNTER(bad, "pricegraph_live_bad_total", "Kafka records that could not be understood");
METRIC_COUNTER(readings, "pricegraph_live_readings_total",
	"readings begun: 1, and 1 for each that could not go on");

struct kafka_to_cache {
	const struct settings *settings;
	struct cache *cache;
	void (*news)(void *arg);
	void *arg;
	pthread_t thread;
	atomic_bool stopping;
	int stop_fd;
	/* Of the thread. */
	struct event_parser *events;
	struct meta_parser *meta;
	struct kafka_tail tail;
	bool untold, echoed, again;
	int64_t told_us, looked_us;
};

static void tell(struct kafka_to_cache *k)
{
	int64_t now_us = clock_mono_us(), since_us = now_us - k->told_us;
	bool echo = !k->untold && !k->echoed && since_us >= ECHO_US;
	if (!echo && (!k->untold || since_us < NEWS_EVERY_US))
		return;
	k->echoed = echo;
	k->untold = false;
	k->told_us = now_us;
	k->news(k->arg);
}

static void take_meta(struct kafka_to_cache *k, const struct kafka_record *r)
{
	struct meta_record m;
	struct err e;
	if (meta_parse(k->meta, r, &m, &e) != 0) {
		metric_add(&bad, 1);
		log_warn(
			"live_bad_meta", "offset=%lld reason=\"%s\"", (long long)r->offset, e.text);
		return;
	}
	switch (m.kind) {
	case META_EPOCH:
		k->again |= cache_epoch(k->cache, m.epoch);
		break;
	case META_REVISION:
		cache_revision(k->cache, m.symbol, m.generation, m.revision);
		break;
	case META_OTHER:
		break;
	}
	k->untold = true;
}

static void take_control(
	struct kafka_to_cache *k, const struct kafka_record *r, const struct cache_place *at)
{
	struct control c;
	struct err e;
	if (r->value == NULL || control_parse(&c, r->value, r->value_len, &e) != 0) {
		metric_add(&bad, 1);
		cache_skip(k->cache, at);
		log_warn("live_bad_control", "stream=%s partition=%d offset=%lld",
			stream_table[at->kind].name, at->partition, (long long)at->offset);
		return;
	}
	k->untold |= cache_control(k->cache, at, &c);
	control_done(&c);
}

static void take_event(
	struct kafka_to_cache *k, const struct kafka_record *r, const struct cache_place *at)
{
	struct event ev;
	struct err e = {{0}};
	if (r->value == NULL ||
		event_parse(k->events, at->kind, r->value, r->value_len, &ev, &e) != 0) {
		metric_add(&bad, 1);
		cache_skip(k->cache, at);
		log_warn("live_bad_event", "stream=%s partition=%d offset=%lld reason=\"%s\"",
			stream_table[at->kind].name, at->partition, (long long)at->offset, e.text);
		return;
	}
	k->untold |= cache_event(k->cache, at, &ev);
}

static void take(struct kafka_to_cache *k, const struct kafka_record *r)
{
	if (!kafka_tail_take(&k->tail, r))
		return;
	metric_add(&records, 1);
	if (r->tag == TAIL_META) {
		take_meta(k, r);
		return;
	}
	struct cache_place at = {.partition = r->partition,
		.kind = (enum stream_kind)r->tag,
		.offset = r->offset,
		.produced_ms = r->produced_ms};
	if (r->is_control)
		take_control(k, r, &at);
	else
		take_event(k, r, &at);
}

/* 0: go on. -1: the reading can't. */
static int read_some(
	struct kafka_to_cache *k, struct kafka_consumer *c, size_t *count, struct err *e)
{
	const struct kafka_record *r;
	int timeout_ms = k->untold ? (int)(NEWS_EVERY_US / MS_US) : POLL_MS;
	enum kafka_polled polled = kafka_consumer_poll(c, timeout_ms, BATCH, &r, count, e);
	switch (polled) {
	case KAFKA_RECORDS:
		for (size_t i = 0; i < *count; i++)
			take(k, &r[i]);
		break;
	case KAFKA_NOTHING:
		break;
	case KAFKA_OUT_OF_RANGE:
		return -1;
	case KAFKA_ERROR:
		log_warn("live_kafka", "reason=\"%s\"", e->text);
		break;
	}
	if (k->again)
		return err_set(e, "the epoch of the topics rose");
	tell(k);
	return 0;
}

static int catch_up(struct kafka_to_cache *k, struct kafka_consumer *c, struct err *e)
{
	int64_t heard_us = clock_mono_us();
	while (!kafka_tail_caught_up(&k->tail) && clock_mono_us() - heard_us < CATCH_UP_QUIET_US) {
		size_t count = 0;
		if (atomic_load(&k->stopping))
			return err_set(e, "stopped");
		if (read_some(k, c, &count, e) != 0)
			return -1;
		if (count > 0)
			heard_us = clock_mono_us();
	}
	return 0;
}

/* Somebody's cursor is ahead of us: is it ahead of the topics too? */
static void answer_high(struct kafka_to_cache *k, struct kafka_consumer *c)
{
	int64_t low, high[STREAM_COUNT];
	struct err e;
	int partition = cache_high_wanted(k->cache);
	if (partition < 0)
		return;
	for (int i = 0; i < STREAM_COUNT; i++) {
		high[i] = 0;
		if (!k->tail.absent[i] && kafka_consumer_watermarks(c, k->tail.names[i], partition,
						  ASK_MS, &low, &high[i], &e) != 0)
			return;
	}
	cache_high(k->cache, partition, high);
	k->untold = true;
}

static int count_absent(const struct kafka_tail *t)
{
	int count = 0;
	for (int i = 0; i < STREAM_COUNT; i++)
		count += t->absent[i];
	return count;
}

static void begin(struct kafka_to_cache *k)
{
	k->again = false;
	cache_begin(k->cache);
	for (int kind = 0; kind < STREAM_COUNT; kind++) {
		for (int p = 0; p < TOPIC_PARTITIONS; p++) {
			int i = kafka_tail_index(kind, p);
			int64_t offset = k->tail.places[i].offset;
			struct cache_start start = {
				.offset = offset, .low = k->tail.low[i], .whole = offset == 0};
			cache_begin_at(k->cache, p, (enum stream_kind)kind, &start);
		}
	}
}

/* Topics that were not there: read from their beginnings on, beside the others, as soon as they are. 0: go on. */
static int look_for_topics(struct kafka_to_cache *k, struct kafka_consumer *c, struct err *e)
{
	int64_t now_us = clock_mono_us();
	int appeared;
	if (now_us - k->looked_us < LOOK_EVERY_US)
		return 0;
	k->looked_us = now_us;
	appeared = kafka_tail_appeared(&k->tail, c, e);
	if (appeared <= 0)
		return appeared;
	log_info("live_topics_appeared", "absent=%d", count_absent(&k->tail));
	return kafka_tail_assign(&k->tail, c, e);
}

/* One reading, until it can't go on or we stop. */
static int read_topics(struct kafka_to_cache *k, struct kafka_consumer *c, struct err *e)
{
	int64_t begun_us = clock_mono_us(), before = metric_get(&records);
	int64_t tail_ms = settings_int(k->settings, "live", "tail") * 1000;
	kafka_tail_init(&k->tail, k->settings);
	if (kafka_tail_find(&k->tail, c, tail_ms, &k->stopping, e) != 0)
		return -1;
	metric_add(&readings, 1);
	begin(k);
	if (kafka_tail_assign(&k->tail, c, e) != 0 || catch_up(k, c, e) != 0)
		return -1;
	cache_warm(k->cache);
	log_info("live_warm", "records=%lld ms=%lld absent=%d",
		(long long)(metric_get(&records) - before),
		(long long)((clock_mono_us() - begun_us) / MS_US), count_absent(&k->tail));
	k->untold = true;
	while (!atomic_load(&k->stopping)) {
		size_t count;
		if (read_some(k, c, &count, e) != 0)
			return -1;
		answer_high(k, c);
		if (look_for_topics(k, c, e) != 0)
			return -1;
	}
	return 0;
}

static int read_once(struct kafka_to_cache *k, struct err *e)
{
	struct kafka_consumer *c = kafka_consumer_new(k->settings, e);
	if (c == NULL)
		return -1;
	int rc = read_topics(k, c, e);
	kafka_consumer_free(c);
	return rc;
}

static void *run(void *arg)
{
	static const struct retry_policy policy = {
		.first_us = 100 * MS_US, .max_us = 2 * SECOND_US, .reset_us = 10 * SECOND_US};
	struct kafka_to_cache *k = arg;
	struct retry retry;
	log_thread_name("kafka");
	retry_init(&retry, &policy, (uint64_t)clock_wall_us());
	while (!atomic_load(&k->stopping)) {
		struct err e = {{0}};
		retry_good(&retry, clock_mono_us());
		if (read_once(k, &e) == 0 || atomic_load(&k->stopping))
			break;
		int64_t delay_us = retry_delay_us(&retry, clock_mono_us());
		log_warn("live_reading_failed", "reason=\"%s\" again_ms=%lld", e.text,
			(long long)(delay_us / MS_US));
		struct pollfd stop = {.fd = k->stop_fd, .events = POLLIN};
		poll(&stop, 1, (int)(delay_us / MS_US));
	}
	return NULL;
}

static void free_parts(struct kafka_to_cache *k)
{
	event_parser_free(k->events);
	meta_parser_free(k->meta);
	if (k->stop_fd >= 0)
		close(k->stop_fd);
	free(k);
}

struct kafka_to_cache *kafka_to_cache_start(const struct settings *s, struct cache *cache,
	void (*news)(void *arg), void *arg, struct err *e)
{
	struct kafka_to_cache *k = calloc(1, sizeof(*k));
	if (k == NULL) {
		err_set(e, "no memory");
		return NULL;
	}
	k->settings = s;
	k->cache = cache;
	k->news = news;
	k->arg = arg;
	k->stop_fd = eventfd(0, EFD_CLOEXEC);
	k->events = event_parser_new(e);
	k->meta = meta_parser_new();
	int rc = k->stop_fd < 0 || k->events == NULL || k->meta == NULL
			 ? ENOMEM
			 : pthread_create(&k->thread, NULL, run, k);
	if (rc == 0)
		return k;
	err_set(e, "cannot start the thread: %s", strerror(rc));
	free_parts(k);
	return NULL;
}

void kafka_to_cache_stop(struct kafka_to_cache *k)
{
	uint64_t one = 1;
	if (k == NULL)
		return;
	atomic_store(&k->stopping, true);
	if (write(k->stop_fd, &one, sizeof(one)) != sizeof(one))
		log_warn("live_stop", "reason=\"%s\"", strerror(errno));
	pthread_join(k->thread, NULL);
	free_parts(k);
}
