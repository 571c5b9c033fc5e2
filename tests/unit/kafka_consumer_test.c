/* Goal: records of partitions in order, from where they are asked for, whatever becomes of the broker and of what it keeps. */
#include "kafka_reading.h"
#include <string.h>

#define BATCH 500

/* Reads `count` records, each tag's in order without a hole. `next` by tag: value expected next. */
static void read_in_order(int *next, size_t count)
{
	while (count > 0) {
		const struct kafka_record *records;
		size_t n;
		struct err e = {""};
		enum kafka_polled polled =
			poll_any(count < BATCH ? count : BATCH, &records, &n, &e);
		if (polled == KAFKA_ERROR)
			continue;
		assert_int_equal(polled, KAFKA_RECORDS);
		assert_in_range(n, 1, count);
		for (size_t i = 0; i < n; i++) {
			char value[20];
			const struct kafka_record *r = &records[i];
			snprintf(value, sizeof(value), "%d", next[r->tag]++);
			assert_int_equal(r->value_len, strlen(value));
			assert_memory_equal(r->value, value, r->value_len);
		}
		count -= n;
	}
}

static void nothing_more(void)
{
	const struct kafka_record *records;
	size_t n = 7;

	assert_int_equal(
		kafka_consumer_poll(consumer, 200, BATCH, &records, &n, NULL), KAFKA_NOTHING);
	assert_int_equal(n, 0);
}

static void reads_each_partition_in_order(void **state)
{
	const struct kafka_place places[] = {
		{"a", 0, KAFKA_OFFSET_BEGIN, 0},
		{"a", 3, KAFKA_OFFSET_BEGIN, 1},
		{"b", 3, 100, 2},
	};
	int next[] = {0, 5000, 100};

	(void)state;
	kafka_mock_produce(&mock, "a", 0, 0, 3000);
	kafka_mock_produce(&mock, "a", 3, 5000, 2000);
	kafka_mock_produce(&mock, "b", 3, 0, 1100);
	kafka_mock_produce(&mock, "b", 0, 9000, 10); /* not assigned */
	assign(places, 3);
	read_in_order(next, 6000);
	nothing_more();
	assert_int_equal(next[0], 3000);
	assert_int_equal(next[1], 7000);
	assert_int_equal(next[2], 1100);
	kafka_mock_produce(&mock, "a", 3, 7000, 1);
	read_in_order(next, 1);
	assert_int_equal(next[1], 7001);
}

static void lends_all_of_a_record(void **state)
{
	const struct kafka_place place = {"a", 2, KAFKA_OFFSET_BEGIN, 42};
	const struct kafka_record *records;
	size_t n;
	struct err e = {""};
	int64_t before_ms = clock_wall_us() / MS_US;

	(void)state;
	kafka_mock_produce(&mock, "a", 2, 77, 1);
	assign(&place, 1);
	assert_int_equal(poll_any(BATCH, &records, &n, &e), KAFKA_RECORDS);
	assert_int_equal(n, 1);
	assert_int_equal(records->tag, 42);
	assert_int_equal(records->partition, 2);
	assert_int_equal(records->offset, 0);
	assert_in_range(records->produced_ms, before_ms, before_ms + KAFKA_MOCK_WAIT_MS);
	assert_int_equal(records->key_len, 1);
	assert_memory_equal(records->key, "K", 1);
	assert_memory_equal(records->value, "77", 2);
	assert_false(records->is_control);
	assert_int_equal(records->received_us, 1723161255343000);
	assert_int_equal(records->stated_us, 0);
}

