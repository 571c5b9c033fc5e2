/* Topics that are not there yet when live starts: passed over, noticed when they appear, and read from their beginning or anew. The mock
 * cluster makes each topic that it is asked for, so that none is there is a real broker's to say. */
#include "cgi/kafka_tail.h"
#include "clock.h"
#include "kafka_admin.h"
#include "kafka_mock.h"
#include "test.h"
#include <string.h>
#include <unistd.h>

#define BACK_MS 60000
#define LATE STREAM_TRADE /* the stream whose topic comes late */

static struct kafka_mock mock; /* of a real broker: its settings alone */
static struct kafka_admin *admin;
static struct kafka_consumer *consumer;
static struct kafka_tail tail;
static atomic_bool stopping;
static struct err e;

static int begin(void)
{
	kafka_tail_init(&tail, mock.settings);
	consumer = kafka_consumer_new(mock.settings, &e);
	atomic_store(&stopping, false);
	return consumer ? 0 : -1;
}

static int set_up(void **state)
{
	(void)state;
	kafka_mock_init(&mock);
	int rc = begin();
	for (int k = 0; k < STREAM_COUNT; k++)
		kafka_mock_topic(&mock, tail.names[k], TOPIC_PARTITIONS);
	kafka_mock_topic(&mock, tail.names[TAIL_META], 1);
	return rc;
}

static int tear_down(void **state)
{
	(void)state;
	kafka_consumer_free(consumer);
	kafka_mock_done(&mock);
	return 0;
}

static void ensure(int tag, const char *cleanup, int partitions)
{
	const struct kafka_topic_spec spec = {
		tail.names[tag], partitions, 1, cleanup, HOUR_US / MS_US};

	if (kafka_admin_ensure(admin, &spec, 1, KAFKA_MOCK_WAIT_MS, &e) != 0)
		fail_msg("%s", e.text);
}

/* Topics of this test's own, all but that one. */
static int set_up_broker(void **state)
{
	const char *bootstrap = getenv("PRICEGRAPH_TEST_KAFKA");
	char prefix[100];

	(void)state;
	if (!bootstrap)
		return 0;
	mock.settings = kafka_mock_settings(bootstrap);
	snprintf(prefix, sizeof(prefix), "topics.prefix=tail-%ld-%lld", (long)getpid(),
		(long long)clock_wall_us());
	kafka_mock_set(&mock, prefix);
	admin = kafka_admin_new(mock.settings, &e);
	assert_non_null(admin);
	if (begin() != 0)
		return -1;
	for (int k = 0; k < STREAM_COUNT; k++)
		if (k != LATE)
			ensure(k, "delete", TOPIC_PARTITIONS);
	ensure(TAIL_META, "compact", 1);
	return 0;
}

static int tear_down_broker(void **state)
{
	(void)state;
	if (!admin)
		return 0;
	kafka_consumer_free(consumer);
	int gone = kafka_admin_delete_prefix(
		admin, settings_text(mock.settings, "topics", "prefix"), KAFKA_MOCK_WAIT_MS, &e);
	kafka_admin_free(admin);
	settings_free(mock.settings);
	return gone > 0 ? 0 : -1;
}

/* A broker that has just made a topic may not lead its partitions yet. */
static void find(void)
{
	int64_t deadline_us = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;

	while (kafka_tail_find(&tail, consumer, BACK_MS, &stopping, &e) != 0)
		if (clock_mono_us() > deadline_us)
			fail_msg("%s", e.text);
}

/* As if that topic had not been there. */
static void find_without(void)
{
	find();
	tail.absent[LATE] = true;
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		int i = kafka_tail_index(LATE, p);
		tail.low[i] = tail.high[i] = tail.next[i] = 0;
	}
}

static void assign(void)
{
	if (kafka_tail_assign(&tail, consumer, &e) != 0)
		fail_msg("%s", e.text);
}

/* Until `count` records were read that had not been; each in its turn. */
static void read_new(size_t count, int tag)
{
	int64_t deadline_us = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;
	const struct kafka_record *r;
	size_t n, got = 0;

	while (got < count) {
		assert_true(clock_mono_us() < deadline_us);
		if (kafka_consumer_poll(consumer, 100, 100, &r, &n, &e) != KAFKA_RECORDS)
			continue;
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(r[i].tag, tag);
			got += kafka_tail_take(&tail, &r[i]);
		}
	}
	assert_int_equal(got, count);
}

static void nothing_appears(void)
{
	assert_int_equal(kafka_tail_appeared(&tail, consumer, &e), 0);
	assert_true(tail.absent[LATE]);
}

