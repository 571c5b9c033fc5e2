/*
 * kafka_reading: one consumer of topics "a" and "b", four partitions each, on the mock cluster. Included by one .c file a program.
 */
#pragma once
#include "clock.h"
#include "kafka_consumer.h"
#include "kafka_mock.h"

static struct kafka_mock mock;
static struct kafka_consumer *consumer;

static int set_up(void **state)
{
	struct err e = {""};

	(void)state;
	kafka_mock_init(&mock);
	kafka_mock_topic(&mock, "a", 4);
	kafka_mock_topic(&mock, "b", 4);
	consumer = kafka_consumer_new(mock.settings, &e);
	return consumer ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	kafka_consumer_free(consumer);
	kafka_mock_done(&mock);
	return 0;
}

static void assign(const struct kafka_place *places, size_t count)
{
	struct err e = {""};

	if (kafka_consumer_assign(consumer, places, count, &e) != 0)
		fail_msg("%s", e.text);
}

/* Polls until there is something else than nothing. */
static enum kafka_polled poll_any(
	size_t max, const struct kafka_record **records, size_t *count, struct err *e)
{
	int64_t deadline = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;
	enum kafka_polled polled;

	do {
		polled = kafka_consumer_poll(consumer, 100, max, records, count, e);
	} while (polled == KAFKA_NOTHING && clock_mono_us() < deadline);
	return polled;
}
