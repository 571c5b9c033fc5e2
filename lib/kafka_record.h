/*
 * kafka_record: one record as kafka_consumer lends it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_record {
	int tag;
	int partition;
	int64_t offset;
	int64_t produced_ms; /* the record's timestamp: time of production, wall clock */
	const char *key;     /* NULL: none */
	size_t key_len;
	const char *value; /* NULL: tombstone */
	size_t value_len;
	bool is_control;     /* header "control" */
	int64_t received_us; /* header "received_us", 0 if absent */
	int64_t stated_us;   /* header "stated_us", 0 if absent */
};

struct rd_kafka_message_s;
/* For kafka_consumer only: fills `r` from librdkafka's message, which it lends from. A header that
 * is not the number it should be counts as absent. */
void kafka_record_fill(struct kafka_record *r, struct rd_kafka_message_s *m, int tag);
