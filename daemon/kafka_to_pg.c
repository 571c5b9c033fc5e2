#include "kafka_to_pg_parts.h"

#include "log.h"
#include "progress.h"
#include "sink_load.h"
#include "topics.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bound of what one record adds: a control record settles the seconds of all symbols of its partition. */
#define ONE_RECORD_BYTES ((size_t)1 << 30)
#define TOPICS_MS 1000 /* one attempt; also how late a stop may be noticed meanwhile */

bool kafka_to_pg_stopping(struct kafka_to_pg *k)
{
	bool stop;

	monitor_enter(&k->monitor);
	stop = k->stopping;
	monitor_leave(&k->monitor);
	return stop;
}

/* Waits, but not beyond the order to stop, unless that has come already. */
static void pause_us(struct kafka_to_pg *k, int64_t us, bool stop_ends_it)
{
	int64_t until_us = clock_mono_us() + us;

	monitor_enter(&k->monitor);
	while (!(stop_ends_it && k->stopping) && monitor_wait_until(&k->monitor, until_us))
		;
	monitor_leave(&k->monitor);
}

static void pause_retry(struct kafka_to_pg *k)
{
	pause_us(k, retry_delay_us(&k->retry, clock_mono_us()), !kafka_to_pg_stopping(k));
}

static void forget(struct kafka_to_pg *k)
{
	struct err e = {""};

	/* Else each question about offsets would stand behind a waiting fetch. */
	if (kafka_consumer_assign(k->consumer, NULL, 0, &e) != 0)
		log_warn("sink_kafka", "reason=\"%s\"", e.text);
	sink_history_stop(k->history);
	k->history_batch = NULL;
	k->behind_us = clock_mono_us();
	sink_state_done(&k->st);
	sink_state_init(&k->st, settings_text(k->settings, "venue", "name"),
		settings_int(k->settings, "venue", "settle") * SECOND_US);
	k->st.refused = &k->bisect.refused;
	sink_batch_reset(k->batch);
	sink_batch_reset(k->written);
	sink_meta_reset(k->meta);
	sink_commit_forget(k->commit);
	sink_others_reset(&k->others);
}

static enum pg_failure load(struct kafka_to_pg *k, struct err *e)
{
	struct sink_load from = {
		k->pg, k->consumer, k->token, settings_text(k->settings, "topics", "prefix")};
	enum pg_failure f = sink_load(&from, &k->st, e);

	return f == PG_OK ? sink_history_load(k->history, k->pg, &k->st, e) : f;
}

static enum sink_left load_and_run(struct kafka_to_pg *k)
{
	struct err e = {""};
	int rc;

	forget(k);
	progress_wait(PROGRESS_SINK, WAIT_KAFKA, clock_mono_us());
	rc = topics_ensure(k->settings, k->admin, TOPICS_MS, &e);
	if (rc == KAFKA_TOPIC_WRONG) {
		topics_refuse(&e);
		return LEFT_STOP;
	}
	if (rc != 0) {
		log_warn("sink_waits", "reason=\"%s\"", e.text);
		return LEFT_RELOAD;
	}
	switch (load(k, &e)) {
	case PG_OK:
		log_info("sink_started", "venue=%s epoch=%lld symbols=%u", k->st.venue,
			(long long)k->st.epoch, HASH_COUNT(k->st.symbols));
		return sink_rounds(k);
	case PG_RETRY:
	case PG_NO_PARTITION:
	case PG_CONFLICT:
		progress_wait(PROGRESS_SINK, WAIT_DATABASE, clock_mono_us());
		log_warn("sink_waits", "reason=\"%s\"", e.text);
		return LEFT_RELOAD;
	case PG_BAD_DATA:
	case PG_BUG:
		log_error("sink_load", "reason=\"%s\" sqlstate=%s", e.text, pg_sqlstate(k->pg));
		return LEFT_BROKEN;
	}
	return LEFT_BROKEN;
}

