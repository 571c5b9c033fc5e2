#include "feed_output.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "progress.h"
#include "topic.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define POLL_EVERY 256 /* records handed over; acknowledgements must not pile up between */

METRIC_COUNTERS(acknowledged, "pricegraph_feed_acknowledged_total",
	"Records of the feed that Kafka has acknowledged, control records included.", "stream",
	STREAM_COUNT);
METRIC_HISTOGRAM(acknowledging, "pricegraph_feed_received_to_acknowledged_seconds",
	"Time from receiving an event to Kafka's acknowledgement.", metric_buckets_latency);
METRIC_GAUGES_AGE(event_age, "pricegraph_feed_event_age_seconds",
	"Time since the stream's last event was handed to Kafka.", "stream", STREAM_COUNT);
METRIC_GAUGE(queue_records, "pricegraph_feed_queue_records",
	"Records handed over that Kafka has not acknowledged.");
METRIC_GAUGE(queue_records_high, "pricegraph_feed_queue_records_high_water",
	"Most records that waited for Kafka's acknowledgement.");
METRIC_GAUGE(queue_bytes, "pricegraph_feed_queue_bytes",
	"Memory of the records that Kafka has not acknowledged; kafka.queue.buffering.max.kbytes "
	"bounds it.");
METRIC_GAUGE(queue_bytes_high, "pricegraph_feed_queue_high_water_bytes",
	"Most bytes that waited for Kafka's acknowledgement.");
METRIC_COUNTER(failed, "pricegraph_feed_failed_total",
	"Records of the feed that were handed over and then lost.");
METRIC_COUNTER(queue_full, "pricegraph_feed_queue_full_total",
	"Times the producer's queue was full and reading stopped.");
METRIC_COUNTER(producers, "pricegraph_feed_producers_total",
	"Producers made: one at the start, one after each fatal error.");

/* What a delivery must know travels in the record's opaque, so that no record needs memory of its own: the time of receipt in µs (0: a
 * control record), and in the lowest bits the stream. */
#define STREAM_BITS 5
static_assert(STREAM_COUNT <= 1 << STREAM_BITS, "a stream fits into its bits");
static_assert(sizeof(uintptr_t) == 8, "a time fits behind the stream");

static uintptr_t pack(enum stream_kind stream, int64_t received_us)
{
	return (uintptr_t)received_us << STREAM_BITS | (uintptr_t)stream;
}

static void observe(struct feed_output *o, uintptr_t opaque)
{
	int64_t received_us = (int64_t)(opaque >> STREAM_BITS);

	/* One look at the clock serves all deliveries of a poll. */
	if (!o->delivered_us)
		o->delivered_us = clock_wall_us();
	if (!received_us)
		return;
	/* Before it was received: a clock that was set back. */
	metric_observe_us(
		&acknowledging, o->delivered_us < received_us ? 0 : o->delivered_us - received_us);
}

static void delivered(void *arg, uintptr_t opaque, int ok)
{
	struct feed_output *o = arg;
	enum stream_kind stream = (enum stream_kind)(opaque & ((1u << STREAM_BITS) - 1));

	if (!ok) {
		o->lost = true;
		return;
	}
	o->unacknowledged[stream]--;
	metric_add(metric_of(&acknowledged, stream, stream_table[stream].name), 1);
	observe(o, opaque);
}

static void measure_queue(struct feed_output *o)
{
	int64_t bytes = o->producer ? (int64_t)kafka_producer_queued_bytes(o->producer) : 0;
	size_t records = 0;

	for (int i = 0; i < STREAM_COUNT; i++)
		records += o->unacknowledged[i];
	metric_set(&queue_records, (int64_t)records);
	metric_max(&queue_records_high, (int64_t)records);
	metric_set(&queue_bytes, bytes);
	metric_max(&queue_bytes_high, bytes);
}

static int make_producer(struct feed_output *o, struct err *e)
{
	char name[TOPIC_NAME_SIZE];

	o->producer = kafka_producer_new(o->settings, delivered, o, e);
	for (int i = 0; i < STREAM_COUNT && o->producer; i++) {
		topic_of_stream(name, settings_text(o->settings, "topics", "prefix"),
			settings_text(o->settings, "venue", "name"), (enum stream_kind)i);
		o->topics[i] = kafka_producer_topic(o->producer, name, e);
		if (o->topics[i] < 0) {
			kafka_producer_free(o->producer);
			o->producer = NULL;
		}
	}
	if (!o->producer)
		return -1;
	metric_add(&producers, 1);
	return 0;
}

int feed_output_init(
	struct feed_output *o, const struct settings *s, const char *collector, struct err *e)
{
	*o = (struct feed_output){.settings = s, .collector = collector};
	return make_producer(o, e);
}

void feed_output_done(struct feed_output *o)
{
	kafka_producer_free(o->producer);
	o->producer = NULL;
}

