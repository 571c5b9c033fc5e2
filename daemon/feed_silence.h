/*
 * feed_silence: which of the wanted streams have fallen silent while their connection lives.
 *
 * The exchange acknowledges a stream that does not exist, and says nothing when a symbol is delisted or its market rests, so a
 * silent stream is noted (log, metrics) and never a reason to reconnect. Times are monotonic. Feed thread.
 */
#pragma once
#include "err.h"
#include "feed_subscribe.h"
#include <stddef.h>
#include <stdint.h>

struct feed_silence_stream;

struct feed_silence {
	struct feed_silence_stream *streams; /* hash */
	int64_t after_us, next_check_us;
};

/* Silent means not heard for `after_us`; 0: nothing is watched. */
void feed_silence_init(struct feed_silence *s, int64_t after_us);
void feed_silence_done(struct feed_silence *s); /* a zeroed one too */
/* Watches exactly these from now on; one that was watched before keeps its past. Wants without a symbol are not watched. -1: no
 * memory, some are not watched. */
must_check int feed_silence_set(
	struct feed_silence *s, const struct feed_want *wants, size_t count, int64_t now_us);
/* The connection has begun to hear: whoever was not heard before starts over. */
void feed_silence_start(struct feed_silence *s, int64_t now_us);
/* An event came. */
void feed_silence_heard(
	struct feed_silence *s, enum stream_kind stream, const char *symbol, int64_t now_us);
/* Looks for silent ones, once a second at most; to be called only while the connection lives. */
void feed_silence_check(struct feed_silence *s, int64_t now_us);