static void *run(void *arg)
{
	struct kafka_to_pg *k = arg;

	log_thread_name("sink");
	for (;;) {
		switch (load_and_run(k)) {
		case LEFT_STOP:
			return NULL;
		case LEFT_STAND_BY:
			while (!kafka_to_pg_stopping(k)) {
				progress_wait(PROGRESS_SINK, WAIT_STANDBY, clock_mono_us());
				pause_us(k, SECOND_US, true);
			}
			return NULL;
		case LEFT_BROKEN:
			k->broken = true;
			kill(getpid(),
				SIGTERM); /* main stops everything in order and says so by its exit code */
			return NULL;
		case LEFT_ANEW:
			if (kafka_to_pg_stopping(k))
				return NULL;
			break;
		case LEFT_RELOAD:
			if (kafka_to_pg_stopping(k))
				return NULL;
			pause_retry(k);
		}
	}
}

static void destroy(struct kafka_to_pg *k)
{
	sink_writer_stop(k->writer);
	maintenance_stop(k->maintenance);
	sink_state_done(&k->st);
	for (int i = 0; i < 2; i++)
		sink_batch_done(&k->batches[i]);
	sink_history_free(k->history);
	sink_bisect_done(&k->bisect);
	sink_meta_free(k->meta);
	sink_commit_free(k->commit);
	event_parser_free(k->parser);
	kafka_consumer_free(k->consumer);
	kafka_admin_free(k->admin);
	pg_free(k->pg);
	monitor_done(&k->monitor);
	free(k);
}

static int open_parts(struct kafka_to_pg *k, struct err *e)
{
	size_t max_bytes = k->batch_bytes + ONE_RECORD_BYTES;

	k->pg = pg_new(settings_text(k->settings, "postgres", "collector"), "pricegraph-sink");
	if (!k->pg)
		return err_set(e, "no memory for the sink's connection");
	/* The newest partitions are new to the planner too: what looks small there is a second of the whole exchange. To hash is never much slower
	 * than to sort it, and nothing here lasts long enough to be compiled. */
	pg_set_session(k->pg, "SET enable_sort = off; SET enable_mergejoin = off; SET jit = off");
	k->admin = kafka_admin_new(k->settings, e);
	if (!k->admin)
		return -1;
	k->consumer = kafka_consumer_new(k->settings, e);
	if (!k->consumer)
		return -1;
	k->parser = event_parser_new(e);
	if (!k->parser)
		return -1;
	k->commit = sink_commit_new(k->pg, k->token, max_bytes, e);
	if (!k->commit)
		return -1;
	k->history = sink_history_new(k->settings, max_bytes, e);
	if (!k->history)
		return -1;
	k->meta = sink_meta_new(k->settings, e);
	if (!k->meta)
		return -1;
	k->maintenance = maintenance_start(k->settings, e);
	if (!k->maintenance)
		return -1;
	k->writer = sink_writer_start(k->pg, k->commit, k->maintenance, e);
	return k->writer ? 0 : -1;
}

struct kafka_to_pg *kafka_to_pg_start(const struct settings *s, struct err *e)
{
	struct kafka_to_pg *k = calloc(1, sizeof *k);

	if (!k) {
		err_set(e, "no memory for the sink");
		return NULL;
	}
	k->settings = s;
	snprintf(k->token, sizeof k->token, "%ld-%lld", (long)getpid(), (long long)clock_wall_us());
	retry_init(&k->retry, &retry_server, (uint64_t)clock_wall_us());
	monitor_init(&k->monitor);
	sink_state_init(&k->st, settings_text(s, "venue", "name"), 0);
	sink_observe_init(&k->observed, s);
	k->batch_bytes = (size_t)settings_int(s, "sink", "batch_bytes");
	for (int i = 0; i < 2; i++)
		sink_batch_init(&k->batches[i], k->batch_bytes + ONE_RECORD_BYTES);
	k->batch = &k->batches[0];
	k->written = &k->batches[1];
	sink_bisect_init(&k->bisect, (size_t)settings_int(s, "sink", "batch_events"));
	if (open_parts(k, e) == 0) {
		if (pthread_create(&k->thread, NULL, run, k) == 0)
			return k;
		err_set(e, "cannot start the sink's thread");
	}
	destroy(k);
	return NULL;
}

bool kafka_to_pg_stop(struct kafka_to_pg *k)
{
	bool fine;

	if (!k)
		return true;
	monitor_enter(&k->monitor);
	k->stopping = true;
	k->stop_since_us = clock_mono_us();
	monitor_changed(&k->monitor);
	monitor_leave(&k->monitor);
	sink_writer_hurry(k->writer, clock_mono_us() + SINK_DRAIN_US);
	pthread_join(k->thread, NULL);
	fine = !k->broken;
	destroy(k);
	return fine;
}
