/*
 * feed_record: a tee of the raw text frames with their receive time into files, as the model exchange replays them (FEED=).
 *
 * A line is `<µs since the epoch> <frame>`; a line feed inside a frame, which JSON knows only as white space, becomes a blank. Files are
 * frames-<µs of its begin>.log in the folder; one that has feed.record_bytes is followed by the next. A thread of its own
 * ("record") writes, behind a queue of FEED_RECORD_QUEUE_BYTES: what does not fit, and what can't be written, is dropped and
 * counted; the feed never waits. Memory: twice that queue at most. Nothing is ever deleted.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stddef.h>
#include <stdint.h>

#define FEED_RECORD_QUEUE_BYTES (16U << 20)

struct feed_record;
/* Into the folder feed.record, which is made if its parent is there. Starts the thread. NULL on error. main's thread. */
struct feed_record *feed_record_new(const struct settings *s, struct err *e);
/* Writes what is queued, and ends the thread. NULL is fine. */
void feed_record_free(struct feed_record *r);
/* Copies one frame; received at this wall time. NULL: nothing is recorded. Feed thread. */
void feed_record_frame(struct feed_record *r, int64_t received_us, const char *bytes, size_t len);
