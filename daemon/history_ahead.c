#include "history_ahead.h"
#include "kafka_admin.h"
#include "pg_queries.h"
#include "topic.h"
#include <stdio.h>
#include <stdlib.h>

#define KAFKA_TIMEOUT_MS 1500 /* a stop may wait for it */

struct history_ahead {
	const struct settings *settings;
	struct kafka_admin *admin;
	struct {
		bool known;
		int64_t count, sent; /* as it was when `sent` records had been acknowledged */
	} of[STREAM_COUNT];
};

struct history_ahead *history_ahead_new(const struct settings *s, struct err *e)
{
	struct history_ahead *a = calloc(1, sizeof(*a));

	if (!a) {
		err_set(e, "no memory");
		return NULL;
	}
	a->settings = s;
	a->admin = kafka_admin_new(s, e);
	if (!a->admin) {
		free(a);
		return NULL;
	}
	return a;
}

void history_ahead_free(struct history_ahead *a)
{
	if (!a)
		return;
	kafka_admin_free(a->admin);
	free(a);
}

/* The sink's next offset by partition; -1 where it has taken nothing yet. */
static int read_offsets(const struct history_ahead *a, struct pg *pg, enum stream_kind kind,
	int64_t next[TOPIC_PARTITIONS], struct err *e)
{
	char stream[TOPIC_NAME_SIZE];
	const char *params[] = {settings_text(a->settings, "venue", "name"), stream};
	PGresult *r;

	snprintf(stream, sizeof(stream), "%s.history", stream_table[kind].name);
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		next[i] = -1;
	if (pg_query(pg, "history_offsets", sql_history_offsets, 2, params, &r, e) != PG_OK)
		return -1;
	for (int row = 0; row < PQntuples(r); row++) {
		int64_t i = pg_int(r, row, 0);
		if (i >= 0 && i < TOPIC_PARTITIONS)
			next[i] = pg_int(r, row, 1);
	}
	PQclear(r);
	return 0;
}

int history_ahead_count(struct history_ahead *a, struct pg *pg, enum stream_kind kind,
	int64_t *count, struct err *e)
{
	int64_t next[TOPIC_PARTITIONS], sum = 0;
	char topic[TOPIC_NAME_SIZE];

	topic_of_history(topic, settings_text(a->settings, "topics", "prefix"),
		settings_text(a->settings, "venue", "name"), kind);
	if (read_offsets(a, pg, kind, next, e) < 0)
		return -1;
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		int64_t low = 0, high = 0;
		if (kafka_admin_watermarks(a->admin, topic, i, KAFKA_TIMEOUT_MS, &low, &high, e) <
			0)
			return -1;
		int64_t from = next[i] > low ? next[i] : low;
		if (high > from)
			sum += high - from;
	}
	*count = sum;
	return 0;
}

int history_ahead_room(struct history_ahead *a, struct pg *pg, enum stream_kind kind,
	const struct history_sent *out, struct err *e)
{
	/* A page, and what tells of repairs around it. */
	const int64_t most = HISTORY_AHEAD_MAX - 2 * HISTORY_PAGE;

	if (a->of[kind].known && a->of[kind].count + out->sent - a->of[kind].sent <= most)
		return 1;
	a->of[kind].known = false;
	if (history_ahead_count(a, pg, kind, &a->of[kind].count, e) < 0)
		return -1;
	/* Kafka has at least what it had acknowledged before; all else may still be on its way. */
	a->of[kind].sent = out->acknowledged;
	a->of[kind].known = a->of[kind].count + out->sent - out->acknowledged <= most;
	return a->of[kind].known;
}
