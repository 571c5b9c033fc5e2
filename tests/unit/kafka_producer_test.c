#include "clock.h"
#include "kafka_mock.h"
#include "kafka_producer.h"
#include "test.h"
#include <string.h>

#define WAIT_MS 20000
#define VALUE "{\"e\":\"trade\"}"

static struct kafka_mock mock;

struct count {
	size_t good, bad;
	uintptr_t sum; /* of the opaques */
};

static void delivered(void *arg, uintptr_t opaque, int ok)
{
	struct count *c = arg;

	if (ok)
		c->good++;
	else
		c->bad++;
	c->sum += opaque;
}

static int set_up(void **state)
{
	(void)state;
	kafka_mock_init(&mock);
	kafka_mock_topic(&mock, "t", 4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kafka_mock_done(&mock);
	return 0;
}

static struct kafka_producer *producer(struct count *count)
{
	struct err e = {""};
	struct kafka_producer *p = kafka_producer_new(mock.settings, delivered, count, &e);

	if (!p)
		fail_msg("%s", e.text);
	assert_int_equal(kafka_producer_topic(p, "t", &e), 0);
	return p;
}

static struct kafka_message message(const char *key, uintptr_t opaque)
{
	return (struct kafka_message){
		.topic = 0,
		.partition = KAFKA_PARTITION_BY_KEY,
		.key = key,
		.key_len = key ? strlen(key) : 0,
		.value = VALUE,
		.value_len = strlen(VALUE),
		.headers = {{"received_us", "1"}, {"source", "ws"}},
		.opaque = opaque,
	};
}

/* Polls until so many were delivered or given back. */
static void wait_for(struct kafka_producer *p, const struct count *c, size_t count)
{
	int64_t deadline = clock_mono_us() + WAIT_MS * MS_US;

	while (c->good + c->bad < count && clock_mono_us() < deadline)
		kafka_producer_poll(p, 50);
	assert_int_equal(c->good + c->bad, count);
}

static void delivers_each_message_once(void **state)
{
	enum { MESSAGES = 1000 };
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	uintptr_t sum = 0;

	(void)state;
	for (uintptr_t i = 1; i <= MESSAGES; i++) {
		struct kafka_message m = message(i % 3 ? "BTCUSDT" : NULL, i);
		if (!m.key)
			m.partition = (int)(i % 4);
		assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
		sum += i;
	}
	assert_int_equal(kafka_producer_flush(p, WAIT_MS), 0);
	assert_int_equal(kafka_producer_queued(p), 0);
	assert_int_equal(count.good, MESSAGES);
	assert_int_equal(count.bad, 0);
	assert_int_equal(count.sum, sum);
	kafka_producer_free(p);
}

static void copies_what_it_sends(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	char key[] = "KEY", value[] = "VALUE", name[] = "source", text[] = "ws";
	struct kafka_message m = {.partition = 0,
		.key = key,
		.key_len = 3,
		.value = value,
		.value_len = 5,
		.headers = {{name, text}}};

	(void)state;
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	memset(key, 'x', 3);
	memset(value, 'x', 5);
	memset(name, 'x', 6);
	memset(text, 'x', 2);
	wait_for(p, &count, 1);
	assert_int_equal(count.good, 1);
	kafka_producer_free(p);
}

static void keeps_one_handle_a_topic(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	char name[20];
	struct err e = {""};

	(void)state;
	for (int i = 1; i < 32; i++) {
		snprintf(name, sizeof(name), "topic%d", i);
		assert_int_equal(kafka_producer_topic(p, name, &e), i);
	}
	assert_int_equal(kafka_producer_topic(p, "t", &e), 0);
	assert_int_equal(kafka_producer_topic(p, "topic7", &e), 7);
	assert_int_equal(kafka_producer_topic(p, "one too many", &e), -1);
	assert_non_null(strstr(e.text, "32"));
	kafka_producer_free(p);
}

static void says_when_it_is_full(void **state)
{
	struct count count = {0};
	struct kafka_message m = message("BTCUSDT", 1);
	static char value[60000];
	size_t sent = 0;

	(void)state;
	/* 1 MiB at most, and nobody to take it. */
	kafka_mock_set(&mock, "kafka.queue.buffering.max.kbytes=1024");
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	struct kafka_producer *p = producer(&count);
	m.value = value;
	m.value_len = sizeof(value);
	while (kafka_producer_send(p, &m) == KAFKA_SENT)
		sent++;
	assert_int_equal(sent, 1024 * 1024 / sizeof(value));
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_FULL);
	int64_t begin = clock_mono_us();
	assert_int_equal(kafka_producer_flush(p, 200), sent);
	assert_true(clock_mono_us() - begin < 5 * SECOND_US);
	assert_int_equal(count.good + count.bad, 0);

	/* There is room again as soon as the broker is back, and nothing was lost. */
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	wait_for(p, &count, sent);
	assert_int_equal(count.good, sent);
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	kafka_producer_free(p);
}

