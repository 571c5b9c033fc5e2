/*
 * kafka_describe: how a topic is configured in the cluster, for kafka_admin only.
 */
#pragma once
#include "err.h"
#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_topic_found; /* kafka_admin.h */

/* Fills retention and cleanup of each `found` by its name. Blocks at most `timeout_ms`. -1: not known. */
must_check int kafka_describe_topics(rd_kafka_t *rk, struct kafka_topic_found *found, size_t count,
	int timeout_ms, struct err *e);
