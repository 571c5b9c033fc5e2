/*
 * kafka_conf: librdkafka's configuration from the [kafka] section: bootstrap.servers and any
 * property of the operator's.
 *
 * Private to the kafka_* files: the only ones that see <librdkafka/rdkafka.h>.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <librdkafka/rdkafka.h>

/* A new configuration: our `defaults` (pairs, NULL-terminated) first, the operator's properties
 * over them, then `fixed` pairs that promises rest on and nobody may change (an operator who sets
 * one of them gets an error naming it). librdkafka's own log goes to log.h. NULL on error. Caller
 * owns. */
rd_kafka_conf_t *kafka_conf_new(const struct settings *s, const char *const *defaults,
	const char *const *fixed, struct err *e);
