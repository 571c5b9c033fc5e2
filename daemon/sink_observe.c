#include "sink_observe.h"

#include "clock.h"
#include "metrics.h"
#include "progress.h"
#include "topic.h"

#include <string.h>

METRIC_HISTOGRAM(metric_commit, "pricegraph_sink_commit_seconds",
	"Time that a batch's transaction took, its repeats included.", metric_buckets_latency);
METRIC_HISTOGRAM(metric_committed, "pricegraph_sink_received_to_committed_seconds",
	"Time from receiving an event to its commit in PostgreSQL.", metric_buckets_latency);
METRIC_COUNTER(metric_records, "pricegraph_sink_records_total",
	"Records committed, control records included.");
METRIC_GAUGE(metric_batch_records, "pricegraph_sink_batch_records",
	"Records gathered for the next transaction.");
METRIC_GAUGE(metric_batch_records_high, "pricegraph_sink_batch_records_high_water",
	"Most records of one transaction.");
METRIC_GAUGE(metric_unsettled, "pricegraph_sink_unsettled_seconds",
	"Seconds of all symbols that are held in memory, because something may come for them.");
METRIC_GAUGE(metric_unsettled_high, "pricegraph_sink_unsettled_seconds_high_water",
	"Most seconds that were held in memory.");
METRIC_GAUGE(metric_batch_bytes_high, "pricegraph_sink_batch_high_water_bytes",
	"Most memory that one batch took.");
METRIC_GAUGES(metric_lag, "pricegraph_sink_lag_records",
	"Records in Kafka that are not committed, by stream.", "stream", STREAM_COUNT);
METRIC_GAUGES_US(metric_lag_seconds, "pricegraph_sink_lag_seconds",
	"Time between the newest record in PostgreSQL and the wall clock while Kafka has more, by "
	"stream.",
	"stream", STREAM_COUNT);

/* Causes of gaps: the sink's own and those that a session's begin names. */
static const char *const causes[] = {
	"feed", "stopped", "expired", "overflow", "startup", "recording", "ids", "epoch", "other"};
#define CAUSES (sizeof(causes) / sizeof(causes[0]))
METRIC_COUNTERS(metric_gaps, "pricegraph_sink_gaps_total",
	"Gaps found, by cause; one for each symbol and stream.", "cause", CAUSES);

/* Production time of the newest record committed of each partition; one thread commits, another measures. */
static _Atomic int64_t committed_ms[STREAM_COUNT][TOPIC_PARTITIONS];

void sink_observe_init(struct sink_observed *o, const struct settings *s)
{
	*o = (struct sink_observed){.prefix = settings_text(s, "topics", "prefix")};
}

static void count_gaps(const struct sink_batch *b)
{
	const struct batch_gap *gap = BATCH_ROWS(b->gaps, const struct batch_gap);

	for (size_t i = 0; i < BATCH_COUNT(b->gaps, struct batch_gap); i++) {
		size_t cause = 0;

		while (cause + 1 < CAUSES && strcmp(causes[cause], gap[i].cause) != 0)
			cause++;
		metric_add(metric_of(&metric_gaps, cause, causes[cause]), 1);
	}
}

void sink_observe_committed(const struct sink_batch *b, int64_t took_us)
{
	const int64_t *received = BATCH_ROWS(b->received, const int64_t);
	int64_t wall_us = clock_wall_us();

	for (size_t i = 0; i < BATCH_COUNT(b->received, int64_t); i++)
		metric_observe_us(&metric_committed, wall_us - received[i]);
	for (int i = 0; i < STREAM_COUNT; i++)
		for (int k = 0; k < TOPIC_PARTITIONS; k++)
			if (b->produced_ms[i][k])
				atomic_store(&committed_ms[i][k], b->produced_ms[i][k]);
	count_gaps(b);
	metric_observe_us(&metric_commit, took_us);
	metric_add(&metric_records, (int64_t)b->records);
	metric_max(&metric_batch_records_high, (int64_t)b->records);
	metric_max(&metric_batch_bytes_high, (int64_t)sink_batch_bytes(b));
	progress_report(PROGRESS_SINK, clock_mono_us());
}

struct lag {
	bool known; /* of some partition */
	int64_t records, us;
};

/* What Kafka has beyond the commits, and how long ago the newest commit's records were made where it has more. */
static struct lag lag_of(const struct sink_observed *o, const struct kafka_consumer *consumer,
	const struct sink_state *st, enum stream_kind stream)
{
	char topic[TOPIC_NAME_SIZE];
	struct lag lag = {false, 0, 0};
	int64_t wall_us = clock_wall_us();

	topic_of_stream(topic, o->prefix, st->venue, stream);
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		int64_t high = kafka_consumer_high(consumer, topic, i);
		int64_t behind = high - st->places[stream][i].committed;
		int64_t newest_us = atomic_load(&committed_ms[stream][i]) * MS_US;

		lag.known = lag.known || high >= 0;
		if (high < 0 || behind <= 0)
			continue;
		lag.records += behind;
		if (newest_us && wall_us - newest_us > lag.us)
			lag.us = wall_us - newest_us;
	}
	return lag;
}

static struct lag measure(const struct sink_observed *o, const struct kafka_consumer *consumer,
	const struct sink_state *st, enum stream_kind stream)
{
	const char *name = stream_table[stream].name;
	struct lag lag = lag_of(o, consumer, st, stream);

	if (lag.known) {
		metric_set(metric_of(&metric_lag, stream, name), lag.records);
		metric_set(metric_of(&metric_lag_seconds, stream, name), lag.us);
	}
	return lag;
}

void sink_observe_round(struct sink_observed *o, const struct kafka_consumer *consumer,
	const struct sink_state *st, const struct sink_batch *b)
{
	int64_t now_us = clock_mono_us();
	bool idle = b->records == 0;
	int64_t behind_us = 0;

	metric_set(&metric_batch_records, (int64_t)b->records);
	metric_set(&metric_unsettled, (int64_t)st->pool.used);
	metric_max(&metric_unsettled_high, (int64_t)st->pool.used);
	if (now_us - o->measured_us < SECOND_US)
		return;
	o->measured_us = now_us;
	for (int i = 0; i < STREAM_COUNT; i++) {
		struct lag lag = measure(o, consumer, st, (enum stream_kind)i);

		idle = idle && lag.records == 0;
		if (lag.us > behind_us)
			behind_us = lag.us;
	}
	progress_behind(PROGRESS_SINK, behind_us);
	if (idle)
		progress_wait(PROGRESS_SINK, WAIT_RECORDS, now_us);
}
