/*
 * kafka_to_pg_parts: what kafka_to_pg and its rounds (sink_round) share. Included by these two only.
 */
#pragma once
#include "kafka_admin.h"
#include "kafka_consumer.h"
#include "kafka_to_pg.h"
#include "maintenance.h"
#include "monitor.h"
#include "retry.h"
#include "sink_bisect.h"
#include "sink_commit.h"
#include "sink_history.h"
#include "sink_meta.h"
#include "sink_observe.h"
#include "sink_others.h"
#include "sink_writer.h"

#include <pthread.h>

#define SINK_TOKEN_SIZE 64
#define SINK_DRAIN_US (3 * SECOND_US)

/* Why the sink leaves its loop. */
enum sink_left { LEFT_STOP, LEFT_RELOAD, LEFT_ANEW /* at once */, LEFT_STAND_BY, LEFT_BROKEN };

struct kafka_to_pg {
	const struct settings *settings;
	pthread_t thread;
	struct monitor monitor;
	bool stopping; /* by monitor */
	bool broken;   /* the thread writes it, stop reads it after the join */
	char token[SINK_TOKEN_SIZE];
	struct pg *pg;
	struct kafka_admin *admin;
	struct kafka_consumer *consumer;
	struct event_parser *parser;
	struct sink_commit *commit;
	struct sink_meta *meta;
	struct maintenance *maintenance;
	struct sink_writer *writer;
	struct sink_state st;
	struct sink_batch batches[2];
	struct sink_batch *batch,
		*written; /* the one gathered, and the other: empty, or with the writer */
	struct sink_history *history;
	struct sink_batch *history_batch; /* with the writer; NULL = none is */
	int64_t behind_us;                /* monotonic; when the live topics lagged last */
	struct sink_bisect bisect;
	struct sink_observed observed;
	struct sink_others others;
	size_t batch_bytes; /* at which it is committed */
	struct retry retry;
	int64_t stop_since_us;  /* monotonic; by monitor, set with `stopping` */
	int64_t quiet_since_us; /* monotonic, while draining */
};

bool kafka_to_pg_stopping(struct kafka_to_pg *k);
/* Takes records and has them written until something stands in the way, or it is time to stop and all is written. The state is loaded;
 * afterwards the writer has no batch. */
enum sink_left sink_rounds(struct kafka_to_pg *k);
