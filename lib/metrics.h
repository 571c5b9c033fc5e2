/*
 * metrics: counters and gauges of a process, by name, printable as Prometheus text.
 *
 * A metric is a static variable registered on first use; adding is one relaxed atomic. Any thread.
 * Names follow Prometheus: pricegraph_<part>_<what>[_total|_bytes|_seconds].
 */
#pragma once
#include "buf.h"
#include <stdatomic.h>
#include <stdint.h>

struct metric {
	const char *name;
	const char *help;
	const char *type;   /* "counter" or "gauge" */
	const char *labels; /* e.g. stream="trade", or "" */
	_Atomic int64_t value;
	atomic_bool registered;
	struct metric *next;
};

#define METRIC_COUNTER(var, n, h)                                                                  \
	static struct metric var = {.name = n, .help = h, .type = "counter", .labels = ""}
#define METRIC_GAUGE(var, n, h)                                                                    \
	static struct metric var = {.name = n, .help = h, .type = "gauge", .labels = ""}

void metric_add(struct metric *m, int64_t amount);
void metric_set(struct metric *m, int64_t value);
void metric_max(struct metric *m, int64_t value); /* high-water mark */
int64_t metric_get(struct metric *m);
void metrics_print(struct buf *out);
