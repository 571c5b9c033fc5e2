#include "kafka_admin.h"
#include "clock.h"
#include "kafka_conf.h"
#include "kafka_describe.h"
#include "kafka_offsets.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE_CALL_MS 2000 /* then ask again, until the caller's time is over */
#define PAUSE_MS 50

struct kafka_admin {
	rd_kafka_t *rk;
};

struct kafka_admin *kafka_admin_new(const struct settings *s, struct err *e)
{
	static const char *const none[] = {NULL};
	char why[ERR_TEXT_SIZE];
	struct kafka_admin *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(e, "no memory for a Kafka client");
		return NULL;
	}
	rd_kafka_conf_t *conf = kafka_conf_new(s, none, none, e);
	if (conf) {
		a->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
		if (a->rk)
			return a;
		rd_kafka_conf_destroy(conf);
		err_set(e, "no Kafka client: %s", why);
	}
	kafka_admin_free(a);
	return NULL;
}

void kafka_admin_free(struct kafka_admin *a)
{
	if (!a)
		return;
	if (a->rk)
		rd_kafka_destroy(a->rk);
	free(a);
}

/* Milliseconds until the deadline, at most `most`; 0: it has passed. */
static int left_ms(int64_t deadline_us, int most)
{
	int64_t left = (deadline_us - clock_mono_us()) / MS_US;

	if (left <= 0)
		return 0;
	return left < most ? (int)left : most;
}

/* All topics of the cluster; asks again while brokers are away. The caller destroys it. */
static const struct rd_kafka_metadata *topics_of(
	struct kafka_admin *a, int64_t deadline_us, struct err *e)
{
	const struct rd_kafka_metadata *all = NULL;
	rd_kafka_resp_err_t err;
	int ms = left_ms(deadline_us, ONE_CALL_MS);

	do {
		err = rd_kafka_metadata(a->rk, 1, NULL, &all, ms > 0 ? ms : 1);
		if (!err)
			return all;
		rd_kafka_poll(a->rk, left_ms(deadline_us, PAUSE_MS));
		ms = left_ms(deadline_us, ONE_CALL_MS);
	} while (ms > 0);
	err_set(e, "Kafka does not answer: %s", rd_kafka_err2str(err));
	return NULL;
}

