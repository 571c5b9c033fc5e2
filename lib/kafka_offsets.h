/*
 * kafka_offsets: asking brokers for offsets by time, for kafka_admin and kafka_consumer only.
 *
 * rd_kafka_query_watermark_offsets is not used: with the partition's leader away it waits far
 * beyond its time-out.
 */
#pragma once
#include "err.h"
#include <librdkafka/rdkafka.h>
#include <stdint.h>

/* In: `offset` of each element is a time of production in ms, or RD_KAFKA_OFFSET_BEGINNING or _END.
 * Out: the first offset of that time, -1 where there is none. Blocks at most `timeout_ms`. -1: the
 * list is worth nothing. */
must_check int kafka_offsets_query(
	rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms, struct err *e);
/* low_high[0] and [1]: first offset kept, and the one that comes next. */
must_check int kafka_offsets_watermarks(rd_kafka_t *rk, const rd_kafka_topic_partition_t *of,
	int timeout_ms, int64_t low_high[2], struct err *e);
