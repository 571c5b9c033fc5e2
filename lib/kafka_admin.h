/*
 * kafka_admin: creating, checking and deleting topics. Blocking calls, for start-up and tools, any
 * one thread.
 */
#pragma once
#include "err.h"
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
/* Creates what is missing and waits until it can be written (at most `timeout_ms`); an existing
 * topic with another number of partitions is an error. */
must_check int kafka_admin_ensure(struct kafka_admin *a, const struct kafka_topic_spec *specs,
	size_t count, int timeout_ms, struct err *e);
/* Deletes every topic whose name begins with `prefix` and waits until none is left. Returns how
 * many, -1 on error. */
must_check int kafka_admin_delete_prefix(
	struct kafka_admin *a, const char *prefix, int timeout_ms, struct err *e);
/* Low and high watermark of one partition. */
must_check int kafka_admin_watermarks(struct kafka_admin *a, const char *topic, int partition,
	int timeout_ms, int64_t *low, int64_t *high, struct err *e);
