/*
 * topics: the venue's topics in Kafka, as the settings want them: one per stream kind, collected or not, those of their history, and meta.
 *
 * Feed and sink both ask for them at their start, because they may run on different machines.
 */
#pragma once
#include "err.h"
#include "kafka_admin.h"
#include "settings.h"
#include <stdbool.h>

/* Once a process, what exists is compared with the settings: retention and replication that differ are told in the log.
 * They are never changed: somebody may have wanted them so.
 *
 * Creates what is missing and waits until it can be written, at most `timeout_ms`. Any thread; blocks. -1: again later;
 * KAFKA_TOPIC_WRONG: a topic has another number of partitions, or a stream's is compacted; see topics_refuse. */
must_check int topics_ensure(
	const struct settings *s, struct kafka_admin *admin, int timeout_ms, struct err *e);
/* A topic can't be used and waiting will not mend it: says so and ends the process in order (SIGTERM to itself), with exit code 2. */
void topics_refuse(const struct err *why);
bool topics_are_refused(void);
