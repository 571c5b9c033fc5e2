#include "clock.h"
#include "kafka_admin.h"
#include "kafka_consumer.h"
#include "kafka_mock.h"
#include "kafka_producer.h"
#include "test.h"
#include <string.h>
#include <unistd.h>

/* The mock cluster knows no topics' administration, so these need a real broker. */
#define WAIT_MS 30000

static struct settings *settings;
static char prefix[64];

static int set_up(void **state)
{
	const char *bootstrap = getenv("PRICEGRAPH_TEST_KAFKA");

	(void)state;
	if (bootstrap)
		settings = kafka_mock_settings(bootstrap);
	/* Own names: other tests may use the same broker. */
	snprintf(prefix, sizeof(prefix), "admin-%ld-%lld.", (long)getpid(),
		(long long)clock_wall_us());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	settings_free(settings);
	return 0;
}

static struct kafka_admin *admin(void)
{
	struct err e = {""};

	if (!settings) {
		print_message("skipped: run by tests/with_kafka\n");
		skip();
	}
	struct kafka_admin *a = kafka_admin_new(settings, &e);
	if (!a)
		fail_msg("%s", e.text);
	return a;
}

static struct kafka_topic_spec spec(char name[100], const char *suffix)
{
	snprintf(name, 100, "%s%s", prefix, suffix);
	return (struct kafka_topic_spec){name, 8, 1, "delete", HOUR_US / MS_US};
}

static void ensure(struct kafka_admin *a, const struct kafka_topic_spec *specs, size_t count)
{
	struct err e = {""};

	if (kafka_admin_ensure(a, specs, count, WAIT_MS, &e) != 0)
		fail_msg("%s", e.text);
}

static int delete_all(struct kafka_admin *a)
{
	struct err e = {""};
	int n = kafka_admin_delete_prefix(a, prefix, WAIT_MS, &e);

	if (n < 0)
		fail_msg("%s", e.text);
	return n;
}

static void produce(const char *topic, int count)
{
	struct err e = {""};
	struct kafka_producer *p = kafka_producer_new(settings, NULL, NULL, &e);
	struct kafka_message m = {.topic = kafka_producer_topic(p, topic, &e),
		.partition = 3,
		.key = "K",
		.key_len = 1,
		.value = "V",
		.value_len = 1};

	for (int i = 0; i < count; i++)
		assert_int_equal(kafka_producer_send(p, &m), KAFKA_SENT);
	assert_int_equal(kafka_producer_flush(p, WAIT_MS), 0);
	kafka_producer_free(p);
}

static void creates_what_is_missing(void **state)
{
	struct kafka_admin *a = admin();
	char names[3][100];
	struct kafka_topic_spec specs[3] = {
		spec(names[0], "one"), spec(names[1], "two"), spec(names[2], "meta")};
	int64_t low = -7, high = -7;
	struct err e = {""};

	(void)state;
	specs[2].cleanup = "compact";
	specs[2].partitions = 1;
	specs[2].retention_ms = -1;
	ensure(a, specs, 2);
	ensure(a, specs, 3); /* two are there */
	produce(names[1], 20);
	assert_int_equal(kafka_admin_watermarks(a, names[1], 3, WAIT_MS, &low, &high, &e), 0);
	assert_int_equal(low, 0);
	assert_int_equal(high, 20);
	assert_int_equal(kafka_admin_watermarks(a, names[1], 8, 1000, &low, &high, &e), -1);
	assert_non_null(strstr(e.text, "[8]"));
	assert_int_equal(high, 20);
	assert_int_equal(delete_all(a), 3);
	assert_int_equal(delete_all(a), 0);
	kafka_admin_free(a);
}

static void refuses_another_number_of_partitions(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "eight");
	struct err e = {""};

	(void)state;
	ensure(a, &s, 1);
	s.partitions = 4;
	assert_int_equal(kafka_admin_ensure(a, &s, 1, WAIT_MS, &e), KAFKA_TOPIC_WRONG);
	assert_non_null(strstr(e.text, "has 8 partitions, not 4"));
	delete_all(a);
	kafka_admin_free(a);
}

