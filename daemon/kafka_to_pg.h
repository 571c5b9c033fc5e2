/*
 * kafka_to_pg: the arrow from the live topics into PostgreSQL, on the threads "sink", which takes, and "sink-commit", which writes.
 *
 * Reads every partition of every stream topic by assignment from the offsets that the database holds, gathers a batch by count and
 * age, and writes it in one fenced transaction (sink_commit.h). When PostgreSQL is slow or away it holds that
 * batch and the next one and stops reading: librdkafka's queue is bounded, Kafka keeps the rest. Fenced by another sink, it stands by.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stdbool.h>

struct kafka_to_pg;
/* Starts the threads "sink" and "maintenance"; connecting goes on in them, with retries. NULL: `e` says why. */
struct kafka_to_pg *kafka_to_pg_start(const struct settings *s, struct err *e);
/* Drains what Kafka has (at most 3 s), commits it, joins the threads. NULL is fine. Returns false if a bug, or a
 * refused row that comes from no single record, had stopped the sink. */
bool kafka_to_pg_stop(struct kafka_to_pg *k);
