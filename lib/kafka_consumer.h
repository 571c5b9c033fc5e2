/*
 * kafka_consumer: a consumer by assignment: no group, no auto-commit, offsets given by the caller
 * (auto.offset.reset=error: an expired offset is reported, never skipped silently).
 *
 * One owning thread. Records are lent until the next poll.
 */
#pragma once
#include "err.h"
#include "kafka_record.h"
#include "settings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_OFFSET_BEGIN (-2)
#define KAFKA_OFFSET_END (-1)

struct kafka_place {       /* one topic partition to read, and from where */
	const char *topic; /* lent until kafka_consumer_assign returns */
	int partition;
	int64_t offset; /* >= 0, KAFKA_OFFSET_BEGIN or KAFKA_OFFSET_END */
	int tag;        /* the caller's: given back in each record (e.g. the stream kind) */
};

enum kafka_polled {
	KAFKA_RECORDS,
	KAFKA_NOTHING,
	KAFKA_OUT_OF_RANGE, /* an offset is gone: kafka_consumer_failed_place */
	KAFKA_ERROR,        /* passing: brokers away; reported at most once a second */
};

struct kafka_consumer;
struct kafka_consumer *kafka_consumer_new(const struct settings *s, struct err *e);
void kafka_consumer_free(struct kafka_consumer *c);
/* Replaces the assignment. No waiting: KAFKA_OFFSET_BEGIN and _END are asked for once the
 * partition's leader is known. */
must_check int kafka_consumer_assign(
	struct kafka_consumer *c, const struct kafka_place *places, size_t count, struct err *e);
/* Up to `max` records into the consumer's own array, lent through `records` until the next poll.
 * Waits at most `timeout_ms` for the first. */
must_check enum kafka_polled kafka_consumer_poll(struct kafka_consumer *c, int timeout_ms,
	size_t max, const struct kafka_record **records, size_t *count, struct err *e);
/* After KAFKA_OUT_OF_RANGE: which place's offset is gone. */
void kafka_consumer_failed_place(const struct kafka_consumer *c, int *tag, int *partition);
/* The partition's high watermark as the last fetch told it, without asking; -1: not known yet. */
int64_t kafka_consumer_high(const struct kafka_consumer *c, const char *topic, int partition);
/* Asks the broker (blocks up to `timeout_ms`). */
must_check int kafka_consumer_watermarks(struct kafka_consumer *c, const char *topic, int partition,
	int timeout_ms, int64_t *low, int64_t *high, struct err *e);
/* Whether the brokers have the topic: 1 or 0; -1: they do not say (blocks up to `timeout_ms`). Never makes it. */
must_check int kafka_consumer_has_topic(
	struct kafka_consumer *c, const char *topic, int timeout_ms, struct err *e);
/* Fills each place's offset with the first record produced at or after `wall_ms` (KAFKA_OFFSET_END
 * where there is none). */
must_check int kafka_consumer_offsets_at(struct kafka_consumer *c, struct kafka_place *places,
	size_t count, int64_t wall_ms, int timeout_ms, struct err *e);
