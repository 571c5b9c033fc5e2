#include "topics.h"

#include "clock.h"
#include "topic.h"

#define HISTORY_DAYS 7 /* what was asked for anew is of no use later; the rows are in PostgreSQL by then */

int topics_ensure(
	const struct settings *s, struct kafka_admin *admin, int timeout_ms, struct err *e)
{
	char names[2 * STREAM_COUNT + 1][TOPIC_NAME_SIZE];
	struct kafka_topic_spec specs[2 * STREAM_COUNT + 1];
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
		if (!stream_table[i].has_history)
			continue;
		topic_of_history(names[n], prefix, venue, (enum stream_kind)i);
		specs[n] = (struct kafka_topic_spec){names[n], TOPIC_PARTITIONS, replication,
			"delete", HISTORY_DAYS * (DAY_US / MS_US)};
		n++;
	}
	topic_of_meta(names[n], prefix, venue);
	specs[n] = (struct kafka_topic_spec){names[n], 1, replication, "compact", -1};
	return kafka_admin_ensure(admin, specs, n + 1, timeout_ms, e);
}
