/*
 * sink_history_take: one record of a history topic → the batch and the repairs under way. Sink thread.
 */
#pragma once
#include "kafka_consumer.h"
#include "sink_batch.h"
#include "sink_repair.h"

struct history_place {  /* one partition of one history topic */
	int64_t next;   /* offset of the next record to take */
	int64_t sealed; /* the same when the last batch was sealed */
	int64_t committed; /* the same in the database when it was loaded: what is before is read only for the repairs */
	bool held; /* its next record waits for its second */
	struct sink_repairs repairs;
};

enum history_taken { HISTORY_TAKEN, HISTORY_HELD, HISTORY_NO_MEMORY };

struct history_into { /* lent for the call */
	struct sink_state *st;
	struct sink_batch *batch;
	struct event_parser *parser;
	const struct sink_refused *refused;
	struct history_place *place;
};

/* Held: it must come again later, and with it what is behind it. */
must_check enum history_taken sink_history_take(
	const struct history_into *to, const struct kafka_record *r, struct err *e);
