/*
 * sink_take: one Kafka record → memory (sink_state) and what must be written (sink_batch).
 *
 * Records below the place's committed offset only rebuild memory after a start: they write nothing. A record that can't be
 * understood goes to quarantine and harms nothing else. Sink thread.
 */
#pragma once
#include "event.h"
#include "kafka_consumer.h"
#include "sink_batch.h"
#include "sink_state.h"

/* -1: no memory, or a sum overflowed: memory and batch are no longer trustworthy; start again from the database. */
must_check int sink_take(struct sink_state *st, struct sink_batch *b, struct event_parser *parser,
	const struct kafka_record *r, struct err *e);
/* A hash of the record by which a topic made anew is noticed; never 0. */
int64_t sink_take_identity(const struct kafka_record *r);
/* Tells the places the identity of the record that each has taken last: while those are still lent, and before a batch is sealed. */
void sink_take_identities(struct sink_state *st);
