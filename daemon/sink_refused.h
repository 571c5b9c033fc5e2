/*
 * sink_refused: the records that are in quarantine, or must go there: what the database refuses to store, and what was not
 * understood. They are not taken again when the state is rebuilt, so that a second does not hold what its raw rows lack.
 *
 * A sorted array, bounded by the quarantined records of the replayed range. One owning thread.
 */
#pragma once
#include "err.h"
#include "stream.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct refused_record {
	enum stream_kind stream;
	int partition;
	int64_t offset;
};

struct sink_refused {
	struct refused_record *records; /* ascending */
	size_t count, room;
	char reason[ERR_TEXT_SIZE]; /* of the database, for the one added last */
};

void sink_refused_done(struct sink_refused *s); /* a zeroed one is empty */
/* -1: no memory. Added twice is added once. */
must_check int sink_refused_add(
	struct sink_refused *s, const struct refused_record *r, struct err *e);
bool sink_refused_has(const struct sink_refused *s, const struct refused_record *r);