static const struct rd_kafka_metadata_topic *find_topic(
	const struct rd_kafka_metadata *all, const char *name)
{
	for (int i = 0; i < all->topic_cnt; i++)
		if (strcmp(all->topics[i].topic, name) == 0 &&
			all->topics[i].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
			return &all->topics[i];
	return NULL;
}

enum topic_state { TOPIC_MISSING, TOPIC_NOT_READY, TOPIC_READY, TOPIC_WRONG };

static enum topic_state state_of(
	const struct rd_kafka_metadata *all, const struct kafka_topic_spec *spec, struct err *e)
{
	const struct rd_kafka_metadata_topic *t = find_topic(all, spec->name);

	if (!t)
		return TOPIC_MISSING;
	if (t->err || t->partition_cnt == 0)
		return TOPIC_NOT_READY;
	if (t->partition_cnt != spec->partitions) {
		err_set(e, "topic '%s' has %d partitions, not %d", spec->name, t->partition_cnt,
			spec->partitions);
		return TOPIC_WRONG;
	}
	for (int i = 0; i < t->partition_cnt; i++)
		if (t->partitions[i].err || t->partitions[i].leader < 0)
			return TOPIC_NOT_READY;
	return TOPIC_READY;
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topic_spec *spec, struct err *e)
{
	char why[ERR_TEXT_SIZE], retention[32];
	rd_kafka_NewTopic_t *t = rd_kafka_NewTopic_new(
		spec->name, spec->partitions, spec->replication, why, sizeof(why));

	if (!t) {
		err_set(e, "topic '%s': %s", spec->name, why);
		return NULL;
	}
	snprintf(retention, sizeof(retention), "%lld", (long long)spec->retention_ms);
	if (rd_kafka_NewTopic_set_config(t, "cleanup.policy", spec->cleanup) ||
		rd_kafka_NewTopic_set_config(t, "retention.ms", retention)) {
		err_set(e, "topic '%s': bad configuration", spec->name);
		rd_kafka_NewTopic_destroy(t);
		return NULL;
	}
	return t;
}

/* Waits for the answer of a request that goes through `queue`. NULL: no answer in time. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *queue, int64_t deadline_us)
{
	return rd_kafka_queue_poll(queue, left_ms(deadline_us, INT32_MAX));
}

/* Whether asking again may help; brokers may still be on their way up. */
static bool is_passing(rd_kafka_resp_err_t err)
{
	return err == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
	       err == RD_KAFKA_RESP_ERR_NOT_CONTROLLER || err == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	       err == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
}

/* -1 only for what will not heal by asking again; `e` says also what may heal. */
static int created(rd_kafka_event_t *event, struct err *e)
{
	size_t count = 0;

	if (!event || rd_kafka_event_error(event))
		return 0;
	const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
		rd_kafka_event_CreateTopics_result(event), &count);
	for (size_t i = 0; i < count; i++) {
		rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
		if (!err || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			continue;
		err_set(e, "cannot create topic '%s': %s", rd_kafka_topic_result_name(results[i]),
			rd_kafka_topic_result_error_string(results[i]));
		if (!is_passing(err))
			return -1;
	}
	return 0;
}

static int create(struct kafka_admin *a, const struct kafka_topic_spec *spec, int64_t deadline_us,
	struct err *e)
{
	char why[ERR_TEXT_SIZE];
	int rc = -1;
	rd_kafka_queue_t *queue = NULL;
	rd_kafka_AdminOptions_t *options = NULL;
	rd_kafka_event_t *event = NULL;
	rd_kafka_NewTopic_t *topic = new_topic(spec, e);

	if (!topic)
		return -1;
	int ms = left_ms(deadline_us, ONE_CALL_MS);
	queue = rd_kafka_queue_new(a->rk);
	options = rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	if (rd_kafka_AdminOptions_set_request_timeout(options, ms > 0 ? ms : 1, why, sizeof(why))) {
		err_set(e, "%s", why);
		goto out;
	}
	rd_kafka_CreateTopics(a->rk, &topic, 1, options, queue);
	event = answer(queue, deadline_us);
	rc = created(event, e);
out:
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	rd_kafka_NewTopic_destroy(topic);
	return rc;
}

/* One round. 1: all are ready; 0: ask again; -1: it will not come right. */
static int ensure_once(struct kafka_admin *a, const struct kafka_topic_spec *specs, size_t count,
	int64_t deadline_us, struct err *e)
{
	const struct rd_kafka_metadata *all = topics_of(a, deadline_us, e);
	size_t ready = 0;
	int rc = all ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		switch (state_of(all, &specs[i], e)) {
		case TOPIC_READY:
			ready++;
			break;
		case TOPIC_NOT_READY:
			break;
		case TOPIC_MISSING:
			rc = create(a, &specs[i], deadline_us, e);
			break;
		case TOPIC_WRONG:
			rc = KAFKA_TOPIC_WRONG;
		}
	}
	if (all)
		rd_kafka_metadata_destroy(all);
	return rc == 0 && ready == count ? 1 : rc;
}

int kafka_admin_ensure(struct kafka_admin *a, const struct kafka_topic_spec *specs, size_t count,
	int timeout_ms, struct err *e)
{
	int64_t deadline_us = clock_mono_us() + timeout_ms * MS_US;
	struct err last = {""};

	for (;;) {
		struct err now = {""};
		int rc = ensure_once(a, specs, count, deadline_us, &now);
		bool is_over = left_ms(deadline_us, PAUSE_MS) == 0;
		if (rc == 1)
			return 0;
		if (rc == KAFKA_TOPIC_WRONG) {
			err_set(e, "%s", now.text);
			return rc;
		}
		/* That the time ran out within the last round explains less than what came before. */
		if (now.text[0] && !(is_over && last.text[0]))
			last = now;
		if (is_over)
			return err_set(e, "topics are not ready within %d ms%s%s", timeout_ms,
				last.text[0] ? ": " : "", last.text);
		if (rc < 0)
			return err_set(e, "%s", last.text);
		rd_kafka_poll(a->rk, PAUSE_MS);
	}
}

