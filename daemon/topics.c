#include "topics.h"

#include "clock.h"
#include "log.h"
#include "topic.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_DAYS                                                                               \
	7 /* what was asked for anew is of no use later; the rows are in PostgreSQL by then */
#define TOPICS (2 * STREAM_COUNT + 1)
#define DESCRIBE_MS 5000

static atomic_bool refused;

void topics_refuse(const struct err *why)
{
	if (atomic_exchange(&refused, true))
		return;
	log_error("topics_refused", "reason=\"%s\" action=\"delete it, or set topics.prefix\"",
		why->text);
	kill(getpid(), SIGTERM);
}

bool topics_are_refused(void)
{
	return atomic_load(&refused);
}

/* A compacted topic takes no record without a key, which control records are. */
static int compare_one(
	const struct kafka_topic_spec *want, const struct kafka_topic_found *found, struct err *e)
{
	bool keeps_all = strcmp(want->cleanup, "delete") == 0;

	if (keeps_all && strstr(found->cleanup, "compact")) {
		err_set(e, "topic '%s' has cleanup.policy %s, not delete", want->name,
			found->cleanup);
		return KAFKA_TOPIC_WRONG;
	}
	if (strcmp(found->cleanup, want->cleanup) != 0)
		log_warn("topic_cleanup", "topic=%s is=%s wanted=%s", want->name, found->cleanup,
			want->cleanup);
	if (keeps_all && found->retention_ms != want->retention_ms)
		log_warn("topic_retention", "topic=%s is_ms=%lld wanted_ms=%lld", want->name,
			(long long)found->retention_ms, (long long)want->retention_ms);
	if (found->replication < want->replication)
		log_warn("topic_replication", "topic=%s is=%d wanted=%d", want->name,
			found->replication, want->replication);
	return 0;
}

/* Where the cluster does not tell, the topics are taken as they are. */
static int compare(struct kafka_admin *admin, const struct kafka_topic_spec *specs, size_t count,
	struct err *e)
{
	struct kafka_topic_found found[TOPICS] = {0};
	struct err why = {""};
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		found[i].name = specs[i].name;
	if (kafka_admin_describe(admin, found, count, DESCRIBE_MS, &why) != 0) {
		log_warn("topics_not_compared", "reason=\"%s\"", why.text);
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = compare_one(&specs[i], &found[i], e);
	return rc;
}

/* Whoever comes meanwhile waits for the outcome. */
static int compare_once(struct kafka_admin *admin, const struct kafka_topic_spec *specs,
	size_t count, struct err *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool compared; /* lock */
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (!compared)
		rc = compare(admin, specs, count, e);
	compared = rc == 0;
	pthread_mutex_unlock(&lock);
	return rc;
}

int topics_ensure(
	const struct settings *s, struct kafka_admin *admin, int timeout_ms, struct err *e)
{
	char names[TOPICS][TOPIC_NAME_SIZE];
	struct kafka_topic_spec specs[TOPICS];
	size_t n = 0;
	const char *prefix = settings_text(s, "topics", "prefix");
	const char *venue = settings_text(s, "venue", "name");
	int replication = (int)settings_int(s, "topics", "replication");
	int64_t retention_ms = settings_int(s, "topics", "retention") * (HOUR_US / MS_US);

	for (int i = 0; i < STREAM_COUNT; i++) {
		topic_of_stream(names[n], prefix, venue, (enum stream_kind)i);
		specs[n] = (struct kafka_topic_spec){
			names[n], TOPIC_PARTITIONS, replication, "delete", retention_ms};
		n++;
		if (!stream_table[i].history)
			continue;
		topic_of_history(names[n], prefix, venue, (enum stream_kind)i);
		specs[n] = (struct kafka_topic_spec){names[n], TOPIC_PARTITIONS, replication,
			"delete", HISTORY_DAYS * (DAY_US / MS_US)};
		n++;
	}
	topic_of_meta(names[n], prefix, venue);
	specs[n] = (struct kafka_topic_spec){names[n], 1, replication, "compact", -1};
	int rc = kafka_admin_ensure(admin, specs, n + 1, timeout_ms, e);

	return rc == 0 ? compare_once(admin, specs, n + 1, e) : rc;
}
