/*
 * metrics: counters, gauges and histograms of a process, by name, printable as Prometheus text.
 *
 * A metric is a static variable registered on first use; adding is one relaxed atomic (a histogram: three). Any thread, no
 * allocation, bounded by what the code declares. Names follow Prometheus: pricegraph_<part>_<what>[_total|_bytes|_seconds];
 * times are held in µs and printed in seconds. What was never used is absent.
 *
 *	METRIC_COUNTER(frames, "pricegraph_feed_frames_total", "Frames read.");
 *	metric_add(&frames, 1);
 *
 *	METRIC_COUNTERS(events, "pricegraph_feed_events_total", "Events.", "stream", STREAM_COUNT);
 *	metric_add(metric_of(&events, kind, stream_table[kind].name), 1);
 *
 *	METRIC_HISTOGRAM(commit, "pricegraph_sink_commit_seconds", "Time of a commit.", metric_buckets_latency);
 *	metric_observe_us(&commit, clock_mono_us() - began_us);
 */
#pragma once
#include "buf.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define METRIC_LABELS_SIZE 96
#define METRIC_BUCKETS_MAX 24

/* What the value of a gauge or counter is. */
enum metric_unit {
	METRIC_NUMBER,
	METRIC_US, /* µs, printed as seconds */
	METRIC_AGE, /* the monotonic time at which something happened, printed as the seconds since then */
};

struct metric_histogram {
	const int64_t *bounds_us; /* ascending, ends with 0; at most METRIC_BUCKETS_MAX */
	_Atomic int64_t
		buckets[METRIC_BUCKETS_MAX + 1]; /* not cumulated; the last: above all bounds */
	_Atomic int64_t sum_us;
};

struct metric {
	const char *name;
	const char *help;
	const char *type;   /* "counter", "gauge" or "histogram" */
	const char *labels; /* e.g. stream="trade", or "" */
	_Atomic int64_t value;
	atomic_bool registered;
	struct metric *next;
	enum metric_unit unit;
	struct metric_histogram *histogram; /* of a histogram, else NULL */
};

/* Metrics of one name that differ in the value of one label; members are made by metric_of. */
struct metric_family {
	struct metric like; /* name, help, type and unit of all */
	const char *label;
	size_t count;
	struct metric *members;
	char (*labels)[METRIC_LABELS_SIZE]; /* of each member */
	struct metric_histogram *histograms;
	const int64_t *bounds_us;
};

/* clang-format off */
#define METRIC_PLAIN(var, t, u, n, h)                                                              \
	static struct metric var = {.name = n, .help = h, .type = t, .labels = "", .unit = u}
#define METRIC_COUNTER(var, n, h) METRIC_PLAIN(var, "counter", METRIC_NUMBER, n, h)
#define METRIC_COUNTER_US(var, n, h) METRIC_PLAIN(var, "counter", METRIC_US, n, h)
#define METRIC_GAUGE(var, n, h) METRIC_PLAIN(var, "gauge", METRIC_NUMBER, n, h)
#define METRIC_GAUGE_US(var, n, h) METRIC_PLAIN(var, "gauge", METRIC_US, n, h)
#define METRIC_GAUGE_AGE(var, n, h) METRIC_PLAIN(var, "gauge", METRIC_AGE, n, h)
#define METRIC_HISTOGRAM(var, n, h, bounds)                                                        \
	static struct metric_histogram var##_buckets = {.bounds_us = bounds};                      \
	static struct metric var = {.name = n, .help = h, .type = "histogram", .labels = "",       \
		.unit = METRIC_US, .histogram = &var##_buckets}

#define METRIC_FAMILY(var, t, u, n, h, l, most)                                                    \
	static struct metric var##_members[most];                                                  \
	static char var##_labels[most][METRIC_LABELS_SIZE];                                        \
	static struct metric_family var = {.like = {.name = n, .help = h, .type = t, .unit = u},   \
		.label = l, .count = most, .members = var##_members, .labels = var##_labels}
#define METRIC_COUNTERS(var, n, h, l, most) METRIC_FAMILY(var, "counter", METRIC_NUMBER, n, h, l, most)
#define METRIC_GAUGES(var, n, h, l, most) METRIC_FAMILY(var, "gauge", METRIC_NUMBER, n, h, l, most)
#define METRIC_GAUGES_US(var, n, h, l, most) METRIC_FAMILY(var, "gauge", METRIC_US, n, h, l, most)
#define METRIC_GAUGES_AGE(var, n, h, l, most) METRIC_FAMILY(var, "gauge", METRIC_AGE, n, h, l, most)
#define METRIC_HISTOGRAMS(var, n, h, l, most, bounds)                                              \
	static struct metric var##_members[most];                                                  \
	static char var##_labels[most][METRIC_LABELS_SIZE];                                        \
	static struct metric_histogram var##_histograms[most];                                     \
	static struct metric_family var = {                                                        \
		.like = {.name = n, .help = h, .type = "histogram", .unit = METRIC_US},            \
		.label = l, .count = most, .members = var##_members, .labels = var##_labels,       \
		.histograms = var##_histograms, .bounds_us = bounds}
/* clang-format on */

extern const int64_t metric_buckets_latency[]; /* 0.25 ms to 60 s */

/* Member `i` < count; its first use gives it `value` as the label's value (copied, escaped, cut to fit) and prints it
 * from then on. */
struct metric *metric_of(struct metric_family *f, size_t i, const char *value);

void metric_add(struct metric *m, int64_t amount);
void metric_set(struct metric *m, int64_t value); /* of an age: the monotonic time in µs */
void metric_max(struct metric *m, int64_t value); /* high-water mark */
int64_t metric_get(struct metric *m);
/* Into a histogram; a negative time (clocks that differ) counts as 0. */
void metric_observe_us(struct metric *m, int64_t us);
/* As above, for `count` observations of the same time. */
void metric_observe_many_us(struct metric *m, int64_t us, int64_t count);
/* How many were observed. */
int64_t metric_observed(struct metric *m);
void metrics_print(struct buf *out);
