#include "kafka_to_pg_parts.h"

#include "log.h"
#include "sink_load.h"
#include "sink_seal.h"
#include "sink_take.h"

#define RECORDS_MAX 1000
#define POLL_MS 50
#define DRAIN_QUIET_US (300 * MS_US)

#define BEHIND_US SECOND_US   /* old records mean that the live topics lag */
#define CALM_US (500 * MS_US) /* without one before history is taken */

static enum sink_left committed(struct kafka_to_pg *k)
{
	if (k->history_batch) {
		k->history_batch = NULL;
		sink_history_committed(k->history, sink_writer_took_us(k->writer));
		return LEFT_STOP;
	}
	sink_seal_committed(&k->st, k->written);
	sink_bisect_committed(&k->bisect, k->written->records);
	sink_batch_reset(k->written);
	retry_good(&k->retry, clock_mono_us());
	return LEFT_STOP;
}

static enum sink_left broken(const struct kafka_to_pg *k, const char *reason)
{
	log_error("sink_broken", "reason=\"%s\" sqlstate=%s", reason, pg_sqlstate(k->pg));
	return LEFT_BROKEN;
}

/* The state is rebuilt, and the batch's records come again in smaller ones. */
static enum sink_left refused(struct kafka_to_pg *k)
{
	const char *reason = sink_writer_reason(k->writer);
	struct err e = {""};
	int rc = k->history_batch ? sink_history_refused(k->history, reason, &e)
				  : sink_bisect_refused(&k->bisect, k->written, reason, &e);

	return rc == 0 ? LEFT_ANEW : broken(k, e.text);
}

/* What became of the batch that is being written, if that is known, or waited for; LEFT_STOP: nothing that stands in the way. */
static enum sink_left look_after_writer(struct kafka_to_pg *k, bool wait)
{
	if (!sink_writer_busy(k->writer))
		return LEFT_STOP;
	switch (sink_writer_outcome(k->writer, wait)) {
	case OUTCOME_PENDING:
		return LEFT_STOP;
	case OUTCOME_COMMITTED:
		return committed(k);
	case OUTCOME_FENCED:
		log_error("sink_fenced", "action=\"standing by\" reason=\"another sink "
					 "took this venue over\"");
		return LEFT_STAND_BY;
	case OUTCOME_REFUSED:
		return refused(k);
	case OUTCOME_BROKEN:
		return broken(k, sink_writer_reason(k->writer));
	case OUTCOME_GIVEN_UP:
		return LEFT_RELOAD;
	}
	return LEFT_BROKEN;
}

/* The writer has no batch: the connection is free. */
static void publish(struct kafka_to_pg *k)
{
	struct err e = {""};

	if (sink_others_look(&k->others, k->pg, &k->st, &e) != PG_OK)
		log_warn("sink_others", "reason=\"%s\"", e.text);
	sink_meta_run(k->meta, &k->st);
}

/* Gives the batch to the writer, once that is free, and begins the next one. */
static enum sink_left hand_over(struct kafka_to_pg *k)
{
	struct sink_batch *full = k->batch;
	enum sink_left left = look_after_writer(k, true);

	if (left != LEFT_STOP)
		return left;
	publish(k);
	sink_seal(&k->st, full);
	if (sink_batch_failed(full))
		return broken(k, "no memory for the batch");
	k->batch = k->written;
	k->written = full;
	sink_writer_give(k->writer, &k->st, full);
	return LEFT_STOP;
}

static bool batch_full(const struct kafka_to_pg *k)
{
	return k->batch->records >= k->bisect.limit || sink_batch_bytes(k->batch) >= k->batch_bytes;
}

static bool batch_due(const struct kafka_to_pg *k)
{
	int64_t interval_us = settings_int(k->settings, "sink", "batch_interval") * MS_US;

	return k->batch->records > 0 && clock_mono_us() - k->batch->began_mono_us >= interval_us;
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
			if (look_after_writer(k, true) == LEFT_STOP &&
				sink_load_new_epoch(&from, &k->st, &e) != PG_OK)
				log_error("sink_new_epoch", "reason=\"%s\"", e.text);
			return LEFT_RELOAD;
		}
		if (sink_take(&k->st, k->batch, k->parser, &records[i], &e) != 0 ||
			sink_batch_failed(k->batch)) {
			log_error("sink_take", "stream=%s partition=%d offset=%lld reason=\"%s\"",
				stream_table[records[i].tag].name, records[i].partition,
				(long long)records[i].offset,
				e.text[0] ? e.text : "no memory for the batch");
			return LEFT_BROKEN;
		}
		if (batch_full(k)) {
			sink_take_identities(&k->st);
			enum sink_left left = hand_over(k);

			if (left != LEFT_STOP)
				return left;
		}
	}
	sink_take_identities(&k->st);
	return LEFT_STOP;
}

static void note_lag(struct kafka_to_pg *k, const struct kafka_record *records, size_t count)
{
	int64_t oldest_ms = INT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (records[i].produced_ms < oldest_ms)
			oldest_ms = records[i].produced_ms;
	if (count && oldest_ms * MS_US < clock_wall_us() - BEHIND_US)
		k->behind_us = clock_mono_us();
}

/* Between the live batches, while these do not lag, the past has its turn. */
static enum sink_left take_history(struct kafka_to_pg *k)
{
	struct err e = {""};
	int rc;

	if (sink_writer_busy(k->writer) || clock_mono_us() - k->behind_us < CALM_US)
		return LEFT_STOP;
	rc = sink_history_run(k->history, &k->st, &k->history_batch, &e);
	if (rc < 0)
		return broken(k, e.text);
	if (rc > 0)
		sink_writer_give(k->writer, &k->st, k->history_batch);
	return LEFT_STOP;
}

/* While stopping: true when Kafka has had nothing more for a while, or time is up. */
static bool drained(struct kafka_to_pg *k, size_t count)
{
	int64_t now_us = clock_mono_us();

	if (!kafka_to_pg_stopping(k))
		return false;
	if (count || !k->quiet_since_us)
		k->quiet_since_us = now_us;
	return now_us - k->quiet_since_us >= DRAIN_QUIET_US ||
	       now_us - k->stop_since_us >= SINK_DRAIN_US;
}

/* Takes and hands over until something stands in the way, or it is time to stop and all is written. */
static enum sink_left take_and_write(struct kafka_to_pg *k)
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
			note_lag(k, records, count);
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
		if (left == LEFT_STOP)
			left = look_after_writer(k, false);
		if (left != LEFT_STOP)
			return left;
		sink_observe_round(&k->observed, k->consumer, &k->st, k->batch);
		last = drained(k, count);
		if (batch_due(k) || (last && k->batch->records))
			left = hand_over(k);
		if (left != LEFT_STOP || last)
			return left;
		if (!sink_writer_busy(k->writer))
			publish(k);
		left = take_history(k);
		if (left != LEFT_STOP)
			return left;
	}
}

enum sink_left sink_rounds(struct kafka_to_pg *k)
{
	enum sink_left left = take_and_write(k), writer_left = look_after_writer(k, true);

	/* What the writer found is the more urgent. */
	return writer_left != LEFT_STOP && left <= LEFT_RELOAD ? writer_left : left;
}
