#include "kafka_consumer.h"
#include "clock.h"
#include "kafka_conf.h"
#include "kafka_offsets.h"
#include "kafka_record.h"
#include <stdlib.h>
#include <string.h>

/* A topic ever assigned; librdkafka hands it back with each message. */
struct topic {
	rd_kafka_topic_t *rkt;
	int *tags;         /* by partition; as last assigned */
	size_t partitions; /* room of `tags` */
	struct topic *next;
};

struct running {
	struct topic *topic;
	int partition;
};

struct kafka_consumer {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue; /* of all partitions assigned */
	struct topic *topics;
	struct running *running;
	size_t running_count;
	/* Lent to the caller until the next poll. */
	rd_kafka_message_t **messages;
	struct kafka_record *records;
	size_t room, lent;
	/* Reported by the next poll that has no records. */
	bool is_out_of_range;
	int failed_tag, failed_partition;
	bool has_failed;
	struct err out_of_range, failure;
	int64_t reported_us; /* when KAFKA_ERROR was last returned, monotonic */
};

/* clang-format off */
static const char *const defaults[] = {
	"fetch.min.bytes", "1",
	"fetch.wait.max.ms", "100",
	"fetch.error.backoff.ms", "100",
	/* Small turns, so that a backlog comes from all partitions side by side, near each other in market time. */
	"max.partition.fetch.bytes", "65536",
	/* Bounds what is read ahead, in messages and in kilobytes. Whoever meets a bound is asked again only a second later (librdkafka
	 * before 2.2), so what the queue holds must last for that second. */
	"queued.min.messages", "300000",
	"queued.max.messages.kbytes", "65536",
	NULL,
};
static const char *const fixed[] = {
	"group.id", "", /* none, so nothing can be committed */
	"enable.auto.commit", "false",
	"enable.auto.offset.store", "false",
	"auto.offset.reset", "error",
	"enable.partition.eof", "false",
	NULL,
};
/* clang-format on */

static void keep_failure(struct kafka_consumer *c, rd_kafka_resp_err_t err, const char *reason)
{
	c->has_failed = true;
	err_set(&c->failure, "%s: %s", rd_kafka_err2name(err), reason);
}

/* Runs inside rd_kafka_poll, on the owner's thread. */
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
	(void)rk;
	keep_failure(opaque, err, reason);
}

struct kafka_consumer *kafka_consumer_new(const struct settings *s, struct err *e)
{
	char why[ERR_TEXT_SIZE];
	struct kafka_consumer *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, "no memory for a Kafka consumer");
		return NULL;
	}
	rd_kafka_conf_t *conf = kafka_conf_new(s, defaults, fixed, e);
	if (!conf)
		goto fail;
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_conf_set_error_cb(conf, on_error);
	c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (!c->rk) {
		rd_kafka_conf_destroy(conf);
		err_set(e, "no Kafka consumer: %s", why);
		goto fail;
	}
	c->queue = rd_kafka_queue_new(c->rk);
	return c;
fail:
	kafka_consumer_free(c);
	return NULL;
}

static void give_back(struct kafka_consumer *c)
{
	for (size_t i = 0; i < c->lent; i++)
		rd_kafka_message_destroy(c->messages[i]);
	c->lent = 0;
}

static void stop(struct kafka_consumer *c)
{
	give_back(c);
	for (size_t i = 0; i < c->running_count; i++)
		rd_kafka_consume_stop(c->running[i].topic->rkt, c->running[i].partition);
	c->running_count = 0;
	c->is_out_of_range = false;
	c->has_failed = false;
}

void kafka_consumer_free(struct kafka_consumer *c)
{
	if (!c)
		return;
	stop(c);
	if (c->queue)
		rd_kafka_queue_destroy(c->queue);
	while (c->topics) {
		struct topic *t = c->topics;
		c->topics = t->next;
		rd_kafka_topic_destroy(t->rkt);
		free(t->tags);
		free(t);
	}
	if (c->rk)
		rd_kafka_destroy(c->rk);
	free(c->running);
	free(c->messages);
	free(c->records);
	free(c);
}

