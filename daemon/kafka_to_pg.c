#include "kafka_to_pg.h"

#include "log.h"
#include "maintenance.h"
#include "progress.h"
#include "retry.h"
#include "sink_commit.h"
#include "sink_load.h"
#include "sink_meta.h"
#include "sink_observe.h"
#include "sink_take.h"
#include "topics.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECORDS_MAX 1000
#define POLL_MS 50
#define DRAIN_US (3 * SECOND_US)
#define DRAIN_QUIET_US (300 * MS_US)
#define TOKEN_SIZE 64
/* Bound of what one record adds: a control record settles the seconds of all symbols of its partition. */
#define ONE_RECORD_BYTES ((size_t)1 << 30)
#define TOPICS_MS 1000 /* one attempt; also how late a stop may be noticed meanwhile */

/* Why the sink leaves its loop. */
enum sink_left { LEFT_STOP, LEFT_RELOAD, LEFT_STAND_BY, LEFT_BROKEN };

struct kafka_to_pg {
	const struct settings *settings;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping; /* by lock */
	bool broken;   /* the thread writes it, stop reads it after the join */
	char token[TOKEN_SIZE];
	struct pg *pg;
	struct kafka_admin *admin;
	struct kafka_consumer *consumer;
	struct event_parser *parser;
	struct sink_commit *commit;
	struct sink_meta *meta;
	struct maintenance *maintenance;
	struct sink_state st;
	struct sink_batch batch;
	struct sink_observed observed;
	size_t batch_bytes; /* at which it is committed */
	struct retry retry;
	int64_t stop_since_us, quiet_since_us; /* monotonic, while draining */
};

static bool stopping(struct kafka_to_pg *k)
{
	bool stop;

	pthread_mutex_lock(&k->lock);
	stop = k->stopping;
	pthread_mutex_unlock(&k->lock);
	return stop;
}

/* Waits, but not beyond the order to stop, unless that has come already. */
static void pause_us(struct kafka_to_pg *k, int64_t us, bool stop_ends_it)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (us + until.tv_nsec / 1000) / SECOND_US;
	until.tv_nsec = (us + until.tv_nsec / 1000) % SECOND_US * 1000;
	pthread_mutex_lock(&k->lock);
	while (!(stop_ends_it && k->stopping) &&
		pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0)
		;
	pthread_mutex_unlock(&k->lock);
}

static void pause_retry(struct kafka_to_pg *k)
{
	pause_us(k, retry_delay_us(&k->retry, clock_mono_us()), !stopping(k));
}

/* While stopping: has the time to write what is left run out? */
static bool out_of_time(const struct kafka_to_pg *k)
{
	return k->stop_since_us && clock_mono_us() - k->stop_since_us > DRAIN_US;
}

static enum sink_left committed(struct kafka_to_pg *k, int64_t began_us)
{
	sink_observe_committed(&k->batch, clock_mono_us() - began_us);
	log_debug("sink_committed", "records=%zu us=%lld", k->batch.records,
		(long long)(clock_mono_us() - began_us));
	sink_batch_reset(&k->batch);
	retry_good(&k->retry, clock_mono_us());
	return LEFT_STOP;
}

/* Writes the batch, however long it takes; LEFT_STOP when that is done. */
static enum sink_left write_batch(struct kafka_to_pg *k)
{
	int64_t began_us = clock_mono_us();
	struct err e = {""};

