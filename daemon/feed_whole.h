/*
 * feed_whole: the symbols that are heard in the one stream of the whole exchange, and the way of its arrays into Kafka.
 *
 * Which symbols: those that are wanted by the exchange's list, and those that are chosen and came in an array. All connections
 * that carry the stream share them, so that one takes over from another without a hole. An element is handed over as it was
 * received, one record each; a full queue in the middle of an array is met again at the element where it stopped. Feed thread.
 */
#pragma once
#include "err.h"
#include "feed_frame.h"
#include "feed_output.h"
#include "feed_wants.h"
#include <stdbool.h>
#include <stdint.h>

#define FEED_WHOLE_MAX FEED_CATALOG_MAX

struct feed_whole {
	const struct feed_wants *wants; /* lent; NULL: none yet */
	char (*symbols)[SYMBOL_SIZE];   /* sorted; those that are heard */
	size_t count, room;
	unsigned changes; /* rises when `symbols` change */
};

/* How far an array was handed over; zeroed before the first. */
struct feed_array {
	size_t done;       /* bytes of it that were dealt with */
	int64_t latest_us; /* greatest E among them */
};

void feed_whole_done(struct feed_whole *w);
/* Other wants, lent until the next call. -1: no memory, nothing changed. */
must_check int feed_whole_set(struct feed_whole *w, const struct feed_wants *wants);
/* An element of this symbol is to be kept; a symbol heard for the first time is taken in. */
bool feed_whole_takes(struct feed_whole *w, const char *symbol);
/* Hands over the elements of a FEED_ARRAY from where `a` stands, and counts each. True: all are dealt with, and `a` holds the
 * greatest E until the caller zeroes it; false: the queue is full, and the same frame is to be given again. */
bool feed_whole_array(struct feed_whole *w, struct feed_array *a, const struct feed_frame *f,
	struct feed_output *output, int64_t received_us);
