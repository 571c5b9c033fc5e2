/*
 * kafka_describe: how a topic is configured in the cluster; asked through kafka_admin.
 */
#pragma once
#include "err.h"
#include <stddef.h>
#include <stdint.h>

struct kafka_topic_found {
	const char *name; /* lent; given by the caller */
	int replication;  /* the least of its partitions; 0 = not known */
	int64_t retention_ms;
	char cleanup[40];
};
struct rd_kafka_s;
/* For kafka_admin only: fills retention and cleanup of each `found` by its name. Blocks at most `timeout_ms`. -1: not known. */
must_check int kafka_describe_topics(struct rd_kafka_s *rk, struct kafka_topic_found *found,
	size_t count, int timeout_ms, struct err *e);
