#include "metrics.h"
#include "test.h"
#include <pthread.h>
#include <string.h>

METRIC_COUNTER(frames, "pricegraph_test_frames_total", "Frames read.");
METRIC_GAUGE(depth, "pricegraph_test_depth", "Records that wait.");
METRIC_GAUGE(high, "pricegraph_test_high", "Most records that waited.");
METRIC_COUNTER(unused, "pricegraph_test_unused_total", "Never touched.");

static struct metric by_stream[] = {
	{.name = "pricegraph_test_by_stream_total",
		.help = "Events.",
		.type = "counter",
		.labels = "stream=\"trade\""},
	{.name = "pricegraph_test_by_stream_total",
		.help = "Events.",
		.type = "counter",
		.labels = "stream=\"kline_1s\""},
};

static void adds_sets_and_keeps_the_highest(void **state)
{
	(void)state;
	metric_add(&frames, 3);
	metric_add(&frames, 4);
	metric_set(&depth, 9);
	metric_set(&depth, 2);
	metric_max(&high, 5);
	metric_max(&high, 3);
	assert_int_equal(metric_get(&frames), 7);
	assert_int_equal(metric_get(&depth), 2);
	assert_int_equal(metric_get(&high), 5);
	assert_int_equal(metric_get(&unused), 0);
}

/* Families sorted by name, each one block with one head; what was never used is absent. */
static void prints_prometheus_text(void **state)
{
	struct buf b;

	(void)state;
	metric_add(&by_stream[0], 1);
	metric_set(&depth, 2);
	metric_add(&by_stream[1], 2);
	buf_init(&b, 10000);
	metrics_print(&b);
	assert_string_equal(b.data, "# HELP pricegraph_test_by_stream_total Events.\n"
				    "# TYPE pricegraph_test_by_stream_total counter\n"
				    "pricegraph_test_by_stream_total{stream=\"kline_1s\"} 2\n"
				    "pricegraph_test_by_stream_total{stream=\"trade\"} 1\n"
				    "# HELP pricegraph_test_depth Records that wait.\n"
				    "# TYPE pricegraph_test_depth gauge\n"
				    "pricegraph_test_depth 2\n"
				    "# HELP pricegraph_test_frames_total Frames read.\n"
				    "# TYPE pricegraph_test_frames_total counter\n"
				    "pricegraph_test_frames_total 7\n"
				    "# HELP pricegraph_test_high Most records that waited.\n"
				    "# TYPE pricegraph_test_high gauge\n"
				    "pricegraph_test_high 5\n");
	buf_done(&b);
}

#define THREADS 4
#define ROUNDS 20000

METRIC_COUNTER(shared, "pricegraph_test_shared_total", "Added to by all threads.");
METRIC_GAUGE(highest, "pricegraph_test_shared_high", "Raised by all threads.");

static void *add_many(void *arg)
{
	int64_t base = *(int *)arg;

	for (int64_t i = 0; i < ROUNDS; i++) {
		metric_add(&shared, 1);
		metric_max(&highest, base * ROUNDS + i);
	}
	return NULL;
}

static void threads_lose_nothing(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	struct buf b;

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &numbers[i]), 0);
	}
	buf_init(&b, 10000);
	for (int i = 0; i < 20; i++) {
		buf_reset(&b);
		metrics_print(&b);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(&shared), THREADS * ROUNDS);
	assert_int_equal(metric_get(&highest), THREADS * ROUNDS - 1);
	buf_reset(&b);
	metrics_print(&b);
	char *once = strstr(b.data, "\npricegraph_test_shared_total ");
	assert_non_null(once);
	assert_null(strstr(once + 1, "\npricegraph_test_shared_total "));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_sets_and_keeps_the_highest),
		cmocka_unit_test(prints_prometheus_text),
		cmocka_unit_test(threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