static void tells_control_records_and_bad_headers(void **state)
{
	static const struct kafka_message messages[] = {
		{.partition = 0, .value = "{}", .value_len = 2, .headers = {{"control", "1"}}},
		{.partition = 0, .key = "K", .key_len = 1}, /* a tombstone */
		{.partition = 0, .value = "", .value_len = 0, .headers = {{"stated_us", "12"}}},
		{.partition = 0, .value = "x", .value_len = 1, .headers = {{"received_us", "-1"}}},
		{.partition = 0, .value = "x", .value_len = 1, .headers = {{"received_us", "1x"}}},
		{.partition = 0,
			.value = "x",
			.value_len = 1,
			.headers = {{"stated_us", "99999999999999999999"}, {"received_us", ""}}},
	};
	enum { COUNT = sizeof(messages) / sizeof(*messages) };
	const struct kafka_place place = {"a", 0, KAFKA_OFFSET_BEGIN, 0};
	const struct kafka_record *r;
	size_t n;
	struct err e = {""};
	struct kafka_producer *p = kafka_producer_new(mock.settings, NULL, NULL, &e);

	(void)state;
	assert_int_equal(kafka_producer_topic(p, "a", &e), 0);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(kafka_producer_send(p, &messages[i]), KAFKA_SENT);
	assert_int_equal(kafka_producer_flush(p, KAFKA_MOCK_WAIT_MS), 0);
	kafka_producer_free(p);
	assign(&place, 1);
	for (size_t i = 0; i < COUNT; i += n, r += n) {
		assert_int_equal(poll_any(1, &r, &n, &e), KAFKA_RECORDS);
		assert_int_equal(n, 1);
		assert_int_equal(r->offset, i);
		assert_int_equal(r->is_control, i == 0);
		assert_int_equal(r->received_us, 0);
		assert_int_equal(r->stated_us, i == 2 ? 12 : 0);
		if (i != 1)
			assert_null(r->key);
		if (i == 1)
			assert_null(r->value);
		else
			assert_non_null(r->value);
	}
}

/* The end is asked for when the partition's leader is known; what is produced from then on is read. */
static void begins_at_the_end(void **state)
{
	const struct kafka_place place = {"a", 1, KAFKA_OFFSET_END, 0};
	const struct kafka_record *records;
	size_t n;
	struct err e = {""};
	int produced = 10, next[1];
	int64_t deadline = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;

	(void)state;
	kafka_mock_produce(&mock, "a", 1, 0, produced);
	assign(&place, 1);
	while (kafka_consumer_poll(consumer, 100, 1, &records, &n, &e) != KAFKA_RECORDS) {
		assert_true(clock_mono_us() < deadline);
		kafka_mock_produce(&mock, "a", 1, produced++, 1);
	}
	assert_in_range(records->offset, 10, produced - 1);
	next[0] = (int)records->offset + 1;
	read_in_order(next, (size_t)(produced - next[0]));
	nothing_more();
}

static void gives_at_most_what_was_asked_for(void **state)
{
	const struct kafka_place place = {"a", 1, 0, 0};
	const struct kafka_record *records;
	size_t n, got = 0;
	struct err e = {""};

	(void)state;
	kafka_mock_produce(&mock, "a", 1, 0, 100);
	assign(&place, 1);
	while (got < 100) {
		assert_int_equal(poll_any(7, &records, &n, &e), KAFKA_RECORDS);
		assert_in_range(n, 1, 7);
		assert_int_equal(records[0].offset, got);
		got += n;
	}
	assert_int_equal(kafka_consumer_poll(consumer, 0, 0, &records, &n, &e), KAFKA_NOTHING);
}

static void begins_anew_with_each_assignment(void **state)
{
	struct kafka_place places[] = {{"a", 1, 0, 0}, {"b", 1, 0, 1}};
	int next[] = {0, 0};

	(void)state;
	kafka_mock_produce(&mock, "a", 1, 0, 2000);
	kafka_mock_produce(&mock, "b", 1, 0, 2000);
	assign(places, 2);
	read_in_order(next, 2 * BATCH); /* and more is waiting in the queue */
	for (int round = 0; round < 20; round++) {
		places[0].offset = round * 10;
		places[0].tag = 1 - places[0].tag;
		next[places[0].tag] = round * 10;
		assign(places, 1);
		read_in_order(next, 100);
	}
	assign(NULL, 0);
	nothing_more();
}

static void says_which_offset_is_gone(void **state)
{
	const struct kafka_place places[] = {{"a", 1, 0, 5}, {"a", 2, 1000, 6}};
	const struct kafka_record *records;
	size_t n, got = 0;
	struct err e = {""};
	int tag = -1, partition = -1;
	enum kafka_polled polled;

	(void)state;
	kafka_mock_produce(&mock, "a", 1, 0, 10);
	kafka_mock_produce(&mock, "a", 2, 0, 10);
	assign(places, 2);
	while ((polled = poll_any(BATCH, &records, &n, &e)) == KAFKA_RECORDS) {
		assert_int_equal(records[0].tag, 5);
		got += n;
	}
	assert_int_equal(polled, KAFKA_OUT_OF_RANGE);
	kafka_consumer_failed_place(consumer, &tag, &partition);
	assert_int_equal(tag, 6);
	assert_int_equal(partition, 2);
	assert_non_null(strstr(e.text, "'a' [2]"));

	/* The other partition goes on. */
	kafka_mock_produce(&mock, "a", 1, 10, 5);
	while (got < 15) {
		assert_int_equal(poll_any(BATCH, &records, &n, &e), KAFKA_RECORDS);
		got += n;
	}
	/* A new assignment starts from a clean slate. */
	struct kafka_place again = {"a", 2, 10, 0};
	assign(&again, 1);
	nothing_more();
}

