/*
 * feed_subscribe: the SUBSCRIBE requests of one connection and their answers (Binance's documentation).
 *
 * Requests hold at most FEED_REQUEST_BYTES bytes (the exchange meets longer ones with silence) and leave at most twice a
 * second. Each has an id from a counter that starts anew with the connection and is pending until its answer came or its time
 * is up. Times are monotonic microseconds. Feed thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "feed_frame.h"
#include "stream.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEED_REQUEST_BYTES 4000
#define FEED_REQUEST_INTERVAL_US 500000
#define FEED_STREAMS_MAX 1024 /* the exchange's limit for one connection */
#define FEED_PENDING_MAX 32   /* so many requests hold FEED_STREAMS_MAX of the longest names */

/* One stream that is wanted of one symbol. */
struct feed_want {
	enum stream_kind stream;
	const char *symbol; /* as the exchange writes `s`; lent */
};

struct feed_subscribe {
	const struct feed_want *wants; /* lent */
	size_t count, next;            /* `next` is the first not asked for yet */
	int64_t timeout_us, last_id, not_before_us;
	size_t pending_count;
	struct feed_pending {
		int64_t id, deadline_us;
	} pending[FEED_PENDING_MAX];
};

enum feed_answered {
	FEED_ACKNOWLEDGED,
	FEED_REFUSED, /* the exchange said no; an error without id is counted for the oldest request */
	FEED_NOBODY_WAITS, /* its id is not pending: too late or not ours */
};

/* At most FEED_STREAMS_MAX wants, which must outlive it. `timeout_us`: how long an answer may take. */
void feed_subscribe_init(
	struct feed_subscribe *s, const struct feed_want *wants, size_t count, int64_t timeout_us);
/* A new connection: nothing is asked for, nothing pending, ids from 1. */
void feed_subscribe_reset(struct feed_subscribe *s);
/* Puts the next request into `out` (emptied first) and makes it pending. False: none is due now. */
bool feed_subscribe_next(struct feed_subscribe *s, int64_t now_us, struct buf *out);
/* What the answer says; one that is no acknowledgement is logged. */
enum feed_answered feed_subscribe_answer(struct feed_subscribe *s, const struct feed_answer *a);
/* An answer is overdue. */
bool feed_subscribe_expired(const struct feed_subscribe *s, int64_t now_us);
/* All is asked for and acknowledged. */
bool feed_subscribe_complete(const struct feed_subscribe *s);
