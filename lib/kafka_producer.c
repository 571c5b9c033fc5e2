#include "kafka_producer.h"
#include "kafka_conf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPICS_MAX 32
/* What librdkafka needs for a record beside key and value: its structures, and up to three headers. Measured with 2.0.2, 64 bits. */
#define RECORD_BYTES 560

struct kafka_producer {
	rd_kafka_t *rk;
	rd_kafka_topic_t *topics[TOPICS_MAX];
	size_t topic_count;
	/* Memory of the records that are not acknowledged: librdkafka's own bound counts values alone, a quarter of it. */
	size_t queued_bytes, max_bytes;
	void (*delivered)(void *arg, uintptr_t opaque, int ok);
	void *arg;
	bool is_dead; /* fatal: what was queued has been given back as failed */
	char reason[ERR_TEXT_SIZE];
};

/* clang-format off */
static const char *const defaults[] = {
	"linger.ms", "1",
	"compression.type", "lz4",
	"queue.buffering.max.kbytes", "262144",
	"queue.buffering.max.messages", "0", /* bytes bound it */
	NULL,
};
/* With their aliases. */
static const char *const fixed[] = {
	"enable.idempotence", "true",
	"enable.gapless.guarantee",
	"true", /* a record lost for good is fatal: none behind it, least of all a T that claims it, gets in */
	"acks", "all",
	"request.required.acks", "all",
	"message.timeout.ms", "0",
	"delivery.timeout.ms", "0",
	"partitioner", "murmur2",
	NULL,
};
/* clang-format on */

static size_t cost_of(size_t key_len, size_t value_len)
{
	return key_len + value_len + RECORD_BYTES;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_producer *p = opaque;

	(void)rk;
	p->queued_bytes -= cost_of(m->key_len, m->len);
	if (m->err)
		snprintf(p->reason, sizeof(p->reason), "%s", rd_kafka_err2str(m->err));
	if (p->delivered)
		p->delivered(p->arg, (uintptr_t)m->_private, m->err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static size_t bound_of(const rd_kafka_conf_t *conf)
{
	char kbytes[24] = "";
	size_t size = sizeof(kbytes);

	rd_kafka_conf_get(conf, "queue.buffering.max.kbytes", kbytes, &size);
	return (size_t)strtoull(kbytes, NULL, 10) * 1024;
}

struct kafka_producer *kafka_producer_new(const struct settings *s,
	void (*delivered)(void *arg, uintptr_t opaque, int ok), void *arg, struct err *e)
{
	char why[ERR_TEXT_SIZE];
	struct kafka_producer *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, "no memory for a Kafka producer");
		return NULL;
	}
	p->delivered = delivered;
	p->arg = arg;
	rd_kafka_conf_t *conf = kafka_conf_new(s, defaults, fixed, e);
	if (!conf)
		goto fail;
	p->max_bytes = bound_of(conf);
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!p->rk) {
		rd_kafka_conf_destroy(conf);
		err_set(e, "no Kafka producer: %s", why);
		goto fail;
	}
	return p;
fail:
	kafka_producer_free(p);
	return NULL;
}

void kafka_producer_free(struct kafka_producer *p)
{
	if (!p)
		return;
	if (p->rk)
		rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
					      RD_KAFKA_PURGE_F_NON_BLOCKING);
	for (size_t i = 0; i < p->topic_count; i++)
		rd_kafka_topic_destroy(p->topics[i]);
	if (p->rk)
		rd_kafka_destroy(p->rk);
	free(p);
}

int kafka_producer_topic(struct kafka_producer *p, const char *name, struct err *e)
{
	for (size_t i = 0; i < p->topic_count; i++)
		if (strcmp(rd_kafka_topic_name(p->topics[i]), name) == 0)
			return (int)i;
	if (p->topic_count == TOPICS_MAX)
		return err_set(e, "more than %d topics", TOPICS_MAX);
	rd_kafka_topic_t *topic = rd_kafka_topic_new(p->rk, name, NULL);
	if (!topic)
		return err_set(e, "topic '%s': %s", name, rd_kafka_err2str(rd_kafka_last_error()));
	p->topics[p->topic_count] = topic;
	return (int)p->topic_count++;
}

/* Notices a fatal error: librdkafka then sends nothing more, so what is queued is given back. */
static bool is_dead(struct kafka_producer *p)
{
	char why[ERR_TEXT_SIZE - 64];
	rd_kafka_resp_err_t err;

	if (p->is_dead || !(err = rd_kafka_fatal_error(p->rk, why, sizeof(why))))
		return p->is_dead;
	p->is_dead = true;
	rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_poll(p->rk, 0);
	snprintf(p->reason, sizeof(p->reason), "%s: %s", rd_kafka_err2name(err), why);
	return true;
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *m)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(KAFKA_HEADERS_MAX);

	for (size_t i = 0; i < KAFKA_HEADERS_MAX && m->headers[i].name; i++)
		rd_kafka_header_add(headers, m->headers[i].name, -1, m->headers[i].value, -1);
	return headers;
}

static rd_kafka_resp_err_t produce(struct kafka_producer *p, const struct kafka_message *m)
{
	rd_kafka_headers_t *headers = headers_of(m);
	const rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = p->topics[m->topic]},
		{.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = m->partition},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)m->key, m->key ? m->key_len : 0}},
		{.vtype = RD_KAFKA_VTYPE_VALUE,
			.u.mem = {(void *)m->value, m->value ? m->value_len : 0}},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)m->opaque},
	};
	rd_kafka_error_t *error =
		rd_kafka_produceva(p->rk, parts, sizeof(parts) / sizeof(parts[0]));

	if (!error)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	rd_kafka_error_destroy(error);
	rd_kafka_headers_destroy(headers); /* ours again */
	return code;
}

enum kafka_sent kafka_producer_send(struct kafka_producer *p, const struct kafka_message *m)
{
	size_t cost = cost_of(m->key_len, m->value_len);

	if (is_dead(p))
		return KAFKA_DEAD;
	if (p->queued_bytes && p->queued_bytes + cost > p->max_bytes) {
		snprintf(p->reason, sizeof(p->reason), "the queue is full");
		return KAFKA_FULL;
	}
	rd_kafka_resp_err_t err = produce(p, m);
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		p->queued_bytes += cost;
		return KAFKA_SENT;
	}
	if (is_dead(p))
		return KAFKA_DEAD;
	snprintf(p->reason, sizeof(p->reason), "%s", rd_kafka_err2str(err));
	switch (err) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return KAFKA_REFUSED;
	default: /* also a topic that is away or closed to us: an operator can mend that */
		return KAFKA_FULL;
	}
}

void kafka_producer_poll(struct kafka_producer *p, int timeout_ms)
{
	rd_kafka_poll(p->rk, timeout_ms);
	is_dead(p);
}

size_t kafka_producer_flush(struct kafka_producer *p, int timeout_ms)
{
	rd_kafka_flush(p->rk, timeout_ms);
	is_dead(p);
	return kafka_producer_queued(p);
}

size_t kafka_producer_queued(const struct kafka_producer *p)
{
	return (size_t)rd_kafka_outq_len(p->rk);
}

size_t kafka_producer_queued_bytes(const struct kafka_producer *p)
{
	return p->queued_bytes;
}

const char *kafka_producer_reason(const struct kafka_producer *p)
{
	return p->reason;
}
