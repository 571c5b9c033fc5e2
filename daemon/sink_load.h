/*
 * sink_load: takes the venue over from a former sink, loads what it had committed, and says from where to read.
 *
 * Each place is read again from `replay_from` (and at least from the record before `next`, whose identity tells whether the topic is still
 * the same). Topics made anew begin a new epoch; expired offsets go on at the low watermark; both leave the
 * sessions `skipped`, so that a gap appears. Sink thread; blocks on PostgreSQL and Kafka.
 */
#pragma once
#include "kafka_consumer.h"
#include "pg.h"
#include "sink_state.h"

struct sink_load {
	struct pg *pg;
	struct kafka_consumer *consumer;
	const char *token, *topic_prefix;
};

/* Fills `st` (initialised, else empty) and assigns the consumer. PG_RETRY also when Kafka is away. */
must_check enum pg_failure sink_load(
	const struct sink_load *from, struct sink_state *st, struct err *e);
/* True if this record shows that its topic was made anew since we read it. */
bool sink_load_is_other_topic(struct sink_state *st, const struct kafka_record *r);
/* Raises the epoch and forgets all offsets; then load again. */
must_check enum pg_failure sink_load_new_epoch(
	const struct sink_load *from, const struct sink_state *st, struct err *e);