/* Its unacknowledged records are given up: the sessions end where Kafka's last control record says. */
static void bury_producer(struct feed_output *o)
{
	char left[200];

	feed_output_left(o, left, sizeof(left));
	log_error("feed_producer_dead", "reason=\"%s\" lost=\"%s\"",
		kafka_producer_reason(o->producer), left);
	kafka_producer_free(o->producer);
	o->producer = NULL;
	for (int i = 0; i < STREAM_COUNT; i++) {
		metric_add(&failed, (int64_t)o->unacknowledged[i]);
		o->unacknowledged[i] = 0;
	}
	o->lost = false;
	o->generation++;
}

static enum kafka_sent hand_over(struct feed_output *o, enum stream_kind stream,
	struct kafka_message *m, int64_t received_us)
{
	struct err e = {""};

	if (!o->producer && make_producer(o, &e) < 0) {
		log_error("feed_no_producer", "reason=\"%s\"", e.text);
		progress_wait(PROGRESS_FEED, WAIT_KAFKA, clock_mono_us());
		return KAFKA_FULL;
	}
	m->topic = o->topics[stream];
	m->opaque = pack(stream, received_us);
	enum kafka_sent sent = kafka_producer_send(o->producer, m);
	switch (sent) {
	case KAFKA_SENT:
		o->unacknowledged[stream]++;
		/* Behind the sending: what is lost is known before the next record is made. */
		if (++o->sent_since_poll >= POLL_EVERY)
			feed_output_poll(o, 0);
		break;
	case KAFKA_FULL:
		metric_add(&queue_full, 1);
		progress_wait(PROGRESS_FEED, WAIT_KAFKA, clock_mono_us());
		break;
	case KAFKA_REFUSED:
		log_error("feed_record_refused", "stream=%s bytes=%zu reason=\"%s\"",
			stream_table[stream].name, m->value_len,
			kafka_producer_reason(o->producer));
		break;
	case KAFKA_DEAD:
		bury_producer(o);
		return KAFKA_FULL;
	}
	return sent;
}

enum kafka_sent feed_output_event(
	struct feed_output *o, const struct feed_frame *f, int64_t received_us)
{
	char received[24];
	snprintf(received, sizeof(received), "%lld", (long long)received_us);

	enum kafka_sent sent = hand_over(o, f->stream,
		&(struct kafka_message){.partition = KAFKA_PARTITION_BY_KEY,
			.key = f->symbol,
			.key_len = f->symbol_len,
			.value = f->data.at,
			.value_len = f->data.len,
			.headers = {{"received_us", received}, {"source", "ws"},
				{"collector", o->collector}}},
		received_us);
	if (sent == KAFKA_SENT)
		metric_set(metric_of(&event_age, f->stream, stream_table[f->stream].name),
			clock_mono_us());
	return sent;
}

static const char *kind_name(enum control_kind kind)
{
	switch (kind) {
	case CONTROL_BEGIN:
		return "begin";
	case CONTROL_ALIVE:
		return "alive";
	case CONTROL_ENDED:
		return "ended";
	}
	return "";
}

enum kafka_sent feed_output_control(
	void *arg, enum stream_kind stream, const struct control *record)
{
	struct feed_output *o = arg;
	struct buf json;

	buf_init(&json, 1 << 20);
	control_format(record, &json);
	enum kafka_sent sent = KAFKA_REFUSED;
	if (json.failed)
		log_error("feed_control_too_long", "symbols=%zu", record->symbol_count);
	else
		sent = hand_over(o, stream,
			&(struct kafka_message){.partition = record->partition,
				.value = json.data,
				.value_len = json.len,
				.headers = {{CONTROL_HEADER, kind_name(record->kind)},
					{"collector", o->collector}}},
			0);
	buf_done(&json);
	return sent;
}

void feed_output_poll(struct feed_output *o, int timeout_ms)
{
	o->sent_since_poll = 0;
	if (!o->producer)
		return;
	/* Highest now: what is acknowledged below leaves it. */
	measure_queue(o);
	o->delivered_us = 0;
	kafka_producer_poll(o->producer, timeout_ms);
	if (o->delivered_us)
		progress_report(PROGRESS_KAFKA, clock_mono_us());
	if (o->lost)
		bury_producer(o);
	measure_queue(o);
}

bool feed_output_waits(const struct feed_output *o)
{
	return o->producer && kafka_producer_queued_bytes(o->producer);
}

size_t feed_output_flush(struct feed_output *o, int timeout_ms)
{
	size_t left = 0;

	if (o->producer)
		kafka_producer_flush(o->producer, timeout_ms);
	for (int i = 0; i < STREAM_COUNT; i++)
		left += o->unacknowledged[i];
	return left;
}

void feed_output_left(const struct feed_output *o, char *out, size_t size)
{
	size_t len = 0;

	*out = '\0';
	for (int i = 0; i < STREAM_COUNT && len < size; i++)
		if (o->unacknowledged[i])
			len += (size_t)snprintf(out + len, size - len, "%s%s=%zu", len ? " " : "",
				stream_table[i].name, o->unacknowledged[i]);
}
