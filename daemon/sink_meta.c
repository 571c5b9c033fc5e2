#include "sink_meta.h"

#include "kafka_producer.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_US SECOND_US

struct sink_meta {
	const struct settings *settings;
	struct kafka_producer *producer;
	int topic;
	int64_t last_mono_us;
	int64_t epoch, generation; /* published; 0 = not yet */
	bool again;                /* a record was lost, or the producer died */
};

static void delivered(void *arg, uintptr_t opaque, int ok)
{
	struct sink_meta *m = arg;

	(void)opaque;
	if (!ok)
		m->again = true;
}

static int open_producer(struct sink_meta *m, struct err *e)
{
	char topic[TOPIC_NAME_SIZE];

	topic_of_meta(topic, settings_text(m->settings, "topics", "prefix"),
		settings_text(m->settings, "venue", "name"));
	m->producer = kafka_producer_new(m->settings, delivered, m, e);
	if (!m->producer)
		return -1;
	m->topic = kafka_producer_topic(m->producer, topic, e);
	if (m->topic >= 0)
		return 0;
	kafka_producer_free(m->producer);
	m->producer = NULL;
	return -1;
}

struct sink_meta *sink_meta_new(const struct settings *s, struct err *e)
{
	struct sink_meta *m = calloc(1, sizeof *m);

	if (!m) {
		err_set(e, "no memory for the meta topic");
		return NULL;
	}
	m->settings = s;
	if (open_producer(m, e) != 0) {
		sink_meta_free(m);
		return NULL;
	}
	return m;
}

void sink_meta_free(struct sink_meta *m)
{
	if (!m)
		return;
	if (m->producer && kafka_producer_flush(m->producer, 1000) > 0)
		log_warn("sink_meta_unsent", "reason=\"published again at the next start\"");
	kafka_producer_free(m->producer);
	free(m);
}

void sink_meta_reset(struct sink_meta *m)
{
	m->again = true;
}

static enum kafka_sent publish(struct sink_meta *m, const char *key, const char *value)
{
	struct kafka_message message = {.topic = m->topic,
		.partition = 0,
		.key = key,
		.key_len = strlen(key),
		.value = value,
		.value_len = strlen(value)};

	return kafka_producer_send(m->producer, &message);
}

static enum kafka_sent publish_epoch(struct sink_meta *m, const struct sink_state *st)
{
	char value[80];
	enum kafka_sent sent;

	if (m->epoch == st->epoch && m->generation == st->generation)
		return KAFKA_SENT;
	snprintf(value, sizeof value, "{\"epoch\":%lld,\"generation\":%lld}", (long long)st->epoch,
		(long long)st->generation);
	sent = publish(m, "epoch", value);
	if (sent == KAFKA_SENT) {
		m->epoch = st->epoch;
		m->generation = st->generation;
	}
	return sent;
}

static enum kafka_sent publish_symbol(
	struct sink_meta *m, const struct sink_state *st, struct sink_symbol *sy)
{
	char key[SYMBOL_SIZE + 8], value[80];
	enum kafka_sent sent;

	if (sy->settled_revision <= sy->published_revision)
		return KAFKA_SENT;
	snprintf(key, sizeof key, "rev/%s", sy->name);
	snprintf(value, sizeof value, "{\"revision\":\"%lld.%lld\"}", (long long)st->generation,
		(long long)sy->settled_revision);
	sent = publish(m, key, value);
	if (sent == KAFKA_SENT)
		sy->published_revision = sy->settled_revision;
	return sent;
}

static void start_over(struct sink_meta *m, struct sink_state *st)
{
	m->again = false;
	m->epoch = 0;
	for (struct sink_symbol *sy = st->symbols; sy; sy = sy->hh.next)
		sy->published_revision = 0;
}

void sink_meta_run(struct sink_meta *m, struct sink_state *st)
{
	enum kafka_sent sent;
	struct err e;

	if (m->producer)
		kafka_producer_poll(m->producer, 0);
	if (clock_mono_us() - m->last_mono_us < EVERY_US)
		return;
	m->last_mono_us = clock_mono_us();
	if (!m->producer && open_producer(m, &e) != 0) {
		log_error("sink_meta_producer", "reason=\"%s\"", e.text);
		return;
	}
	if (m->again)
		start_over(m, st);
	sent = publish_epoch(m, st);
	for (struct sink_symbol *sy = st->symbols; sy && sent == KAFKA_SENT; sy = sy->hh.next)
		sent = publish_symbol(m, st, sy);
	if (sent != KAFKA_DEAD)
		return;
	log_error("sink_meta_producer", "reason=\"%s\" action=\"a new one\"",
		kafka_producer_reason(m->producer));
	kafka_producer_free(m->producer);
	m->producer = NULL;
	m->again = true;
}
