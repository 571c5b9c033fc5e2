/*
 * kafka_producer: librdkafka's idempotent, asynchronous producer (acks=all, message.timeout.ms=0,
 * murmur2). Sending never blocks; a full queue is a return value and the caller pushes back (stops reading).
 *
 * queue.buffering.max.kbytes (default 256 MiB) bounds the memory of what is not acknowledged, librdkafka's own for each record
 * included.
 *
 * One owning thread for send and poll; delivery callbacks run inside kafka_producer_poll on that
 * thread.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stddef.h>
#include <stdint.h>

enum kafka_sent {
	KAFKA_SENT,
	KAFKA_FULL,    /* not now: the queue is full, or the topic is away */
	KAFKA_REFUSED, /* this message can never be sent: too large */
	KAFKA_DEAD,    /* fatal: make a new producer */
};

#define KAFKA_PARTITION_BY_KEY (-1)
#define KAFKA_HEADERS_MAX 6

struct kafka_message {
	int topic;       /* as kafka_producer_topic gave it */
	int partition;   /* or KAFKA_PARTITION_BY_KEY */
	const char *key; /* NULL: none (control records) */
	size_t key_len;
	const char *value; /* copied */
	size_t value_len;
	struct kafka_header {
		const char *name, *value;
	} headers[KAFKA_HEADERS_MAX]; /* ends with name == NULL */
	uintptr_t opaque;             /* given back to `delivered` */
};

struct kafka_producer;
/* `delivered(arg, opaque, ok)` is called once per sent message: ok = 1 durable, 0 failed for good.
 * May be NULL. */
struct kafka_producer *kafka_producer_new(const struct settings *s,
	void (*delivered)(void *arg, uintptr_t opaque, int ok), void *arg, struct err *e);
/* Waits for nothing: unsent messages are dropped. NULL is fine. */
void kafka_producer_free(struct kafka_producer *p);
/* A handle for the topic, >= 0; -1 on error. At most 32 topics. */
must_check int kafka_producer_topic(struct kafka_producer *p, const char *name, struct err *e);
must_check enum kafka_sent kafka_producer_send(
	struct kafka_producer *p, const struct kafka_message *m);
/* Serves deliveries; may block up to `timeout_ms` (0: never). */
void kafka_producer_poll(struct kafka_producer *p, int timeout_ms);
/* Waits until all is acknowledged, at most `timeout_ms`. Returns how many are not. */
size_t kafka_producer_flush(struct kafka_producer *p, int timeout_ms);
size_t kafka_producer_queued(const struct kafka_producer *p);
/* Memory of the records that are not acknowledged. */
size_t kafka_producer_queued_bytes(const struct kafka_producer *p);
/* Why the last answer was not SENT, or a delivery failed. After DEAD all that was queued is given
 * back to `delivered` as failed by the next polls. */
const char *kafka_producer_reason(const struct kafka_producer *p);
