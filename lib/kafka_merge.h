/*
 * kafka_merge: the topic partitions that a consumer reads, merged: what is there of all of them comes in the order in which it was
 * produced. Nobody waits for a partition that has nothing at the moment.
 *
 * A backlog so comes from all partitions side by side: what is near in market time stays near, whatever share each partition has,
 * and one that is ahead is simply read no further ahead. Within a partition the order is the partition's.
 *
 * For kafka_consumer only; its thread. librdkafka's own threads only ring `wake`.
 */
#pragma once
#include "err.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_lane; /* one partition */

struct kafka_merge {
	rd_kafka_t *rk;
	struct kafka_lane *lanes;
	size_t count, room;
	int wake; /* eventfd: a lane that was empty is not any more */
};

struct kafka_merged {
	rd_kafka_message_t *message; /* the taker's; a record, or an error of the partition */
	int tag;
};

/* `rk` is lent until kafka_merge_done, which is allowed after -1 too. */
must_check int kafka_merge_init(struct kafka_merge *m, rd_kafka_t *rk, struct err *e);
void kafka_merge_done(struct kafka_merge *m);
/* Stops what was read before, and makes room for `count` partitions. -1: no memory. */
must_check int kafka_merge_begin(struct kafka_merge *m, size_t count);
/* Begins to read a partition of `rkt` (lent until kafka_merge_stop) at `offset`; `tag` comes back with its messages. -1: not begun,
 * rd_kafka_last_error() says why. No more partitions than kafka_merge_begin was told of. */
must_check int kafka_merge_add(
	struct kafka_merge *m, rd_kafka_topic_t *rkt, int partition, int64_t offset, int tag);
/* Stops reading; what was not taken yet is dropped. */
void kafka_merge_stop(struct kafka_merge *m);
bool kafka_merge_reads(const struct kafka_merge *m, const rd_kafka_topic_t *rkt, int partition);
/* At most `max` messages that are there; how many. Does not wait. */
size_t kafka_merge_take(struct kafka_merge *m, struct kafka_merged *out, size_t max);
/* Until there is something to take, or the time is over; may return early. */
void kafka_merge_wait(struct kafka_merge *m, int timeout_ms);
