/*
 * feed_subscribe: the subscriptions of one connection: what is asked for, what the exchange has said, and what is still to be
 * asked (Binance's documentation).
 *
 * A request holds at most FEED_REQUEST_BYTES bytes (the exchange meets longer ones with silence), and of any second at most
 * FEED_REQUESTS_PER_S leave. Each has an id from a counter that starts anew with the connection and is pending until its answer
 * came or its time is up. Acknowledged is not subscribed: the exchange acknowledges names that it does not have. So what was
 * acknowledged is audited by LIST_SUBSCRIPTIONS; what is missing there is asked for once more and then given up. A request that
 * is refused is asked in halves until the name is found that it is refused for; that one is given up. What leaves is unsubscribed
 * before anything new is subscribed, so that the exchange's limit holds. Times are monotonic microseconds. Feed thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "feed_frame.h"
#include "feed_wants.h"
#include "stream.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEED_REQUEST_BYTES 4000
#define FEED_REQUESTS_PER_S 2
#define FEED_STREAMS_MAX 1024 /* the exchange's limit for one connection */
#define FEED_PENDING_MAX 32   /* so many requests hold FEED_STREAMS_MAX of the longest names */
#define FEED_REFUSALS_MAX 8   /* single names refused one behind the other: it is not their fault */

enum feed_entry_state {
	FEED_IDLE,     /* to be asked for */
	FEED_ASKED,    /* in a SUBSCRIBE that is pending */
	FEED_ACCEPTED, /* acknowledged, to be audited */
	FEED_HEARD,    /* in the exchange's own list */
	FEED_NAMED,    /* and the sessions name it */
	FEED_LEAVING,  /* in an UNSUBSCRIBE that is pending */
	FEED_GIVEN_UP, /* refused, or not in the exchange's list: not asked for any more */
	FEED_STATE_COUNT,
};

struct feed_entry {
	struct feed_want want;
	char name[SYMBOL_SIZE + 32]; /* the exchange's stream name */
	enum feed_entry_state state;
	bool wanted; /* else it is to leave */
	bool listed; /* by the audit under way */
	int misses;  /* audits that it was missing in */
	int64_t request;
};

struct feed_subscribe {
	struct feed_entry *entries; /* as they are wanted, then what came later */
	size_t count, room;
	size_t in[FEED_STATE_COUNT]; /* entries by state */
	size_t unwanted;
	unsigned changes; /* rises when what the sessions are to name does */
	size_t names_max; /* of a request; small while a refused name is looked for */
	bool overdue;     /* a request was, and nothing was answered since */
	int refusals;     /* single names refused since the last acknowledgement */
	int64_t timeout_us, last_id;
	int64_t sent_us[FEED_REQUESTS_PER_S]; /* when the last ones left */
	size_t pending_count;
	struct feed_pending {
		enum feed_method { FEED_SUBSCRIBE, FEED_UNSUBSCRIBE, FEED_LIST } method;
		int64_t id, deadline_us;
		size_t names;
	} pending[FEED_PENDING_MAX];
};

enum feed_answered {
	FEED_ACKNOWLEDGED,
	FEED_REFUSED,      /* the exchange said no, and asking in another way does not help */
	FEED_ASK_AGAIN,    /* it said no, or its list lacks some; that is dealt with */
	FEED_NOBODY_WAITS, /* its id is not pending: too late or not ours */
};

/* At most FEED_STREAMS_MAX wants, copied. `timeout_us`: how long an answer may take. -1: no memory. */
must_check int feed_subscribe_init(
	struct feed_subscribe *s, const struct feed_want *wants, size_t count, int64_t timeout_us);
void feed_subscribe_done(struct feed_subscribe *s); /* a zeroed one too */
/* Other wants, at most FEED_STREAMS_MAX, copied. -1: no memory, nothing changed. */
must_check int feed_subscribe_want(
	struct feed_subscribe *s, const struct feed_want *wants, size_t count);
/* A new connection: nothing is asked for, nothing pending, ids from 1. */
void feed_subscribe_reset(struct feed_subscribe *s);
/* Puts the next request into `out` (emptied first) and makes it pending. False: none is due now. */
bool feed_subscribe_next(struct feed_subscribe *s, int64_t now_us, struct buf *out);
/* What the answer says; one that is no acknowledgement is logged. An error without id is counted for the oldest request. */
enum feed_answered feed_subscribe_answer(struct feed_subscribe *s, const struct feed_answer *a);
/* An answer is overdue. */
bool feed_subscribe_expired(const struct feed_subscribe *s, int64_t now_us);
/* The request that is overdue is taken as lost, and what it asked for is due again. False: it is not the first one in a row. */
bool feed_subscribe_ask_again(struct feed_subscribe *s);
/* All is asked for, acknowledged and audited. */
bool feed_subscribe_complete(const struct feed_subscribe *s);
/* Whether some are heard that the sessions do not name yet; and that they do from now on. */
bool feed_subscribe_has_unnamed(const struct feed_subscribe *s);
void feed_subscribe_name(struct feed_subscribe *s);
/* What the sessions are to name: entry `i`, wanted and FEED_NAMED. */
bool feed_subscribe_is_named(const struct feed_subscribe *s, size_t i);
/* Of the whole exchange in one stream: whether the connection is to carry it. */
bool feed_subscribe_has_whole(const struct feed_subscribe *s);
