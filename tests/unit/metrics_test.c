#include "clock.h"
#include "metrics.h"
#include "test.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void contains(const struct buf *b, const char *line)
{
	if (!strstr(b->data, line))
		fail_msg("no '%s' in\n%s", line, b->data);
}

static void print_all(struct buf *b)
{
	buf_init(b, 100000);
	metrics_print(b);
	assert_false(b->failed);
}

METRIC_COUNTERS(refused, "pricegraph_test_refused_total", "Refusals by reason.", "reason", 3);

static void a_family_has_one_member_a_value(void **state)
{
	struct buf b;

	(void)state;
	metric_add(metric_of(&refused, 2, "too \"late\"\\\n"), 2);
	metric_add(metric_of(&refused, 0, "full"), 1);
	metric_add(metric_of(&refused, 0, "the first name stays"), 1);
	print_all(&b);
	contains(&b, "# TYPE pricegraph_test_refused_total counter\n"
		     "pricegraph_test_refused_total{reason=\"full\"} 2\n"
		     "pricegraph_test_refused_total{reason=\"too \\\"late\\\"\\\\\\n\"} 2\n");
	assert_null(strstr(b.data, "stays"));
	buf_done(&b);
}

METRIC_GAUGES(by_name, "pricegraph_test_by_name", "Long names.", "name", 2);

/* A name that is too long is cut between characters, and the text stays well-formed. */
static void a_long_label_is_cut(void **state)
{
	char name[3 * METRIC_LABELS_SIZE];
	struct buf b;

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(name); i += 3)
		memcpy(name + i, "\xe5\xb8\x81", 4);
	metric_set(metric_of(&by_name, 0, name), 1);
	memset(name, '\\', sizeof(name) - 1);
	metric_set(metric_of(&by_name, 1, name), 1);
	print_all(&b);
	contains(&b, "\xe5\xb8\x81\"} 1\n");
	contains(&b, "\\\\\"} 1\n");
	assert_true(strlen(metric_of(&by_name, 0, "")->labels) < METRIC_LABELS_SIZE);
	assert_true(strlen(metric_of(&by_name, 1, "")->labels) < METRIC_LABELS_SIZE);
	buf_done(&b);
}

METRIC_GAUGE_US(lag, "pricegraph_test_lag_seconds", "Times are printed in seconds.");
METRIC_GAUGE_US(ahead, "pricegraph_test_ahead_seconds", "Below zero, too.");
METRIC_GAUGE_AGE(age, "pricegraph_test_age_seconds", "Seconds since something.");

static void times_are_printed_in_seconds(void **state)
{
	struct buf b;
	double seconds = 0;

	(void)state;
	metric_set(&lag, 12000345);
	metric_set(&ahead, -1500000);
	metric_set(&age, clock_mono_us() - 90 * SECOND_US);
	print_all(&b);
	contains(&b, "\npricegraph_test_lag_seconds 12.000345\n");
	contains(&b, "\npricegraph_test_ahead_seconds -1.500000\n");
	const char *at = strstr(b.data, "\npricegraph_test_age_seconds ");
	assert_non_null(at);
	seconds = strtod(at + strlen("\npricegraph_test_age_seconds "), NULL);
	assert_true(seconds >= 90 && seconds < 100);
	buf_done(&b);
}

static const int64_t bounds[] = {1000, 250000, 1500000, 0};
METRIC_HISTOGRAM(took, "pricegraph_test_took_seconds", "How long.", bounds);
METRIC_HISTOGRAMS(
	took_by, "pricegraph_test_took_by_seconds", "How long, by stream.", "stream", 2, bounds);

static void a_histogram_cumulates(void **state)
{
	struct buf b;

	(void)state;
	metric_observe_us(&took, -5); /* clocks that differ */
	metric_observe_us(&took, 1000);
	metric_observe_us(&took, 1001);
	metric_observe_us(&took, 1500001);
	metric_observe_many_us(&took, 250001, 10);
	assert_int_equal(metric_observed(&took), 14);
	print_all(&b);
	contains(&b, "# TYPE pricegraph_test_took_seconds histogram\n"
		     "pricegraph_test_took_seconds_bucket{le=\"0.001\"} 2\n"
		     "pricegraph_test_took_seconds_bucket{le=\"0.25\"} 3\n"
		     "pricegraph_test_took_seconds_bucket{le=\"1.5\"} 13\n"
		     "pricegraph_test_took_seconds_bucket{le=\"+Inf\"} 14\n"
		     "pricegraph_test_took_seconds_sum 4.002012\n"
		     "pricegraph_test_took_seconds_count 14\n");
	buf_done(&b);
}

static void histograms_by_label(void **state)
{
	struct buf b;

	(void)state;
	metric_observe_us(metric_of(&took_by, 1, "trade"), 200000);
	print_all(&b);
	contains(&b, "\npricegraph_test_took_by_seconds_bucket{stream=\"trade\",le=\"0.25\"} 1\n");
	contains(&b, "\npricegraph_test_took_by_seconds_sum{stream=\"trade\"} 0.200000\n"
		     "pricegraph_test_took_by_seconds_count{stream=\"trade\"} 1\n");
	buf_done(&b);
}

/* Prometheus' own checker has no complaint about any of the above, nor about the buckets that the product uses. */
METRIC_HISTOGRAM(latency, "pricegraph_test_latency_seconds", "As used.", metric_buckets_latency);

static void promtool_accepts_the_text(void **state)
{
	char path[] = "/tmp/metrics_test.XXXXXX";
	struct buf b;
	int fd = mkstemp(path), status = -1;
	size_t bounds_count = 0;

	(void)state;
	while (metric_buckets_latency[bounds_count])
		bounds_count++;
	assert_true(bounds_count <= METRIC_BUCKETS_MAX);
	metric_observe_us(&latency, 700);
	print_all(&b);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, b.data, b.len), b.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(fd, STDIN_FILENO);
		execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
		_exit(127);
	}
	close(fd);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	buf_done(&b);
}

#define THREADS 4
#define ROUNDS 20000

METRIC_COUNTER(shared, "pricegraph_test_shared_total", "Added to by all threads.");
METRIC_GAUGE(highest, "pricegraph_test_shared_high", "Raised by all threads.");
METRIC_HISTOGRAMS(
	racing, "pricegraph_test_racing_seconds", "First used by all threads.", "n", 1, bounds);

static void *add_many(void *arg)
{
	int64_t base = *(int *)arg;

	for (int64_t i = 0; i < ROUNDS; i++) {
		metric_add(&shared, 1);
		metric_max(&highest, base * ROUNDS + i);
		metric_observe_us(metric_of(&racing, 0, "0"), i);
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
	assert_int_equal(metric_observed(metric_of(&racing, 0, "0")), THREADS * ROUNDS);
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
		cmocka_unit_test(a_family_has_one_member_a_value),
		cmocka_unit_test(a_long_label_is_cut),
		cmocka_unit_test(times_are_printed_in_seconds),
		cmocka_unit_test(a_histogram_cumulates),
		cmocka_unit_test(histograms_by_label),
		cmocka_unit_test(threads_lose_nothing),
		cmocka_unit_test(promtool_accepts_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
