/*
 * sink_state: what the sink holds in memory: per symbol the seconds that are not settled yet, per session how far we listened, per
 * topic partition what was taken. Bounded by symbols x (settle + 2 x SINK_SKEW_US): what is older is spilled (sink_settle). A function of the committed
 * database state and the records from `replay_from` on, so that it can be thrown away and rebuilt at any time.
 *
 * Owned by the sink thread; no locks. A few members of a symbol are the writer's (sink_writer) while a batch is with it.
 */
#pragma once
#include "clock.h"
#include "control.h"
#include "cursor.h"
#include "event.h"
#include "id_mark.h"
#include "second.h"
#include "sink_minute.h"
#include "sink_refused.h"
#include "topic.h"
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

/* How far the streams of a partition may be apart before seconds are spilled: as long as the feed waits at most between two attempts to
 * connect, so that a stream that comes back by itself costs nothing. */
#define SINK_SKEW_US MINUTE_US

#define SPAN_ID_SIZE (SESSION_SIZE + 24)

struct sink_session { /* one session on one topic, in one partition: one row of `span` */
	char id[SPAN_ID_SIZE]; /* the session's name; "+offset" behind it when records were skipped within it */
	enum stream_kind stream;
	int partition;
	int64_t from_us, t_us;      /* covered: everything between was read */
	int64_t clock_us, alive_us; /* venue clock and wall clock of the newest control record */
	double speed;
	bool ended;
	char cause
		[CAUSE_SIZE]; /* of the hole before it, as its `begin` said; "" = by how the former one ended */
	bool skipped; /* records behind t_us were lost to us: the next control record begins a new span */
	bool dirty; /* to be written by the batch */
	struct sink_session *next;
};

struct sink_second {
	struct second second;
	int64_t first_offset[STREAM_COUNT]; /* of the records that touched it; INT64_MAX = none */
	bool written;                       /* there is a row in candle_1s, equal to `stored` */
	struct candle stored;
	struct sink_second *next; /* later in time */
};

enum sink_ids_of { /* what is counted on without a hole */
	IDS_TRADE,
	IDS_AGG_TRADE,
	IDS_AGG_TRADE_TRADES, /* f..l */
	IDS_KLINE_TRADES,     /* f..L of closed bars */
	IDS_COUNT
};

/* Seconds that are free: they come and go by the thousand. */
struct sink_pool {
	struct sink_second *first;
	size_t count;
	size_t used; /* seconds that are not free */
};

struct sink_symbol {
	char name[SYMBOL_SIZE];
	size_t name_len;
	int partition;
	struct sink_subscription {
		struct sink_session *session; /* NULL: not subscribed */
		int64_t from_us;
	} subscriptions[STREAM_COUNT];
	int64_t settled_us; /* every second before it is settled: in the database, or nothing is known of it */
	int64_t handed_us; /* settled_us when a live batch was handed over last: what history brings of a second before it is written behind it */
	int64_t marks
		[STREAM_COUNT]; /* greatest event_order in a raw row: rows above can't be repeats */
	struct sink_ids {
		struct id_mark mark;
		int64_t stored_id,
			stored_us; /* what the database has, and since when (settled_us) */
	} ids[IDS_COUNT];
	int64_t first_us;            /* of its first candle; INT64_MAX = none */
	int64_t published_revision;  /* what the meta topic has */
	bool dirty;                  /* its row must be written */
	struct sink_second *seconds; /* unsettled, ascending */
	int64_t spilled_us; /* unsettled seconds before it are not in memory: what comes for them is late; INT64_MIN = none ever */
	int64_t spilled_offset
		[STREAM_COUNT];     /* as first_offset, of those and of what came for them */
	struct sink_minute minute;  /* that holds settled_us: its settled seconds */
	struct sink_pool *pool;     /* the state's */
	struct sink_second *recent; /* the one asked for last; NULL = none */
	struct sink_symbol *next_in_partition;
	/* The writer's while a batch is with it. */
	int64_t settled_revision; /* newest revision that changed something settled */
	int64_t sealed_us;        /* settled_us when the batch was sealed */
	bool sealed_row;          /* the batch has its row */
	bool changed;             /* something settled changes with the transaction under way */
	int64_t changed_us;       /* the earliest second that does */
	int64_t rewritten_us; /* greatest second that may be other in the database than it was in memory */
	UT_hash_handle hh;
};

