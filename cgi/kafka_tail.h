/*
 * kafka_tail: where a reading of the live topics shall begin and when it has caught up. Blocking; the reader's thread.
 */
#pragma once
#include "err.h"
#include "kafka_consumer.h"
#include "settings.h"
#include "topic.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TAIL_META                                                                                  \
	STREAM_COUNT /* the tag of meta's records; those of the stream topics have the stream's kind */
#define TAIL_PLACES (STREAM_COUNT * TOPIC_PARTITIONS + 1)

struct kafka_tail {
	char names[STREAM_COUNT + 1][TOPIC_NAME_SIZE];
	struct kafka_place places[TAIL_PLACES];      /* by kafka_tail_index */
	int64_t low[TAIL_PLACES], high[TAIL_PLACES]; /* watermarks at the start */
	int64_t next[TAIL_PLACES];                   /* first offset not read yet */
	bool absent[STREAM_COUNT]; /* the brokers do not have the topic (yet): empty, not read */
};

/* Names and places; nothing is asked of the brokers yet. */
void kafka_tail_init(struct kafka_tail *t, const struct settings *s);
int kafka_tail_index(int tag, int partition);
/* Sees which stream topics there are, and finds each place's watermarks, and the first record at most `back_ms` older than its newest one; meta begins at its beginning. Uses the
 * consumer's assignment. *stopping ends it early (-1). */
must_check int kafka_tail_find(struct kafka_tail *t, struct kafka_consumer *c, int64_t back_ms,
	const atomic_bool *stopping, struct err *e);
/* Reads all that there is from the offsets `next` on. */
must_check int kafka_tail_assign(struct kafka_tail *t, struct kafka_consumer *c, struct err *e);
/* Is a topic there that was absent? 1: some are now, to be assigned from their beginnings; 0: none, or not known now; -1: one is whose first records
 * are gone, so that a new reading must begin. */
must_check int kafka_tail_appeared(struct kafka_tail *t, struct kafka_consumer *c, struct err *e);
/* Whether the record is the next or a later one of its place, and notes that it was read; false: one from before. */
bool kafka_tail_take(struct kafka_tail *t, const struct kafka_record *r);
/* All that stood there at the start was read. */
bool kafka_tail_caught_up(const struct kafka_tail *t);
