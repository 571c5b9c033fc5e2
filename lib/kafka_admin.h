/*
 * kafka_admin: creating, checking and deleting topics. Blocking calls, for start-up and tools, any
 * one thread.
 */
#pragma once
#include "err.h"
#include "kafka_describe.h"
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

struct kafka_topic_spec {
	const char *name;
	int partitions, replication;
	const char *cleanup;  /* "delete" or "compact" */
	int64_t retention_ms; /* -1: for ever */
};

struct kafka_admin;
struct kafka_admin *kafka_admin_new(const struct settings *s, struct err *e);
void kafka_admin_free(struct kafka_admin *a);
#define KAFKA_TOPIC_WRONG (-2)

/* Creates what is missing and waits until it can be written (at most `timeout_ms`). -1: not now;
 * KAFKA_TOPIC_WRONG: one is there with another number of partitions, which only an operator can mend. */
must_check int kafka_admin_ensure(struct kafka_admin *a, const struct kafka_topic_spec *specs,
	size_t count, int timeout_ms, struct err *e);
/* How existing topics are configured. Blocks up to `timeout_ms`. -1: not known, e.g. not allowed to ask. */
must_check int kafka_admin_describe(struct kafka_admin *a, struct kafka_topic_found *found,
	size_t count, int timeout_ms, struct err *e);
/* Deletes every topic whose name begins with `prefix` and waits until none is left. Returns how
 * many, -1 on error. */
must_check int kafka_admin_delete_prefix(
	struct kafka_admin *a, const char *prefix, int timeout_ms, struct err *e);
/* Low and high watermark of one partition. */
must_check int kafka_admin_watermarks(struct kafka_admin *a, const char *topic, int partition,
	int timeout_ms, int64_t *low, int64_t *high, struct err *e);
