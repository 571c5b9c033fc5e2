/*
 * feed_sessions: the sessions of one connection, one for each stream that it carries, with the T that they share.
 * Feed thread.
 */
#pragma once
#include "err.h"
#include "feed_clock.h"
#include "feed_output.h"
#include "feed_session.h"
#include "feed_subscribe.h"
#include "feed_whole.h"
#include <stdbool.h>
#include <stdint.h>

struct feed_sessions {
	struct feed_session of[STREAM_COUNT]; /* only where `carried` */
	bool carried[STREAM_COUNT];
	int64_t t_us;               /* venue time of the last byte read; 0 = none yet */
	int64_t alive_at_us;        /* monotonic; when the next alive is due */
	unsigned generation;        /* of the output when they began */
	struct feed_output *output; /* lent */
	struct feed_clock *clock;   /* lent */
};

/* Carrying nothing yet. */
void feed_sessions_init(
	struct feed_sessions *s, struct feed_output *output, struct feed_clock *clock);
void feed_sessions_done(struct feed_sessions *s);

/* Which symbols of which streams they name from now on: those that `sub` has named, and `whole`'s where it carries them. Of
 * sessions that are active the change is told by an `alive`, `at_once` or by the next; a stream that is new begins at T, one that
 * has no symbol left ends. -1: no memory, to be tried again. */
must_check int feed_sessions_name(struct feed_sessions *s, const struct feed_subscribe *sub,
	const struct feed_whole *whole, bool at_once);
/* Nothing is due. */
bool feed_sessions_are_written(const struct feed_sessions *s);
/* No change is untold: every record that names one was handed over. */
bool feed_sessions_are_told(const struct feed_sessions *s);

/* The venue's time was `t_us` when the last byte was read, and all frames before it were handed over. Never falls. */
void feed_sessions_reached(struct feed_sessions *s, int64_t t_us);
/* An event with this E was handed over: T, unless E is ahead of the venue's clock by more than can be: 5 s; an hour where PINGs
 * tell the time, which between two of them is only reckoned. It was read at `received_us` (wall). */
void feed_sessions_saw_event(struct feed_sessions *s, int64_t event_us, int64_t received_us);
/* New ones begin at T; `cause`: why nothing was heard before, or "". */
void feed_sessions_begin(struct feed_sessions *s, const char *cause);
/* The recording has a hole from T to `to_us`: those that are active tell how far they came, and new ones begin behind it. False:
 * the queue is full, to be tried again. */
bool feed_sessions_jump(struct feed_sessions *s, int64_t to_us);
bool feed_sessions_active(const struct feed_sessions *s);
/* Records were lost since they began: nothing of them is handed over any more; to be forgotten, and new ones begun. */
bool feed_sessions_are_torn(const struct feed_sessions *s);
/* Makes `alive` due if a second has passed, or `at_once`. */
void feed_sessions_alive(struct feed_sessions *s, bool at_once);
void feed_sessions_end(struct feed_sessions *s);
void feed_sessions_forget(struct feed_sessions *s);
/* Hands over what is due. True: nothing is left; false: the queue is full. */
bool feed_sessions_write(struct feed_sessions *s);
