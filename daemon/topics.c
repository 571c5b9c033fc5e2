#include "topics.h"

#include "clock.h"
#include "topic.h"

int topics_ensure(
	const struct settings *s, struct kafka_admin *admin, int timeout_ms, struct err *e)
{
	char names[STREAM_COUNT + 1][TOPIC_NAME_SIZE];
	struct kafka_topic_spec specs[STREAM_COUNT + 1];
	const char *prefix = settings_text(s, "topics", "prefix");
	const char *venue = settings_text(s, "venue", "name");
	int replication = (int)settings_int(s, "topics", "replication");
	int64_t retention_ms = settings_int(s, "topics", "retention") * (HOUR_US / MS_US);

	for (int i = 0; i < STREAM_COUNT; i++) {
		topic_of_stream(names[i], prefix, venue, (enum stream_kind)i);
		specs[i] = (struct kafka_topic_spec){
			names[i], TOPIC_PARTITIONS, replication, "delete", retention_ms};
	}
	topic_of_meta(names[STREAM_COUNT], prefix, venue);
	specs[STREAM_COUNT] =
		(struct kafka_topic_spec){names[STREAM_COUNT], 1, replication, "compact", -1};
	return kafka_admin_ensure(admin, specs, STREAM_COUNT + 1, timeout_ms, e);
}
