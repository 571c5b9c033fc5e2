/*
 * kafka_seconds: what Kafka's topics hold of one symbol in a stretch of market time: its seconds by lib/second, and the raw rows.
 *
 * Live and history topics of the symbol's partition are read from the stretch's beginning by time of production (of venues whose clock is not the host's:
 * from their first record) to their end, since late events may stand anywhere behind. If records that may belong to the stretch have expired it
 * is an error: half of a second is none. Memory: the stretch's events, at most KAFKA_SECONDS_MAX of it. main's thread of pricegraphctl; blocks on Kafka.
 */
#pragma once
#include "second.h"
#include "settings.h"
#include "sink_batch.h"

#define KAFKA_SECONDS_MAX 3600 /* of a stretch */

struct kafka_seconds {
	int64_t from_us;
	size_t count;
	struct second *seconds; /* one for each second of the stretch */
	struct sink_state state;
	struct sink_symbol *symbol;
	struct sink_batch batch; /* its raw rows alone */
	int64_t records;         /* of the symbol, in the stretch */
};

/* The stretch is [from_us, to_us), whole seconds. -1: what is there is to be freed in any case. */
must_check int kafka_seconds_read(struct kafka_seconds *k, const struct settings *s,
	const char *symbol, int64_t from_us, int64_t to_us, struct err *e);
void kafka_seconds_done(struct kafka_seconds *k);
