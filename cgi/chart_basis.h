/*
 * chart_basis: what an answer was made from, noted while it is made: of which partition it tells, at which revision, and how fresh that was. What keeps
 * answers needs it to know how long they hold, and to print anew what time alone changes.
 *
 * A plain value. The text that begins with ,"as_of": is the only part of an answer that grows old by itself, but for the gap at the end of
 * a feed that is silent: until_us says when that would be another.
 */
#pragma once
#include "buf.h"
#include "chart_state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chart_basis {
	bool known;                          /* else nothing may be kept */
	bool mixed;                          /* of several symbols: nothing may be kept either */
	const char *venue;                   /* lent by the settings */
	int partition;                       /* -1: all of the venue */
	int64_t epoch, generation, revision; /* of the partition, or the sum of all */
	struct chart_feed feed;
	struct chart_freshness fresh; /* when it was made */
	int64_t as_of_us, settle_us;
	/* Where the text about freshness stands in the body; len 0: nowhere. */
	const struct buf *body;
	size_t at, len;
};

/* Wall clock until which all but that text holds; INT64_MAX: for ever. A gap that grows already is told anew after `grows_us`. */
int64_t chart_basis_until_us(const struct chart_basis *b, int64_t wall_us, int64_t grows_us);
