#include "history_out.h"
#include "clock.h"
#include "metrics.h"
#include "topic.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES_MAX 4096
#define POLL_EVERY 256 /* records handed over; acknowledgements must not pile up between */
#define NUMBER_SIZE 24

METRIC_COUNTER(rows, "pricegraph_history_rows_total",
	"Rows of the past handed over to Kafka's history topics.");
METRIC_COUNTER(fills, "pricegraph_history_fills_total",
	"Records handed over to Kafka's history topics that tell of a gap's repair.");
METRIC_COUNTER(givens, "pricegraph_history_given_total",
	"Records handed over to Kafka's history topics that tell what was given.");

struct history_out {
	const struct settings *settings;
	const char *source;
	char collector[SESSION_SIZE];
	struct kafka_producer *producer;
	int topics[STREAM_COUNT];
	struct buf json;
	int64_t sent, acknowledged;
	bool lost;
};

static void delivered(void *arg, uintptr_t opaque, int ok)
{
	struct history_out *o = arg;

	(void)opaque;
	if (ok)
		o->acknowledged++;
	else
		o->lost = true;
}

static int make_producer(struct history_out *o, struct err *e)
{
	char name[TOPIC_NAME_SIZE];

	o->producer = kafka_producer_new(o->settings, delivered, o, e);
	for (int i = 0; i < STREAM_COUNT && o->producer; i++) {
		if (!stream_table[i].history)
			continue;
		topic_of_history(name, settings_text(o->settings, "topics", "prefix"),
			settings_text(o->settings, "venue", "name"), (enum stream_kind)i);
		o->topics[i] = kafka_producer_topic(o->producer, name, e);
		if (o->topics[i] < 0) {
			kafka_producer_free(o->producer);
			o->producer = NULL;
		}
	}
	return o->producer ? 0 : -1;
}

struct history_out *history_out_new(const struct settings *s, const char *source, struct err *e)
{
	struct history_out *o = calloc(1, sizeof(*o));
	const char *collector = settings_text(s, "feed", "collector");

	if (!o) {
		err_set(e, "no memory");
		return NULL;
	}
	o->settings = s;
	o->source = source;
	buf_init(&o->json, RECORD_BYTES_MAX);
	if (*collector)
		snprintf(o->collector, sizeof(o->collector), "%s", collector);
	else if (gethostname(o->collector, sizeof(o->collector)) != 0)
		snprintf(o->collector, sizeof(o->collector), "unnamed");
	o->collector[sizeof(o->collector) - 1] = '\0';
	if (make_producer(o, e) < 0) {
		history_out_free(o);
		return NULL;
	}
	return o;
}

void history_out_free(struct history_out *o)
{
	if (!o)
		return;
	kafka_producer_free(o->producer);
	buf_done(&o->json);
	free(o);
}

static enum kafka_sent send(struct history_out *o, const struct kafka_message *m)
{
	enum kafka_sent sent = kafka_producer_send(o->producer, m);

	if (sent != KAFKA_SENT)
		return sent;
	if (++o->sent % POLL_EVERY == 0)
		kafka_producer_poll(o->producer, 0);
	return sent;
}

enum kafka_sent history_out_row(
	struct history_out *o, const char *symbol, const struct history_row *row, int64_t stated_us)
{
	char received[NUMBER_SIZE], stated[NUMBER_SIZE];
	bool is_kline = row->kind.stream == STREAM_KLINE_1S;

	buf_reset(&o->json);
	history_row_format(row, symbol, &o->json);
	if (o->json.failed)
		return KAFKA_REFUSED;
	snprintf(received, sizeof(received), "%" PRId64, clock_wall_us());
	snprintf(stated, sizeof(stated), "%" PRId64, stated_us);
	const struct kafka_message m = {
		.topic = o->topics[row->kind.stream],
		.partition = KAFKA_PARTITION_BY_KEY,
		.key = symbol,
		.key_len = strlen(symbol),
		.value = o->json.data,
		.value_len = o->json.len,
		.headers = {{"received_us", received}, {"source", o->source},
			{"collector", o->collector}, {is_kline ? "stated_us" : NULL, stated}},
	};
	enum kafka_sent sent = send(o, &m);
	if (sent == KAFKA_SENT)
		metric_add(&rows, 1);
	return sent;
}

/* What `json` holds, without a key, to the symbol's partition. */
static enum kafka_sent send_control(
	struct history_out *o, enum stream_kind topic, const char *symbol, const char *what)
{
	char received[NUMBER_SIZE];

	if (o->json.failed)
		return KAFKA_REFUSED;
	snprintf(received, sizeof(received), "%" PRId64, clock_wall_us());
	const struct kafka_message m = {
		.topic = o->topics[topic],
		.partition = topic_partition(symbol, strlen(symbol)),
		.value = o->json.data,
		.value_len = o->json.len,
		.headers = {{CONTROL_HEADER, what}, {"received_us", received},
			{"source", o->source}, {"collector", o->collector}},
	};
	return send(o, &m);
}

enum kafka_sent history_out_fill(struct history_out *o, const struct fill *f)
{
	buf_reset(&o->json);
	fill_format(f, &o->json);
	enum kafka_sent sent =
		send_control(o, fill_through(f->stream), f->symbol, FILL_HEADER_VALUE);
	if (sent == KAFKA_SENT)
		metric_add(&fills, 1);
	return sent;
}

enum kafka_sent history_out_given(struct history_out *o, const struct given *g)
{
	buf_reset(&o->json);
	given_format(g, &o->json);
	enum kafka_sent sent = send_control(o, g->kind.stream, g->symbol, GIVEN_HEADER_VALUE);
	if (sent == KAFKA_SENT)
		metric_add(&givens, 1);
	return sent;
}

void history_out_poll(struct history_out *o, int timeout_ms)
{
	kafka_producer_poll(o->producer, timeout_ms);
}

int64_t history_out_sent(const struct history_out *o)
{
	return o->sent;
}

int64_t history_out_acknowledged(const struct history_out *o)
{
	return o->acknowledged;
}

int history_out_revive(struct history_out *o, struct err *e)
{
	struct kafka_producer *dead = o->producer;

	if (make_producer(o, e) < 0) {
		o->producer = dead;
		return -1;
	}
	kafka_producer_free(dead);
	o->acknowledged = o->sent;
	o->lost = false;
	return 0;
}

bool history_out_dead(const struct history_out *o)
{
	return o->lost;
}

const char *history_out_reason(const struct history_out *o)
{
	return kafka_producer_reason(o->producer);
}