static int replication_of(const struct rd_kafka_metadata_topic *t)
{
	int least = 0;

	for (int i = 0; i < t->partition_cnt; i++)
		if (!least || t->partitions[i].replica_cnt < least)
			least = t->partitions[i].replica_cnt;
	return least;
}

int kafka_admin_describe(struct kafka_admin *a, struct kafka_topic_found *found, size_t count,
	int timeout_ms, struct err *e)
{
	int64_t deadline_us = clock_mono_us() + timeout_ms * MS_US;
	const struct rd_kafka_metadata *all = topics_of(a, deadline_us, e);

	if (!all)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct rd_kafka_metadata_topic *t = find_topic(all, found[i].name);
		found[i].replication = t ? replication_of(t) : 0;
	}
	rd_kafka_metadata_destroy(all);
	return kafka_describe_topics(a->rk, found, count, left_ms(deadline_us, INT32_MAX), e);
}

static int request_delete(
	struct kafka_admin *a, const char *name, int64_t deadline_us, struct err *e)
{
	size_t count = 0;
	int rc = 0;
	rd_kafka_queue_t *queue = rd_kafka_queue_new(a->rk);
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);

	rd_kafka_DeleteTopics(a->rk, &topic, 1, NULL, queue);
	rd_kafka_event_t *event = answer(queue, deadline_us);
	if (event && !rd_kafka_event_error(event)) {
		const rd_kafka_topic_result_t **r = rd_kafka_DeleteTopics_result_topics(
			rd_kafka_event_DeleteTopics_result(event), &count);
		rd_kafka_resp_err_t err = count ? rd_kafka_topic_result_error(r[0]) : 0;
		if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
			err == RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED)
			rc = err_set(
				e, "cannot delete topic '%s': %s", name, rd_kafka_err2str(err));
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	return rc;
}

/* Asks for the deletion of all that are there. Returns how many were, -1 on error. */
static int delete_once(
	struct kafka_admin *a, const char *prefix, int64_t deadline_us, struct err *e)
{
	const struct rd_kafka_metadata *all = topics_of(a, deadline_us, e);
	int there = 0, rc = all ? 0 : -1;

	for (int i = 0; rc == 0 && i < all->topic_cnt; i++) {
		if (strncmp(all->topics[i].topic, prefix, strlen(prefix)) != 0 ||
			all->topics[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
			continue;
		there++;
		rc = request_delete(a, all->topics[i].topic, deadline_us, e);
	}
	if (all)
		rd_kafka_metadata_destroy(all);
	return rc == 0 ? there : -1;
}

int kafka_admin_delete_prefix(
	struct kafka_admin *a, const char *prefix, int timeout_ms, struct err *e)
{
	int64_t deadline_us = clock_mono_us() + timeout_ms * MS_US;
	int there, deleted = -1;

	if (!*prefix)
		return err_set(e, "an empty prefix would delete every topic");
	while ((there = delete_once(a, prefix, deadline_us, e)) > 0) {
		if (deleted < 0)
			deleted = there;
		if (left_ms(deadline_us, PAUSE_MS) == 0)
			return err_set(e, "%d topics '%s...' are not gone within %d ms", there,
				prefix, timeout_ms);
		rd_kafka_poll(a->rk, PAUSE_MS);
	}
	if (there < 0)
		return -1;
	return deleted < 0 ? 0 : deleted;
}

int kafka_admin_watermarks(struct kafka_admin *a, const char *topic, int partition, int timeout_ms,
	int64_t *low, int64_t *high, struct err *e)
{
	const rd_kafka_topic_partition_t of = {.topic = (char *)topic, .partition = partition};
	int64_t low_high[2];

	if (kafka_offsets_watermarks(a->rk, &of, timeout_ms, low_high, e) != 0)
		return -1;
	*low = low_high[0];
	*high = low_high[1];
	return 0;
}