/* What was asked for at creation is what the cluster says afterwards. */
static void describes_what_is_there(void **state)
{
	struct kafka_admin *a = admin();
	char names[2][100], absent[100];
	struct kafka_topic_spec specs[2] = {spec(names[0], "kept"), spec(names[1], "state")};
	struct kafka_topic_found found[2] = {{.name = names[1]}, {.name = names[0]}};
	struct err e = {""};

	(void)state;
	specs[1].cleanup = "compact";
	specs[1].retention_ms = -1;
	ensure(a, specs, 2);
	if (kafka_admin_describe(a, found, 2, WAIT_MS, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(found[0].cleanup, "compact");
	assert_int_equal(found[0].retention_ms, -1);
	assert_int_equal(found[0].replication, 1);
	assert_string_equal(found[1].cleanup, "delete");
	assert_int_equal(found[1].retention_ms, HOUR_US / MS_US);
	assert_int_equal(found[1].replication, 1);
	snprintf(absent, sizeof(absent), "%sabsent", prefix);
	found[1].name = absent;
	assert_int_equal(kafka_admin_describe(a, &found[1], 1, WAIT_MS, &e), -1);
	assert_non_null(strstr(e.text, absent));
	delete_all(a);
	kafka_admin_free(a);
}

static void says_why_it_cannot_create(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "bad name!");
	struct err e = {""};

	(void)state;
	assert_int_equal(kafka_admin_ensure(a, &s, 1, WAIT_MS, &e), -1);
	assert_non_null(strstr(e.text, "bad name!"));
	s = spec(name, "replicated");
	s.replication = 3;
	assert_int_equal(kafka_admin_ensure(a, &s, 1, 500, &e), -1);
	assert_non_null(strstr(e.text, "not ready within 500 ms"));
	assert_non_null(strstr(e.text, "replicat"));
	s = spec(name, "cleaned");
	s.cleanup = "sometimes";
	assert_int_equal(kafka_admin_ensure(a, &s, 1, WAIT_MS, &e), -1);
	assert_non_null(strstr(e.text, "cleaned"));
	kafka_admin_free(a);
}

static void makes_a_topic_anew(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "again");
	int64_t low = -7, high = -7;
	struct err e = {""};

	(void)state;
	for (int i = 0; i < 3; i++) {
		ensure(a, &s, 1);
		produce(name, 5);
		assert_int_equal(kafka_admin_watermarks(a, name, 3, WAIT_MS, &low, &high, &e), 0);
		assert_int_equal(high, 5);
		assert_int_equal(delete_all(a), 1);
	}
	kafka_admin_free(a);
}

static void deletes_nothing_without_a_prefix(void **state)
{
	struct kafka_admin *a = admin();
	struct err e = {""};

	(void)state;
	assert_int_equal(kafka_admin_delete_prefix(a, "", WAIT_MS, &e), -1);
	assert_non_null(strstr(e.text, "empty"));
	kafka_admin_free(a);
}

static void gives_up_when_nobody_answers(void **state)
{
	struct settings *nowhere = kafka_mock_settings("127.0.0.1:1");
	struct err e = {""};
	struct kafka_admin *a = kafka_admin_new(nowhere, &e);
	struct kafka_topic_spec s = {"t", 8, 1, "delete", -1};
	int64_t begin = clock_mono_us(), low = 0, high = 0;

	(void)state;
	assert_non_null(a);
	assert_int_equal(kafka_admin_ensure(a, &s, 1, 300, &e), -1);
	assert_true(e.text[0] != '\0');
	assert_int_equal(kafka_admin_delete_prefix(a, "t", 300, &e), -1);
	assert_int_equal(kafka_admin_watermarks(a, "t", 0, 300, &low, &high, &e), -1);
	assert_true(clock_mono_us() - begin < 5 * SECOND_US);
	kafka_admin_free(a);
	kafka_admin_free(NULL);
	settings_free(nowhere);
}

static void consumer_tells_whether_a_topic_is_there(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "late");
	struct err e = {""};
	struct kafka_consumer *c = kafka_consumer_new(settings, &e);

	(void)state;
	for (int i = 0; i < 3; i++) /* asking makes none */
		assert_int_equal(kafka_consumer_has_topic(c, name, WAIT_MS, &e), 0);
	assert_int_equal(e.text[0], '\0');
	ensure(a, &s, 1);
	int64_t deadline = clock_mono_us() + WAIT_MS * MS_US;
	while (kafka_consumer_has_topic(c, name, WAIT_MS, &e) != 1)
		assert_true(clock_mono_us() < deadline);
	kafka_consumer_free(c);
	delete_all(a);
	kafka_admin_free(a);
}