struct sink_place {          /* one topic partition */
	int64_t next;        /* offset of the next record to take */
	int64_t sealed;      /* the same when the last batch was sealed */
	int64_t committed;   /* the same in the database */
	int64_t replay_from; /* in the database */
	int64_t identity;    /* of the record before `next`; 0 = unknown */
	const struct kafka_record
		*last; /* that record while it is lent, its identity not yet known; NULL = known */
	bool identity_checked;
};

struct sink_state {
	char venue[VENUE_SIZE];
	bool recorded; /* a replay: its past is as good as its present, its clock jumps, nothing is too early */
	int64_t epoch, generation;
	int64_t settle_us;
	struct sink_place places[STREAM_COUNT][TOPIC_PARTITIONS];
	struct sink_symbol *symbols; /* hash by name */
	struct sink_pool pool;
	struct sink_symbol *partitions[TOPIC_PARTITIONS];
	struct sink_session *sessions;
	int64_t furthest_us
		[TOPIC_PARTITIONS]; /* greatest T of a session that has lasted SINK_SKEW_US; INT64_MIN = none */
	int64_t clock_us, clock_mono_us; /* the venue's clock as last heard; 0 = never */
	double speed;
	struct sink_refused *refused; /* records that are not to be taken, lent; NULL = none */
};

void sink_state_init(struct sink_state *st, const char *venue, int64_t settle_us);
void sink_state_done(struct sink_state *st);
/* The symbol of that name; made in `partition` if it is new. NULL: no memory. */
struct sink_symbol *sink_state_symbol(struct sink_state *st, const char *name, int partition);
struct sink_session *sink_state_find_session(
	struct sink_state *st, enum stream_kind stream, int partition, const char *id);
/* A session that begins at `from_us`. NULL: no memory. */
struct sink_session *sink_state_add_session(struct sink_state *st, enum stream_kind stream,
	int partition, const char *id, int64_t from_us);
/* The session's T counts for how far its partition has come. */
void sink_state_reached(struct sink_state *st, const struct sink_session *se);
/* Frees the sessions that no symbol subscribes through any more and that have not been heard of for an hour. */
void sink_state_prune(struct sink_state *st);
/* The unsettled second at `open_us`, made if it is not there. NULL: no memory. */
struct sink_second *sink_symbol_second(struct sink_symbol *sy, int64_t open_us);
/* Where what comes by the session is settled now: ended: T; else T - settle, but at least where the session began. A whole second. */
int64_t sink_session_settles_at(const struct sink_state *st, const struct sink_session *se);
/* Where the symbol is settled now: the least over its subscribed streams. Never less than before. The chart's SQL has the same formula
 * (chart_head.sql, symbol_settled_us). */
int64_t sink_symbol_settles_at(const struct sink_state *st, const struct sink_symbol *sy);
/* Takes the first second off the list if it lies before `settled_us`; the caller frees it with sink_second_free. */
struct sink_second *sink_symbol_pop(struct sink_symbol *sy, int64_t settled_us);
/* To the pool of its symbol. */
void sink_second_free(struct sink_symbol *sy, struct sink_second *s);
/* The earliest offset that an unsettled second of the partition needs, at most the place's `next`. */
int64_t sink_state_replay_from(const struct sink_state *st, enum stream_kind stream, int partition);
/* The venue's clock now; 0 if it was never heard. */
int64_t sink_state_clock_us(const struct sink_state *st);
