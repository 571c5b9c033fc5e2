/*
 * topic: names of the Kafka topics, and which partition a symbol lives in.
 */
#pragma once
#include "stream.h"
#include <stddef.h>
#include <stdint.h>

#define TOPIC_PARTITIONS 8 /* fixed for ever: more partitions means new topics and a new epoch */
#define TOPIC_NAME_SIZE 200

/* "<prefix>.<venue>.<stream>" */
void topic_of_stream(
	char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue, enum stream_kind kind);
/* "<prefix>.<venue>.<stream>.history": what back-fill and import bring. */
void topic_of_history(
	char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue, enum stream_kind kind);
/* "<prefix>.<venue>.meta" */
void topic_of_meta(char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue);
/* murmur2 as Kafka's Java client and librdkafka's partitioner=murmur2 compute it, modulo
 * TOPIC_PARTITIONS. */
int topic_partition(const char *symbol, size_t len);
