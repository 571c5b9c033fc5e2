/*
 * sink_observe: what the sink tells of itself: how long events took to be committed, how far behind it is, and whether it gets on.
 *
 * Metrics (metrics.h) and progress (progress.h) only; nothing here changes what is stored.
 */
#pragma once
#include "kafka_consumer.h"
#include "settings.h"
#include "sink_batch.h"
#include "sink_state.h"

struct sink_observed {
	const char *prefix;  /* of the topics; lent */
	int64_t measured_us; /* monotonic; when lag was last measured */
};

void sink_observe_init(struct sink_observed *o, const struct settings *s);
/* The batch is committed; its transaction took `took_us`, repeats included. The thread that commits. */
void sink_observe_committed(const struct sink_batch *b, int64_t took_us);
/* Once a round of the loop, with the batch that is gathered: once a second it measures the lag. Sink thread. */
void sink_observe_round(struct sink_observed *o, const struct kafka_consumer *consumer,
	const struct sink_state *st, const struct sink_batch *b);
