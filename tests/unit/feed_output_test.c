#include "clock.h"
#include "daemon/feed_output.h"
#include "kafka_mock.h"
#include "metrics.h"
#include "test.h"
#include "topic.h"

#define VALUE "{\"e\":\"trade\",\"s\":\"BTCUSDT\"}"

static struct kafka_mock mock;

static int set_up(void **state)
{
	char name[TOPIC_NAME_SIZE];

	(void)state;
	kafka_mock_init(&mock);
	for (int i = 0; i < STREAM_COUNT; i++) {
		topic_of_stream(name, "pricegraph", "binance", (enum stream_kind)i);
		kafka_mock_topic(&mock, name, TOPIC_PARTITIONS);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kafka_mock_done(&mock);
	return 0;
}

static void make(struct feed_output *o)
{
	struct err e = {""};

	if (feed_output_init(o, mock.settings, "tester", &e) < 0)
		fail_msg("%s", e.text);
}

static enum kafka_sent send_event(struct feed_output *o, int64_t received_us)
{
	struct feed_frame f = {.kind = FEED_EVENT,
		.stream = STREAM_TRADE,
		.symbol = "BTCUSDT",
		.symbol_len = 7,
		.data = {.at = VALUE, .len = sizeof(VALUE) - 1}};

	return feed_output_event(o, &f, received_us);
}

static void await_empty(struct feed_output *o)
{
	int64_t deadline = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;

	while (o->unacknowledged[STREAM_TRADE] && clock_mono_us() < deadline)
		feed_output_poll(o, 10);
	assert_int_equal(o->unacknowledged[STREAM_TRADE], 0);
}

/* The value behind `name` in the text of all metrics; -1: it is not there. */
static double metric(const char *name)
{
	char line[200];
	struct buf b;
	double value = -1;

	buf_init(&b, 1 << 20);
	metrics_print(&b);
	snprintf(line, sizeof(line), "\n%s ", name);
	const char *at = strstr(b.data, line);
	if (at)
		value = strtod(at + strlen(line), NULL);
	buf_done(&b);
	return value;
}

#define TOOK "pricegraph_feed_received_to_acknowledged_seconds"

/* What travels in the opaque comes back: stream and time of receipt, here a minute ago. */
static void knows_the_age_of_what_is_acknowledged(void **state)
{
	struct feed_output o;

	(void)state;
	make(&o);
	for (int i = 0; i < 10; i++)
		assert_int_equal(send_event(&o, clock_wall_us() - MINUTE_US), KAFKA_SENT);
	assert_int_equal(o.unacknowledged[STREAM_TRADE], 10);
	assert_true(feed_output_waits(&o));
	size_t bytes = kafka_producer_queued_bytes(o.producer);
	assert_true(bytes > 10 * sizeof(VALUE));
	await_empty(&o);
	assert_false(feed_output_waits(&o));
	assert_true(metric(TOOK "_count") == 10);
	assert_true(metric(TOOK "_bucket{le=\"30\"}") == 0);
	assert_true(metric(TOOK "_sum") >= 600 && metric(TOOK "_sum") < 700);
	assert_true(metric("pricegraph_feed_queue_records_high_water") == 10);
	assert_true(metric("pricegraph_feed_queue_high_water_bytes") == (double)bytes);
	assert_true(metric("pricegraph_feed_acknowledged_total{stream=\"trade\"}") == 10);
	/* The host's clock was set back meanwhile. */
	assert_int_equal(send_event(&o, clock_wall_us() + HOUR_US), KAFKA_SENT);
	await_empty(&o);
	assert_true(metric(TOOK "_count") == 11);
	assert_true(metric(TOOK "_sum") < 700);
	feed_output_done(&o);
}

/* A fatal error: what was under way is given up and counted, the owner is told by the generation, and a new producer goes on. */
static void makes_a_new_producer_after_a_fatal_error(void **state)
{
	struct feed_output o;
	int64_t deadline = clock_mono_us() + KAFKA_MOCK_WAIT_MS * MS_US;
	long sent = 0;

	(void)state;
	make(&o);
	double producers = metric("pricegraph_feed_producers_total");
	assert_int_equal(send_event(&o, clock_wall_us()), KAFKA_SENT);
	await_empty(&o);
	double good = metric("pricegraph_feed_acknowledged_total{stream=\"trade\"}");
	rd_kafka_mock_push_request_errors(
		mock.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	while (o.generation == 0 && clock_mono_us() < deadline) {
		sent += send_event(&o, clock_wall_us()) == KAFKA_SENT;
		feed_output_poll(&o, 10);
	}
	assert_int_equal(o.generation, 1);
	assert_true(sent > 0);
	assert_int_equal(o.unacknowledged[STREAM_TRADE], 0);
	assert_false(feed_output_waits(&o));
	assert_true(metric("pricegraph_feed_failed_total") == (double)sent);
	assert_true(metric("pricegraph_feed_acknowledged_total{stream=\"trade\"}") == good);
	assert_int_equal(send_event(&o, clock_wall_us()), KAFKA_SENT);
	await_empty(&o);
	assert_true(metric("pricegraph_feed_acknowledged_total{stream=\"trade\"}") == good + 1);
	assert_true(metric("pricegraph_feed_producers_total") == producers + 1);
	assert_int_equal(o.generation, 1);
	feed_output_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			knows_the_age_of_what_is_acknowledged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			makes_a_new_producer_after_a_fatal_error, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
