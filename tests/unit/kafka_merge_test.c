/* Goal: what is there of several partitions comes in the order in which it was produced, by kafka_consumer. */
#include "kafka_reading.h"
#include <stdlib.h>

#define AT_ONCE 25

/* A backlog of three partitions, written in turns of ten messages: all of a partition comes in one fetch. */
static void produce_in_turns(int count)
{
	struct err e = {""};
	struct kafka_producer *p;

	kafka_mock_set(&mock, "kafka.linger.ms=5000");
	p = kafka_producer_new(mock.settings, NULL, NULL, &e);
	assert_non_null(p);
	for (int i = 0; i < count; i++) {
		char value[20];
		struct kafka_message message = {.topic = kafka_producer_topic(p, "a", &e),
			.partition = i / 10 % 3,
			.value = value};
		message.value_len = (size_t)snprintf(value, sizeof(value), "%d", i);
		if (i % 10 == 0) /* the next turn is in another millisecond */
			for (int64_t ms = clock_wall_us() / MS_US; clock_wall_us() / MS_US == ms;)
				;
		assert_int_equal(kafka_producer_send(p, &message), KAFKA_SENT);
	}
	assert_int_equal(kafka_producer_flush(p, KAFKA_MOCK_WAIT_MS), 0);
	kafka_producer_free(p);
}

/* Reads all from the begin; how many came in the exact order of production. */
static size_t read_in_order(void)
{
	const struct kafka_place places[] = {{"a", 0, 0, 0}, {"a", 1, 0, 1}, {"a", 2, 0, 2}};
	const struct kafka_record *records;
	size_t n, got = 0, in_order = 0;
	struct err e = {""};
	bool seen[3] = {false};

	assign(places, 3);
	for (int i = 0; i < 3; i++) { /* each partition's answer is here, with all that it has */
		int64_t deadline = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;

		while (kafka_consumer_high(consumer, "a", i) != 200)
			assert_true(clock_mono_us() < deadline);
	}
	while (got < 600) {
		assert_int_equal(poll_any(AT_ONCE, &records, &n, &e), KAFKA_RECORDS);
		for (size_t i = 0; i < n; i++, got++) {
			size_t value = strtoul(records[i].value, NULL, 10);

			/* One that came after the others has to catch up first; once all are there the order is exact. */
			if (seen[0] && seen[1] && seen[2]) {
				in_order += value == got;
				assert_true(value == got || in_order == 0);
			}
			seen[records[i].tag] = true;
		}
	}
	return in_order;
}

static void merges_partitions_by_the_time_of_production(void **state)
{
	(void)state;
	produce_in_turns(600);
	/* On a busy machine the records of one may reach their queue long after its answer. */
	for (int round = 0; read_in_order() < 200; round++)
		assert_in_range(round, 0, 20);
}

/* Who waits is woken, whichever partition it is that gets something. */
static void waits_for_all_partitions(void **state)
{
	const struct kafka_place places[] = {{"a", 0, 0, 0}, {"a", 1, 0, 1}, {"a", 2, 0, 2}};
	const struct kafka_record *records;
	size_t n;
	struct err e = {""};

	(void)state;
	assign(places, 3);
	for (int i = 0; i < 12; i++) {
		kafka_mock_produce(&mock, "a", i % 3, i, 1);
		assert_int_equal(kafka_consumer_poll(
					 consumer, KAFKA_MOCK_WAIT_MS, AT_ONCE, &records, &n, &e),
			KAFKA_RECORDS);
		assert_int_equal(n, 1);
		assert_int_equal(records->tag, i % 3);
		assert_int_equal(records->offset, i / 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			merges_partitions_by_the_time_of_production, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waits_for_all_partitions, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
