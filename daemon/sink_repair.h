/*
 * sink_repair: the repairs under way in one partition of a history topic: what has come for each, and in the end whether it adds up.
 *
 * A repair adds up when every row that was sent has come, the ids in them follow each other without a hole, and each candle holds as many
 * trades as it has ids. Rebuilt by reading the topic again from the record that began the oldest of them. At most
 * SINK_REPAIRS_MAX at once; the oldest is given up for a new one. Sink thread.
 */
#pragma once
#include "fill.h"
#include "idset.h"

#define SINK_REPAIRS_MAX 64

struct sink_repair {
	struct fill fill;
	int64_t offset;      /* of the record that began it */
	struct idset own;    /* seconds of candles, ids of aggregates */
	struct idset trades; /* ids of the trades in them */
	const char *wrong;   /* something that can't be put right by more rows; NULL = nothing */
};

struct sink_repairs {
	struct sink_repair *list; /* in order of their offsets */
	size_t count;
};

struct sink_verdict {
	char problem[FILL_REASON_SIZE]; /* "" = it adds up */
	int64_t first_id, last_id;      /* the ids that came, of the gap's kind; -1 = none */
};

void sink_repairs_done(struct sink_repairs *all); /* a zeroed one is empty */
/* Begins, or begins again. -1: no memory. */
must_check int sink_repairs_begin(
	struct sink_repairs *all, const struct fill *f, int64_t offset, struct err *e);
/* A row of the topic `ev->kind` counts for every repair of its time. */
void sink_repairs_take(struct sink_repairs *all, const struct event *ev);
/* Ends the repair. False: its beginning was not seen. */
bool sink_repairs_end(struct sink_repairs *all, const struct fill *f, struct sink_verdict *out);
/* The offset from which on the topic must be read again; `next` if no repair is under way. */
int64_t sink_repairs_replay_from(const struct sink_repairs *all, int64_t next);
