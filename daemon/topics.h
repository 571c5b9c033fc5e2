/*
 * topics: the venue's topics in Kafka, as the settings want them: one per stream kind, collected or not, those of their history, and meta.
 *
 * Feed and sink both ask for them at their start, because they may run on different machines.
 */
#pragma once
#include "err.h"
#include "kafka_admin.h"
#include "settings.h"

/* Creates what is missing and waits until it can be written, at most `timeout_ms`. Any thread; blocks. -1: again later. */
must_check int topics_ensure(
	const struct settings *s, struct kafka_admin *admin, int timeout_ms, struct err *e);
