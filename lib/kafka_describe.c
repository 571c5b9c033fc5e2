#include "kafka_describe.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_entry(struct kafka_topic_found *f, const rd_kafka_ConfigEntry_t *entry)
{
	const char *name = rd_kafka_ConfigEntry_name(entry);
	const char *value = rd_kafka_ConfigEntry_value(entry);

	if (!value)
		return;
	if (strcmp(name, "retention.ms") == 0)
		f->retention_ms = strtoll(value, NULL, 10);
	else if (strcmp(name, "cleanup.policy") == 0)
		snprintf(f->cleanup, sizeof(f->cleanup), "%s", value);
}

static int take_resource(struct kafka_topic_found *found, size_t count,
	const rd_kafka_ConfigResource_t *resource, struct err *e)
{
	const char *name = rd_kafka_ConfigResource_name(resource);
	size_t entries = 0;
	const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(resource, &entries);

	if (rd_kafka_ConfigResource_error(resource))
		return err_set(
			e, "topic '%s': %s", name, rd_kafka_ConfigResource_error_string(resource));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; strcmp(found[i].name, name) == 0 && k < entries; k++)
			take_entry(&found[i], entry[k]);
	return 0;
}

static int take(
	struct kafka_topic_found *found, size_t count, rd_kafka_event_t *event, struct err *e)
{
	size_t resources = 0;
	int rc = 0;

	if (!event)
		return err_set(e, "Kafka does not describe its topics in time");
	if (rd_kafka_event_error(event))
		return err_set(e, "Kafka does not describe its topics: %s",
			rd_kafka_event_error_string(event));
	const rd_kafka_ConfigResource_t **resource = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &resources);
	for (size_t i = 0; rc == 0 && i < resources; i++)
		rc = take_resource(found, count, resource[i], e);
	return rc;
}

int kafka_describe_topics(rd_kafka_t *rk, struct kafka_topic_found *found, size_t count,
	int timeout_ms, struct err *e)
{
	rd_kafka_ConfigResource_t **wanted = calloc(count, sizeof(*wanted));
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event;
	int rc;

	if (!wanted)
		return err_set(e, "no memory for %zu topics", count);
	for (size_t i = 0; i < count; i++)
		wanted[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, found[i].name);
	queue = rd_kafka_queue_new(rk);
	rd_kafka_DescribeConfigs(rk, wanted, count, NULL, queue);
	event = rd_kafka_queue_poll(queue, timeout_ms);
	rc = take(found, count, event, e);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_ConfigResource_destroy_array(wanted, count);
	free(wanted);
	return rc;
}
