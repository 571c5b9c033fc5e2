/*
 * kafka_mock: librdkafka's mock cluster and settings that lead to it, for the tests of the kafka_* nouns.
 */
#pragma once
#include "kafka_producer.h"
#include "settings.h"
#include "test.h"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KAFKA_MOCK_WAIT_MS 20000

struct kafka_mock {
	rd_kafka_t *rk; /* drives the cluster */
	rd_kafka_mock_cluster_t *cluster;
	struct settings *settings;
};

/* Request numbers of the protocol. */
enum { API_PRODUCE = 0, API_FETCH = 1, API_LIST_OFFSETS = 2 };

static inline void kafka_mock_set(struct kafka_mock *m, const char *assignment)
{
	struct err e = {""};

	if (settings_set(m->settings, assignment, &e) != 0)
		fail_msg("%s", e.text);
}

static inline struct settings *kafka_mock_settings(const char *bootstrap)
{
	char text[300];
	struct err e = {""};
	struct settings *s = settings_new(&e);

	if (!s)
		fail_msg("%s", e.text);
	snprintf(text, sizeof(text), "kafka.bootstrap.servers=%s", bootstrap);
	if (settings_set(s, text, &e) != 0)
		fail_msg("%s", e.text);
	return s;
}

static inline void kafka_mock_init(struct kafka_mock *m)
{
	char why[200];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set(conf, "log_level", "3", NULL, 0);
	m->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	assert_non_null(m->rk);
	m->cluster = rd_kafka_mock_cluster_new(m->rk, 1);
	assert_non_null(m->cluster);
	m->settings = kafka_mock_settings(rd_kafka_mock_cluster_bootstraps(m->cluster));
}

static inline void kafka_mock_done(struct kafka_mock *m)
{
	settings_free(m->settings);
	rd_kafka_mock_cluster_destroy(m->cluster);
	rd_kafka_destroy(m->rk);
}

static inline void kafka_mock_topic(struct kafka_mock *m, const char *name, int partitions)
{
	assert_int_equal(rd_kafka_mock_topic_create(m->cluster, name, partitions, 1), 0);
}

/* `count` messages "<first>", "<first + 1>", ... into one partition, and their acknowledgement. */
static inline void kafka_mock_produce(
	struct kafka_mock *m, const char *topic, int partition, int first, int count)
{
	struct err e = {""};
	struct kafka_producer *p = kafka_producer_new(m->settings, NULL, NULL, &e);
	char value[20];

	assert_non_null(p);
	for (int i = first; i < first + count; i++) {
		snprintf(value, sizeof(value), "%d", i);
		struct kafka_message message = {.topic = kafka_producer_topic(p, topic, &e),
			.partition = partition,
			.key = "K",
			.key_len = 1,
			.value = value,
			.value_len = strlen(value),
			.headers = {{"received_us", "1723161255343000"}, {"source", "ws"}}};
		assert_int_equal(kafka_producer_send(p, &message), KAFKA_SENT);
	}
	assert_int_equal(kafka_producer_flush(p, KAFKA_MOCK_WAIT_MS), 0);
	kafka_producer_free(p);
}