static void reports_absent_brokers_once_a_second(void **state)
{
	const struct kafka_place place = {"a", 0, 0, 0};
	const struct kafka_record *records;
	size_t n, errors = 0;
	struct err e = {""};
	int next[] = {1};

	(void)state;
	kafka_mock_produce(&mock, "a", 0, 0, 1);
	assign(&place, 1);
	assert_int_equal(poll_any(BATCH, &records, &n, &e), KAFKA_RECORDS);
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	int64_t begin = clock_mono_us();
	while (clock_mono_us() - begin < 2500 * MS_US) {
		enum kafka_polled polled =
			kafka_consumer_poll(consumer, 50, BATCH, &records, &n, &e);
		assert_true(polled == KAFKA_NOTHING || polled == KAFKA_ERROR);
		errors += polled == KAFKA_ERROR;
	}
	assert_in_range(errors, 1, 4);
	assert_true(e.text[0] != '\0');
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	kafka_mock_produce(&mock, "a", 0, 1, 5);
	read_in_order(next, 5);
}

static void survives_errors_of_fetching(void **state)
{
	const struct kafka_place place = {"a", 0, 0, 0};
	int next[] = {0};

	(void)state;
	kafka_mock_produce(&mock, "a", 0, 0, 100);
	rd_kafka_mock_push_request_errors(mock.cluster, API_FETCH, 3,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_UNKNOWN);
	assign(&place, 1);
	read_in_order(next, 100);
}

static void asks_for_the_watermarks(void **state)
{
	int64_t low = -7, high = -7;
	struct err e = {""};

	(void)state;
	kafka_mock_produce(&mock, "b", 3, 0, 25);
	assert_int_equal(
		kafka_consumer_watermarks(consumer, "b", 3, KAFKA_MOCK_WAIT_MS, &low, &high, &e),
		0);
	assert_int_equal(low, 0);
	assert_int_equal(high, 25);
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	low = high = -7;
	assert_int_equal(kafka_consumer_watermarks(consumer, "b", 3, 300, &low, &high, &e), -1);
	assert_non_null(strstr(e.text, "'b' [3]"));
	assert_int_equal(low, -7);
	assert_int_equal(high, -7);
}

static void refuses_what_is_no_place(void **state)
{
	const struct kafka_place bad[] = {{"a", -1, 0, 0}, {"a", 0, -1001, 0}, {"", 0, 0, 0}};
	const struct kafka_place twice[] = {{"a", 0, 0, 0}, {"a", 0, 0, 0}};
	struct err e = {""};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e.text[0] = '\0';
		assert_int_equal(kafka_consumer_assign(consumer, &bad[i], 1, &e), -1);
		assert_true(e.text[0] != '\0');
	}
	assert_int_equal(kafka_consumer_assign(consumer, twice, 2, &e), -1);
	nothing_more();
	kafka_consumer_free(NULL);
}

static void keeps_its_promises_from_the_operator(void **state)
{
	static const char *const keys[] = {"auto.offset.reset=latest", "enable.auto.commit=true"};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct kafka_mock m = {.settings = kafka_mock_settings("127.0.0.1:1")};
		struct err e = {""};
		snprintf(text, sizeof(text), "kafka.%s", keys[i]);
		kafka_mock_set(&m, text);
		assert_null(kafka_consumer_new(m.settings, &e));
		assert_non_null(strstr(e.text, "can't be set"));
		settings_free(m.settings);
	}
}

#define with_cluster(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_cluster(reads_each_partition_in_order),
		with_cluster(lends_all_of_a_record),
		with_cluster(tells_control_records_and_bad_headers),
		with_cluster(begins_at_the_end),
		with_cluster(gives_at_most_what_was_asked_for),
		with_cluster(begins_anew_with_each_assignment),
		with_cluster(says_which_offset_is_gone),
		with_cluster(reports_absent_brokers_once_a_second),
		with_cluster(survives_errors_of_fetching),
		with_cluster(asks_for_the_watermarks),
		with_cluster(refuses_what_is_no_place),
		cmocka_unit_test(keeps_its_promises_from_the_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
