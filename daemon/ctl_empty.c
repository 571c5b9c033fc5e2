#include "clock.h"
#include "ctl_command.h"
#include "kafka_admin.h"
#include "pg.h"
#include "retry.h"
#include "topic.h"
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#define KAFKA_TIMEOUT_MS 30000
#define LOCK_TIMEOUT_US (15 * SECOND_US)

static const struct retry_policy policy = {.first_us = 20 * MS_US, .max_us = 500 * MS_US};

/* "<prefix>.<venue>." : not those of another venue that begins alike. Returns how many, or -1. */
static int delete_topics(const struct settings *s, const char *venue, struct err *e)
{
	struct kafka_admin *admin = kafka_admin_new(s, e);
	char prefix[TOPIC_NAME_SIZE];
	int count;

	if (!admin)
		return -1;
	snprintf(prefix, sizeof(prefix), "%s.%s.", settings_text(s, "topics", "prefix"), venue);
	count = kafka_admin_delete_prefix(admin, prefix, KAFKA_TIMEOUT_MS, e);
	kafka_admin_free(admin);
	return count;
}

/* The new epoch; 0: there is no such venue; -1. Readers may hold the tables for a moment: it is tried again. */
static int64_t empty_tables(struct pg *pg, const char *venue, struct err *e)
{
	int64_t deadline_us = clock_mono_us() + LOCK_TIMEOUT_US;
	struct retry retry;
	enum pg_failure f;
	PGresult *r;

	retry_init(&retry, &policy, (uint64_t)deadline_us);
	for (;;) {
		f = pg_query(
			pg, "ctl_empty", "SELECT coalesce(venue_empty($1), 0)", 1, &venue, &r, e);
		if (f != PG_RETRY || !pg_connected(pg) || clock_mono_us() > deadline_us)
			break;
		poll(NULL, 0, (int)(retry_delay_us(&retry, clock_mono_us()) / MS_US));
	}
	if (f != PG_OK)
		return -1;
	int64_t epoch = pg_int(r, 0, 0);
	PQclear(r);
	return epoch;
}

int ctl_empty(const struct settings *s, const char *venue, struct err *e)
{
	struct pg *pg = pg_new(settings_text(s, "postgres", "owner"), "pricegraphctl");
	int64_t epoch = -1;
	int topics = -1;

	if (!pg)
		err_set(e, "no memory for a connection");
	else if (pg_connect(pg, e) == PG_OK && (topics = delete_topics(s, venue, e)) >= 0)
		epoch = empty_tables(pg, venue, e);
	pg_free(pg);
	if (epoch < 0)
		return -1;
	if (epoch == 0)
		printf("%s: %d topics deleted, no rows\n", venue, topics);
	else
		printf("%s: %d topics deleted, rows dropped, now epoch %" PRId64 "\n", venue,
			topics, epoch);
	return 0;
}