	for (;;) {
		progress_wait(PROGRESS_SINK, WAIT_DATABASE, clock_mono_us());
		enum sink_done done = sink_commit_run(k->commit, &k->st, &k->batch, &e);

		switch (done) {
		case SINK_COMMITTED:
			return committed(k, began_us);
		case SINK_FENCED:
			log_error("sink_fenced", "action=\"standing by\" reason=\"another sink "
						 "took this venue over\"");
			return LEFT_STAND_BY;
		case SINK_BROKEN:
			log_error("sink_broken", "reason=\"%s\" sqlstate=%s", e.text,
				pg_sqlstate(k->pg));
			return LEFT_BROKEN;
		case SINK_NO_PARTITION:
			if (maintenance_ensure(
				    k->maintenance, k->batch.days, k->batch.day_count, &e) == 0)
				continue;
			break;
		case SINK_LATER:
			break;
		}
		progress_wait(PROGRESS_SINK, WAIT_DATABASE, clock_mono_us());
		log_warn("sink_retry", "records=%zu reason=\"%s\"", k->batch.records, e.text);
		if (stopping(k) && !k->stop_since_us)
			k->stop_since_us = clock_mono_us();
		if (out_of_time(k))
			return LEFT_RELOAD;
		pause_retry(k);
	}
}

static bool batch_due(const struct kafka_to_pg *k)
{
	int64_t interval_us = settings_int(k->settings, "sink", "batch_interval") * MS_US;

	return k->batch.records > 0 &&
	       (k->batch.records >= (size_t)settings_int(k->settings, "sink", "batch_events") ||
		       clock_mono_us() - k->batch.began_mono_us >= interval_us);
}

static enum sink_left take_all(
	struct kafka_to_pg *k, const struct kafka_record *records, size_t count)
{
	struct sink_load from = {
		k->pg, k->consumer, k->token, settings_text(k->settings, "topics", "prefix")};
	struct err e = {""};

	for (size_t i = 0; i < count; i++) {
		if (sink_load_is_other_topic(&k->st, &records[i])) {
			log_error("sink_topic_anew",
				"stream=%s partition=%d offset=%lld action=\"new epoch\"",
				stream_table[records[i].tag].name, records[i].partition,
				(long long)records[i].offset);
			if (sink_load_new_epoch(&from, &k->st, &e) != PG_OK)
				log_error("sink_new_epoch", "reason=\"%s\"", e.text);
			return LEFT_RELOAD;
		}
		if (sink_take(&k->st, &k->batch, k->parser, &records[i], &e) != 0 ||
			sink_batch_failed(&k->batch)) {
			log_error("sink_take", "stream=%s partition=%d offset=%lld reason=\"%s\"",
				stream_table[records[i].tag].name, records[i].partition,
				(long long)records[i].offset,
				e.text[0] ? e.text : "no memory for the batch");
			return LEFT_BROKEN;
		}
		if (sink_batch_bytes(&k->batch) >= k->batch_bytes) {
			enum sink_left left = write_batch(k);

			if (left != LEFT_STOP)
				return left;
		}
	}
	return LEFT_STOP;
}

/* While stopping: true when Kafka has had nothing more for a while, or time is up. */
static bool drained(struct kafka_to_pg *k, size_t count)
{
	int64_t now_us = clock_mono_us();

	if (!stopping(k))
		return false;
	if (!k->stop_since_us)
		k->stop_since_us = k->quiet_since_us = now_us;
	if (count)
		k->quiet_since_us = now_us;
	return now_us - k->quiet_since_us >= DRAIN_QUIET_US ||
	       now_us - k->stop_since_us >= DRAIN_US;
}

static enum sink_left run_loop(struct kafka_to_pg *k)
{
	for (;;) {
		const struct kafka_record *records = NULL;
		enum sink_left left = LEFT_STOP;
		size_t count = 0;
		struct err e = {""};
		bool last;

		switch (kafka_consumer_poll(
			k->consumer, POLL_MS, RECORDS_MAX, &records, &count, &e)) {
		case KAFKA_RECORDS:
			left = take_all(k, records, count);
			break;
		case KAFKA_OUT_OF_RANGE:
			return LEFT_RELOAD;
		case KAFKA_ERROR:
			log_warn("sink_kafka", "reason=\"%s\"", e.text);
			break;
		case KAFKA_NOTHING:
			break;
		}
		if (left != LEFT_STOP)
			return left;
		sink_observe_round(&k->observed, k->consumer, &k->st, &k->batch);
		last = drained(k, count);
		if (batch_due(k) || (last && k->batch.records))
			left = write_batch(k);
		if (left != LEFT_STOP || last)
			return left;
		sink_meta_run(k->meta, &k->st);
	}
}