/* Has the broker forget the records before `offset`, as retention does. */
static void expire(const char *topic, int64_t offset)
{
	char why[200];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "bootstrap.servers", getenv("PRICEGRAPH_TEST_KAFKA"), NULL, 0);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	rd_kafka_topic_partition_list_t *before = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(before, topic, 3)->offset = offset;
	rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(before);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
	assert_non_null(event);
	assert_int_equal(rd_kafka_event_error(event), 0);
	rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_DeleteRecords_destroy(request);
	rd_kafka_topic_partition_list_destroy(before);
	rd_kafka_destroy(rk);
}

static void consumer_says_when_records_have_expired(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "expiring");
	struct kafka_place place = {name, 3, 0, 9};
	const struct kafka_record *records;
	size_t n;
	int tag = -1, partition = -1;
	int64_t low = -7, high = -7, deadline = clock_mono_us() + WAIT_MS * MS_US;
	enum kafka_polled polled;
	struct err e = {""};

	(void)state;
	ensure(a, &s, 1);
	produce(name, 20);
	expire(name, 15);
	struct kafka_consumer *c = kafka_consumer_new(settings, &e);
	assert_int_equal(kafka_consumer_assign(c, &place, 1, &e), 0);
	do {
		polled = kafka_consumer_poll(c, 100, 10, &records, &n, &e);
	} while (polled == KAFKA_NOTHING && clock_mono_us() < deadline);
	assert_int_equal(polled, KAFKA_OUT_OF_RANGE);
	kafka_consumer_failed_place(c, &tag, &partition);
	assert_int_equal(tag, 9);
	assert_int_equal(partition, 3);
	assert_int_equal(kafka_consumer_watermarks(c, name, 3, WAIT_MS, &low, &high, &e), 0);
	assert_int_equal(low, 15);
	assert_int_equal(high, 20);
	place.offset = low;
	assert_int_equal(kafka_consumer_assign(c, &place, 1, &e), 0);
	do {
		polled = kafka_consumer_poll(c, 100, 10, &records, &n, &e);
	} while (polled == KAFKA_NOTHING && clock_mono_us() < deadline);
	assert_int_equal(polled, KAFKA_RECORDS);
	assert_int_equal(records[0].offset, 15);
	kafka_consumer_free(c);
	delete_all(a);
	kafka_admin_free(a);
}

static void consumer_finds_offsets_by_time(void **state)
{
	struct kafka_admin *a = admin();
	char name[100];
	struct kafka_topic_spec s = spec(name, "timed");
	struct kafka_place places[2] = {{name, 3, -5, 0}, {name, 4, -5, 0}};
	struct err e = {""};

	(void)state;
	ensure(a, &s, 1);
	produce(name, 10);
	int64_t between_ms = clock_wall_us() / MS_US + 1;
	while (clock_wall_us() / MS_US <= between_ms)
		;
	produce(name, 10);
	struct kafka_consumer *c = kafka_consumer_new(settings, &e);
	if (kafka_consumer_offsets_at(c, places, 2, between_ms, WAIT_MS, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(places[0].offset, 10);
	assert_int_equal(places[1].offset, KAFKA_OFFSET_END);
	assert_int_equal(
		kafka_consumer_offsets_at(c, places, 1, between_ms + HOUR_US / MS_US, WAIT_MS, &e),
		0);
	assert_int_equal(places[0].offset, KAFKA_OFFSET_END);
	places[0].partition = 99;
	places[0].offset = -5;
	assert_int_equal(kafka_consumer_offsets_at(c, places, 2, 0, 1000, &e), -1);
	assert_int_equal(places[0].offset, -5);
	kafka_consumer_free(c);
	delete_all(a);
	kafka_admin_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creates_what_is_missing),
		cmocka_unit_test(refuses_another_number_of_partitions),
		cmocka_unit_test(describes_what_is_there),
		cmocka_unit_test(says_why_it_cannot_create),
		cmocka_unit_test(makes_a_topic_anew),
		cmocka_unit_test(deletes_nothing_without_a_prefix),
		cmocka_unit_test(gives_up_when_nobody_answers),
		cmocka_unit_test(consumer_tells_whether_a_topic_is_there),
		cmocka_unit_test(consumer_says_when_records_have_expired),
		cmocka_unit_test(consumer_finds_offsets_by_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
