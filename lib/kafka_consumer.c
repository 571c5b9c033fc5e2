#include "kafka_consumer.h"
#include "clock.h"
#include "kafka_conf.h"
#include "kafka_merge.h"
#include "kafka_offsets.h"
#include "kafka_record.h"
#include <stdlib.h>
#include <string.h>

/* A topic ever assigned. */
struct topic {
	rd_kafka_topic_t *rkt;
	struct topic *next;
};

struct kafka_consumer {
	rd_kafka_t *rk;
	struct topic *topics;
	struct kafka_merge merge;
	/* Lent to the caller until the next poll. */
	struct kafka_merged *messages;
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
	"max.partition.fetch.bytes", "131072",
	/* Bounds what is read ahead of each partition, in messages and in kilobytes. When all have met one, librdkafka before 2.2 asks again
	 * only a second later, so what all of them hold must last for that second. */
	"queued.min.messages", "40000",
	"queued.max.messages.kbytes", "4096",
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
	if (kafka_merge_init(&c->merge, c->rk, e) == 0)
		return c;
fail:
	kafka_consumer_free(c);
	return NULL;
}

static void give_back(struct kafka_consumer *c)
{
	for (size_t i = 0; i < c->lent; i++)
		rd_kafka_message_destroy(c->messages[i].message);
	c->lent = 0;
}

static void stop(struct kafka_consumer *c)
{
	give_back(c);
	kafka_merge_stop(&c->merge);
	c->is_out_of_range = false;
	c->has_failed = false;
}

void kafka_consumer_free(struct kafka_consumer *c)
{
	if (!c)
		return;
	stop(c);
	kafka_merge_done(&c->merge);
	while (c->topics) {
		struct topic *t = c->topics;
		c->topics = t->next;
		rd_kafka_topic_destroy(t->rkt);
		free(t);
	}
	if (c->rk)
		rd_kafka_destroy(c->rk);
	free(c->messages);
	free(c->records);
	free(c);
}

static rd_kafka_topic_t *topic_of(struct kafka_consumer *c, const char *name, struct err *e)
{
	struct topic *t = c->topics;

	while (t && strcmp(rd_kafka_topic_name(t->rkt), name) != 0)
		t = t->next;
	if (t)
		return t->rkt;
	t = calloc(1, sizeof(*t));
	if (t)
		t->rkt = rd_kafka_topic_new(c->rk, name, NULL);
	if (!t || !t->rkt) {
		err_set(e, "topic '%s': %s", name, rd_kafka_err2str(rd_kafka_last_error()));
		free(t);
		return NULL;
	}
	t->next = c->topics;
	c->topics = t;
	return t->rkt;
}

static int start(struct kafka_consumer *c, const struct kafka_place *place, struct err *e)
{
	rd_kafka_topic_t *rkt;

	if (!*place->topic || place->partition < 0 || place->offset < KAFKA_OFFSET_BEGIN)
		return err_set(e, "no place: '%s' [%d] at %lld", place->topic, place->partition,
			(long long)place->offset);
	rkt = topic_of(c, place->topic, e);
	if (!rkt)
		return -1;
	if (kafka_merge_reads(&c->merge, rkt, place->partition))
		return err_set(e, "'%s' [%d] twice", place->topic, place->partition);
	if (kafka_merge_add(&c->merge, rkt, place->partition, place->offset, place->tag) != 0)
		return err_set(e, "'%s' [%d]: %s", place->topic, place->partition,
			rd_kafka_err2str(rd_kafka_last_error()));
	return 0;
}

int kafka_consumer_assign(
	struct kafka_consumer *c, const struct kafka_place *places, size_t count, struct err *e)
{
	stop(c);
	if (kafka_merge_begin(&c->merge, count) != 0)
		return err_set(e, "no memory for %zu partitions", count);
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

static int make_room(struct kafka_consumer *c, size_t max, struct err *e)
{
	if (max <= c->room)
		return 0;
	struct kafka_merged *messages = realloc(c->messages, max * sizeof(*messages));
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

/* Takes what is there and keeps what is a record. False: there was nothing. */
static bool take(struct kafka_consumer *c, size_t max)
{
	size_t n = kafka_merge_take(&c->merge, c->messages, max);

	for (size_t i = 0; i < n; i++) {
		struct kafka_merged m = c->messages[i];

		if (m.message->err) {
			take_failure(c, m.message, m.tag);
			rd_kafka_message_destroy(m.message);
			continue;
		}
		kafka_record_fill(&c->records[c->lent], m.message, m.tag);
		c->messages[c->lent++] = m;
	}
	return n > 0;
}

static void wait_and_take(struct kafka_consumer *c, size_t max, int timeout_ms)
{
	int64_t end_us = clock_mono_us() + timeout_ms * MS_US, left_us = timeout_ms * MS_US;

	do {
		kafka_merge_wait(&c->merge, (int)((left_us + MS_US - 1) / MS_US));
		left_us = end_us - clock_mono_us();
	} while (!take(c, max) && left_us > 0);
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
	if (!take(c, max) && timeout_ms > 0 && !c->is_out_of_range)
		wait_and_take(c, max, timeout_ms);
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

int kafka_consumer_has_topic(
	struct kafka_consumer *c, const char *topic, int timeout_ms, struct err *e)
{
	rd_kafka_topic_t *rkt = rd_kafka_topic_new(c->rk, topic, NULL);
	const struct rd_kafka_metadata *found = NULL;
	rd_kafka_resp_err_t err =
		rkt ? rd_kafka_metadata(c->rk, 0, rkt, &found, timeout_ms) : rd_kafka_last_error();

	if (!err && found && found->topic_cnt == 1)
		err = found->topics[0].err;
	if (found)
		rd_kafka_metadata_destroy(found);
	if (rkt)
		rd_kafka_topic_destroy(rkt);
	if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return 0;
	return err ? err_set(e, "topic '%s': %s", topic, rd_kafka_err2str(err)) : 1;
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