static struct topic *new_topic(struct kafka_consumer *c, const char *name, struct err *e)
{
	struct topic *t = calloc(1, sizeof(*t));
	rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(c->rk);

	if (t && conf) {
		rd_kafka_topic_conf_set_opaque(conf, t);
		t->rkt = rd_kafka_topic_new(c->rk, name, conf); /* takes conf */
		if (t->rkt) {
			t->next = c->topics;
			c->topics = t;
			return t;
		}
	}
	err_set(e, "topic '%s': %s", name, rd_kafka_err2str(rd_kafka_last_error()));
	free(t);
	return NULL;
}

/* The topic of the place, with room for its tag. */
static struct topic *topic_of(
	struct kafka_consumer *c, const struct kafka_place *place, struct err *e)
{
	struct topic *t = c->topics;

	while (t && strcmp(rd_kafka_topic_name(t->rkt), place->topic) != 0)
		t = t->next;
	if (!t && !(t = new_topic(c, place->topic, e)))
		return NULL;
	if ((size_t)place->partition >= t->partitions) {
		size_t partitions = (size_t)place->partition + 1;
		int *tags = realloc(t->tags, partitions * sizeof(*tags));
		if (!tags) {
			err_set(e, "no memory for %zu partitions", partitions);
			return NULL;
		}
		t->tags = tags;
		t->partitions = partitions;
	}
	t->tags[place->partition] = place->tag;
	return t;
}

static int start(struct kafka_consumer *c, const struct kafka_place *place, struct err *e)
{
	if (!*place->topic || place->partition < 0 || place->offset < KAFKA_OFFSET_BEGIN)
		return err_set(e, "no place: '%s' [%d] at %lld", place->topic, place->partition,
			(long long)place->offset);
	struct topic *t = topic_of(c, place, e);
	if (!t)
		return -1;
	for (size_t i = 0; i < c->running_count; i++)
		if (c->running[i].topic == t && c->running[i].partition == place->partition)
			return err_set(e, "'%s' [%d] twice", place->topic, place->partition);
	if (rd_kafka_consume_start_queue(t->rkt, place->partition, place->offset, c->queue) != 0)
		return err_set(e, "'%s' [%d]: %s", place->topic, place->partition,
			rd_kafka_err2str(rd_kafka_last_error()));
	c->running[c->running_count++] = (struct running){t, place->partition};
	return 0;
}

int kafka_consumer_assign(
	struct kafka_consumer *c, const struct kafka_place *places, size_t count, struct err *e)
{
	stop(c);
	if (count == 0)
		return 0;
	struct running *running = realloc(c->running, count * sizeof(*running));
	if (!running)
		return err_set(e, "no memory for %zu partitions", count);
	c->running = running;
	for (size_t i = 0; i < count; i++) {
		if (start(c, &places[i], e) != 0) {
			stop(c);
			return -1;
		}
	}
	return 0;
}

static void take_failure(struct kafka_consumer *c, const rd_kafka_message_t *m, int tag)
{
	const char *reason = rd_kafka_message_errstr(m);

	switch (m->err) {
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		c->is_out_of_range = true;
		c->failed_tag = tag;
		c->failed_partition = m->partition;
		err_set(&c->out_of_range, "'%s' [%d]: %s", rd_kafka_topic_name(m->rkt),
			m->partition, reason);
		break;
	default:
		keep_failure(c, m->err, reason);
	}
}

/* Keeps the messages that are records, in order; `count` new ones stand behind those lent. */
static void take(struct kafka_consumer *c, size_t count)
{
	rd_kafka_message_t **fresh = c->messages + c->lent;

	for (size_t i = 0; i < count; i++) {
		rd_kafka_message_t *m = fresh[i];
		struct topic *t = m->rkt ? rd_kafka_topic_opaque(m->rkt) : NULL;
		int tag = t && m->partition >= 0 && (size_t)m->partition < t->partitions
				  ? t->tags[m->partition]
				  : -1;
		if (m->err) {
			take_failure(c, m, tag);
			rd_kafka_message_destroy(m);
			continue;
		}
		kafka_record_fill(&c->records[c->lent], m, tag);
		c->messages[c->lent++] = m;
	}
}