/* What a small record costs is mostly librdkafka's own. */
static void bounds_the_memory_of_small_records(void **state)
{
	struct count count = {0};
	struct kafka_message m = message("BTCUSDT", 1);
	const size_t bound = 1024 * 1024;
	size_t sent = 0;

	(void)state;
	kafka_mock_set(&mock, "kafka.queue.buffering.max.kbytes=1024");
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	struct kafka_producer *p = producer(&count);
	while (kafka_producer_send(p, &m) == KAFKA_SENT)
		sent++;
	assert_in_range(sent, bound / 800, bound / 500);
	assert_in_range(kafka_producer_queued_bytes(p), bound - 800, bound);
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	wait_for(p, &count, sent);
	assert_int_equal(kafka_producer_queued_bytes(p), 0);
	kafka_producer_free(p);
}

static void refuses_what_is_too_large(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	struct kafka_message m = message("BTCUSDT", 1);
	char *value = test_calloc(1, 2000000);

	(void)state;
	m.value = value;
	m.value_len = 2000000;
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_REFUSED);
	assert_true(kafka_producer_reason(p)[0] != '\0');
	m.value_len = 1000;
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	wait_for(p, &count, 1);
	assert_int_equal(count.good, 1);
	test_free(value);
	kafka_producer_free(p);
}

static void goes_on_after_passing_errors(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);

	(void)state;
	rd_kafka_mock_push_request_errors(mock.cluster, API_PRODUCE, 3,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
	for (uintptr_t i = 0; i < 100; i++) {
		struct kafka_message m = message("BTCUSDT", i);
		assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	}
	wait_for(p, &count, 100);
	assert_int_equal(count.good, 100);
	kafka_producer_free(p);
}

static void tells_what_failed_for_good(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	struct kafka_message m = message("BTCUSDT", 9);

	(void)state;
	rd_kafka_mock_push_request_errors(
		mock.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	wait_for(p, &count, 1);
	assert_int_equal(count.bad, 1);
	assert_int_equal(count.sum, 9);
	assert_non_null(strstr(kafka_producer_reason(p), "authorization"));
	kafka_producer_free(p);
}

static void gives_everything_back_when_it_is_dead(void **state)
{
	struct count count = {0};
	struct kafka_producer *p = producer(&count);
	size_t sent = 0;
	enum kafka_sent last = KAFKA_SENT;
	int64_t deadline = clock_mono_us() + WAIT_MS * MS_US;

	(void)state;
	struct kafka_message m = message("BTCUSDT", 1);
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	wait_for(p, &count, 1);
	/* The broker has forgotten the sequence: nothing can be proven any more. */
	rd_kafka_mock_push_request_errors(
		mock.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	while (last == KAFKA_SENT && clock_mono_us() < deadline) {
		last = kafka_producer_send(p, &m);
		sent += last == KAFKA_SENT;
		kafka_producer_poll(p, 10);
	}
	assert_int_equal(last, KAFKA_DEAD);
	assert_non_null(strstr(kafka_producer_reason(p), "OUT_OF_ORDER"));
	wait_for(p, &count, 1 + sent);
	assert_int_equal(count.good, 1);
	assert_int_equal(count.bad, sent);
	assert_int_equal(kafka_producer_queued(p), 0);
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_DEAD);
	kafka_producer_free(p);

	/* A new one takes over. */
	count = (struct count){0};
	p = producer(&count);
	assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	wait_for(p, &count, 1);
	assert_int_equal(count.good, 1);
	kafka_producer_free(p);
}

static void leaves_without_waiting(void **state)
{
	struct count count = {0};

	(void)state;
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	struct kafka_producer *p = producer(&count);
	struct kafka_message m = message("BTCUSDT", 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	assert_int_equal(kafka_producer_flush(p, 0), 100);
	int64_t begin = clock_mono_us();
	kafka_producer_free(p);
	assert_true(clock_mono_us() - begin < 3 * SECOND_US);
	assert_int_equal(count.good + count.bad, 0);
	kafka_producer_free(NULL);
}

static void keeps_its_promises_from_the_operator(void **state)
{
	static const char *const keys[] = {"enable.idempotence=false", "acks=1",
		"request.required.acks=1", "message.timeout.ms=5", "delivery.timeout.ms=5",
		"partitioner=random"};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct kafka_mock m = {.settings = kafka_mock_settings("127.0.0.1:1")};
		struct err e = {""};
		snprintf(text, sizeof(text), "kafka.%s", keys[i]);
		kafka_mock_set(&m, text);
		assert_null(kafka_producer_new(m.settings, NULL, NULL, &e));
		assert_non_null(strstr(e.text, "can't be set"));
		settings_free(m.settings);
	}
}

#define with_cluster(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_cluster(delivers_each_message_once),
		with_cluster(copies_what_it_sends),
		with_cluster(keeps_one_handle_a_topic),
		with_cluster(says_when_it_is_full),
		with_cluster(bounds_the_memory_of_small_records),
		with_cluster(refuses_what_is_too_large),
		with_cluster(goes_on_after_passing_errors),
		with_cluster(tells_what_failed_for_good),
		with_cluster(gives_everything_back_when_it_is_dead),
		with_cluster(leaves_without_waiting),
		cmocka_unit_test(keeps_its_promises_from_the_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