static void forget(struct kafka_to_pg *k)
{
	sink_state_done(&k->st);
	sink_state_init(&k->st, settings_text(k->settings, "venue", "name"),
		settings_int(k->settings, "venue", "settle") * SECOND_US);
	sink_batch_reset(&k->batch);
	sink_meta_reset(k->meta);
}

static enum sink_left load_and_run(struct kafka_to_pg *k)
{
	struct sink_load from = {
		k->pg, k->consumer, k->token, settings_text(k->settings, "topics", "prefix")};
	struct err e = {""};

	forget(k);
	progress_wait(PROGRESS_SINK, WAIT_KAFKA, clock_mono_us());
	if (topics_ensure(k->settings, k->admin, TOPICS_MS, &e) != 0) {
		log_warn("sink_waits", "reason=\"%s\"", e.text);
		return LEFT_RELOAD;
	}
	switch (sink_load(&from, &k->st, &e)) {
	case PG_OK:
		log_info("sink_started", "venue=%s epoch=%lld symbols=%u", k->st.venue,
			(long long)k->st.epoch, HASH_COUNT(k->st.symbols));
		return run_loop(k);
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
			while (!stopping(k)) {
				progress_wait(PROGRESS_SINK, WAIT_STANDBY, clock_mono_us());
				pause_us(k, SECOND_US, true);
			}
			return NULL;
		case LEFT_BROKEN:
			k->broken = true;
			kill(getpid(),
				SIGTERM); /* main stops everything in order and says so by its exit code */
			return NULL;
		case LEFT_RELOAD:
			if (stopping(k))
				return NULL;
			pause_retry(k);
		}
	}
}

static void destroy(struct kafka_to_pg *k)
{
	maintenance_stop(k->maintenance);
	sink_state_done(&k->st);
	sink_batch_done(&k->batch);
	sink_meta_free(k->meta);
	sink_commit_free(k->commit);
	event_parser_free(k->parser);
	kafka_consumer_free(k->consumer);
	kafka_admin_free(k->admin);
	pg_free(k->pg);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static int open_parts(struct kafka_to_pg *k, struct err *e)
{
	size_t max_bytes = k->batch_bytes + ONE_RECORD_BYTES;

	k->pg = pg_new(settings_text(k->settings, "postgres", "collector"), "pricegraph-sink");
	if (!k->pg)
		return err_set(e, "no memory for the sink's connection");
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
	k->meta = sink_meta_new(k->settings, e);
	if (!k->meta)
		return -1;
	k->maintenance = maintenance_start(k->settings, e);
	return k->maintenance ? 0 : -1;
}

struct kafka_to_pg *kafka_to_pg_start(const struct settings *s, struct err *e)
{
	static const struct retry_policy policy = {
		.first_us = 100 * MS_US, .max_us = 800 * MS_US, .reset_us = 5 * SECOND_US};
	struct kafka_to_pg *k = calloc(1, sizeof *k);
	pthread_condattr_t monotonic;

	if (!k) {
		err_set(e, "no memory for the sink");
		return NULL;
	}
	k->settings = s;
	snprintf(k->token, sizeof k->token, "%ld-%lld", (long)getpid(), (long long)clock_wall_us());
	retry_init(&k->retry, &policy, (uint64_t)clock_wall_us());
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sink_state_init(&k->st, settings_text(s, "venue", "name"), 0);
	sink_observe_init(&k->observed, s);
	k->batch_bytes = (size_t)settings_int(s, "sink", "batch_bytes");
	sink_batch_init(&k->batch, k->batch_bytes + ONE_RECORD_BYTES);
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
	pthread_mutex_lock(&k->lock);
	k->stopping = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	fine = !k->broken;
	destroy(k);
	return fine;
}