static int make_room(struct kafka_consumer *c, size_t max, struct err *e)
{
	if (max <= c->room)
		return 0;
	rd_kafka_message_t **messages = realloc(c->messages, max * sizeof(*messages));
	if (messages)
		c->messages = messages;
	struct kafka_record *records = realloc(c->records, max * sizeof(*records));
	if (records)
		c->records = records;
	if (!messages || !records)
		return err_set(e, "no memory for %zu records", max);
	c->room = max;
	return 0;
}

static void take_waiting(struct kafka_consumer *c, size_t max)
{
	ssize_t n = rd_kafka_consume_batch_queue(c->queue, 0, c->messages + c->lent, max - c->lent);

	if (n > 0)
		take(c, (size_t)n);
}

/* A batch call waits until its array is full or the time is over, so waiting is for one message only. */
static void wait_for_one(struct kafka_consumer *c, int timeout_ms)
{
	rd_kafka_message_t *m = rd_kafka_consume_queue(c->queue, timeout_ms);

	if (!m)
		return;
	c->messages[c->lent] = m;
	take(c, 1);
}

static enum kafka_polled without_records(struct kafka_consumer *c, struct err *e)
{
	if (c->is_out_of_range) {
		c->is_out_of_range = false;
		err_set(e, "%s", c->out_of_range.text);
		return KAFKA_OUT_OF_RANGE;
	}
	int64_t now_us = clock_mono_us();
	if (c->has_failed && now_us - c->reported_us >= SECOND_US) {
		c->has_failed = false;
		c->reported_us = now_us;
		err_set(e, "%s", c->failure.text);
		return KAFKA_ERROR;
	}
	return KAFKA_NOTHING;
}

enum kafka_polled kafka_consumer_poll(struct kafka_consumer *c, int timeout_ms, size_t max,
	const struct kafka_record **records, size_t *count, struct err *e)
{
	give_back(c);
	rd_kafka_poll(c->rk, 0); /* errors of brokers */
	*count = 0;
	if (max == 0)
		return KAFKA_NOTHING;
	if (make_room(c, max, e) != 0)
		return KAFKA_ERROR;
	take_waiting(c, max);
	if (c->lent == 0 && timeout_ms > 0 && !c->is_out_of_range) {
		wait_for_one(c, timeout_ms);
		if (c->lent > 0 && c->lent < max)
			take_waiting(c, max);
	}
	if (c->lent == 0)
		return without_records(c, e);
	c->has_failed = false; /* it has passed */
	*records = c->records;
	*count = c->lent;
	return KAFKA_RECORDS;
}

void kafka_consumer_failed_place(const struct kafka_consumer *c, int *tag, int *partition)
{
	*tag = c->failed_tag;
	*partition = c->failed_partition;
}

int64_t kafka_consumer_high(const struct kafka_consumer *c, const char *topic, int partition)
{
	int64_t low = -1, high = -1;

	if (rd_kafka_get_watermark_offsets(c->rk, topic, partition, &low, &high) != 0)
		return -1;
	return high < 0 ? -1 : high;
}

int kafka_consumer_watermarks(struct kafka_consumer *c, const char *topic, int partition,
	int timeout_ms, int64_t *low, int64_t *high, struct err *e)
{
	const rd_kafka_topic_partition_t of = {.topic = (char *)topic, .partition = partition};
	int64_t low_high[2];

	if (kafka_offsets_watermarks(c->rk, &of, timeout_ms, low_high, e) != 0)
		return -1;
	*low = low_high[0];
	*high = low_high[1];
	return 0;
}

int kafka_consumer_offsets_at(struct kafka_consumer *c, struct kafka_place *places, size_t count,
	int64_t wall_ms, int timeout_ms, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, places[i].topic, places[i].partition)
			->offset = wall_ms;
	int rc = kafka_offsets_query(c->rk, list, timeout_ms, e);
	for (size_t i = 0; rc == 0 && i < count; i++)
		places[i].offset = list->elems[i].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}
