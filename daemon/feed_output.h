/*
 * feed_output: the feed's producer and its topics: events and control records leave here.
 *
 * Handing over never blocks; a full queue is a return value. A producer that dies (librdkafka's fatal errors; with its gap-less
 * guarantee also the loss of a single record) is replaced, and what it had not brought to Kafka is given up: the hole lies
 * behind the last control record that Kafka has. `generation` then rises, and the owner begins new sessions, so that the hole is
 * declared. (To send the rest again would take a second copy of the queue for a fault that is rare.) Feed thread.
 */
#pragma once
#include "control.h"
#include "err.h"
#include "feed_frame.h"
#include "kafka_producer.h"
#include "settings.h"
#include <stdint.h>

struct feed_output {
	const struct settings *settings; /* lent */
	const char *collector;           /* name in the headers; lent */
	struct kafka_producer *producer; /* NULL: it died and there is no new one yet */
	int topics[STREAM_COUNT];
	size_t unacknowledged[STREAM_COUNT];
	int64_t delivered_us; /* wall time of the deliveries under way, 0 = not asked for yet */
	bool lost;            /* a record has failed for good: the producer is dead */
	unsigned generation;
	unsigned sent_since_poll;
	int64_t sessions; /* begun so far, for their ids */
};

/* Makes the producer, without asking a broker. -1 on error. */
must_check int feed_output_init(
	struct feed_output *o, const struct settings *s, const char *collector, struct err *e);
void feed_output_done(struct feed_output *o);

/* One event as received: key = symbol, value = the slice. KAFKA_DEAD is not returned: a dead producer is replaced, which is
 * KAFKA_FULL to the caller, with a new generation. */
enum kafka_sent feed_output_event(
	struct feed_output *o, const struct feed_frame *f, int64_t received_us);
/* One control record into its partition of the stream's topic; as above. `arg` is the struct feed_output, so that it fits
 * feed_session_send. */
enum kafka_sent feed_output_control(
	void *arg, enum stream_kind stream, const struct control *record);
/* Serves acknowledgements; waits at most `timeout_ms` for one. */
void feed_output_poll(struct feed_output *o, int timeout_ms);
/* Whether Kafka has yet to acknowledge anything. */
bool feed_output_waits(const struct feed_output *o);
/* Waits until all is acknowledged, at most `timeout_ms`; returns how many records are not. */
size_t feed_output_flush(struct feed_output *o, int timeout_ms);
/* "trade=12 miniTicker=3": records not acknowledged, by stream; "" if there are none. */
void feed_output_left(const struct feed_output *o, char *out, size_t size);