/* Until it is noticed; a broker may need a while to tell. */
static void appears(void)
{
	int64_t deadline_us = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;
	int rc;

	while ((rc = kafka_tail_appeared(&tail, consumer, &e)) == 0)
		assert_true(clock_mono_us() < deadline_us);
	assert_int_equal(rc, 1);
	assert_false(tail.absent[LATE]);
}

static void test_appears(void **state)
{
	(void)state;
	if (!admin) {
		print_message("skipped: run by tests/with_kafka\n");
		skip();
	}
	find();
	for (int k = 0; k < STREAM_COUNT; k++)
		assert_int_equal(tail.absent[k], k == LATE);
	kafka_mock_produce(&mock, tail.names[STREAM_MINI_TICKER], 5, 0, 10);
	find();
	assign();
	assert_false(kafka_tail_caught_up(&tail));
	read_new(10, STREAM_MINI_TICKER);
	assert_true(kafka_tail_caught_up(&tail)); /* what is not there holds nobody up */
	nothing_appears();
	nothing_appears(); /* asking makes none */

	ensure(LATE, "delete", TOPIC_PARTITIONS);
	kafka_mock_produce(&mock, tail.names[LATE], 2, 0, 7); /* before it is noticed */
	appears();
	assign();
	read_new(7, LATE); /* from its beginning; of the others nothing twice */
	assert_int_equal(tail.next[kafka_tail_index(LATE, 2)], 7);
	assert_int_equal(tail.next[kafka_tail_index(STREAM_MINI_TICKER, 5)], 10);
	assert_int_equal(kafka_tail_appeared(&tail, consumer, &e), 0); /* once */
}

/* So many bytes that the mock cluster drops the first ones, as brokers do by age. */
static void produce_much(const char *topic)
{
	static char value[500000];
	struct kafka_producer *p = kafka_producer_new(mock.settings, NULL, NULL, &e);
	unsigned random = 5;

	assert_non_null(p);
	for (size_t i = 0; i < sizeof(value); i++) { /* hard to compress */
		random = random * 1103515245 + 12345;
		value[i] = (char)(random >> 16);
	}
	for (int i = 0; i < 20; i++) {
		struct kafka_message message = {.topic = kafka_producer_topic(p, topic, &e),
			.partition = 3,
			.value = value,
			.value_len = sizeof(value)};
		assert_int_equal(kafka_producer_send(p, &message), KAFKA_SENT);
		assert_int_equal(kafka_producer_flush(p, KAFKA_MOCK_WAIT_MS), 0);
	}
	kafka_producer_free(p);
}

/* What came before can't be read any more: live must not go on as if it had. */
static void test_first_records_gone(void **state)
{
	int64_t low = 0, high;

	(void)state;
	find_without();
	produce_much(tail.names[LATE]);
	assert_int_equal(kafka_consumer_watermarks(consumer, tail.names[LATE], 3,
				 KAFKA_MOCK_WAIT_MS, &low, &high, &e),
		0);
	assert_true(low > 0);
	assert_int_equal(kafka_tail_appeared(&tail, consumer, &e), -1);
	assert_non_null(strstr(e.text, tail.names[LATE]));
	assert_true(tail.absent[LATE]);
	find(); /* anew */
	assert_false(tail.absent[LATE]);
}

static void test_brokers_away(void **state)
{
	(void)state;
	find_without();
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	nothing_appears();
	assert_int_equal(kafka_tail_find(&tail, consumer, BACK_MS, &stopping, &e), -1);
	assert_true(tail.absent[LATE]);
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	appears();
}

/* It is there, but where it begins is not said: not yet. */
static void test_watermarks_not_known(void **state)
{
	(void)state;
	find_without();
	rd_kafka_mock_push_request_errors(
		mock.cluster, API_LIST_OFFSETS, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	nothing_appears();
	appears();
}

/* That there is none is said in test_appears, and by kafka_admin_test. */
static void test_has_topic(void **state)
{
	const char *name = tail.names[LATE];

	(void)state;
	assert_int_equal(kafka_consumer_has_topic(consumer, name, KAFKA_MOCK_WAIT_MS, &e), 1);
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	assert_int_equal(kafka_consumer_has_topic(consumer, name, 300, &e), -1);
	assert_non_null(strstr(e.text, name));
}

static void test_stopped(void **state)
{
	(void)state;
	atomic_store(&stopping, true);
	assert_int_equal(kafka_tail_find(&tail, consumer, BACK_MS, &stopping, &e), -1);
	assert_string_equal(e.text, "stopped");
}

#define with_cluster(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_appears, set_up_broker, tear_down_broker),
		with_cluster(test_first_records_gone),
		with_cluster(test_brokers_away),
		with_cluster(test_watermarks_not_known),
		with_cluster(test_has_topic),
		with_cluster(test_stopped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
