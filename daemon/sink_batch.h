/*
 * sink_batch: what one transaction will write, gathered from records. Kept until it is committed, so that a failed
 * transaction is simply run again: nothing here depends on an answer of the database.
 *
 * Rows are plain structs in growing arrays (struct buf as bytes), bounded by `max_bytes` each. Owned by the sink thread until it is
 * sealed (sink_seal), then by the writer's thread until that has an outcome. A sealed batch holds by value what it needs of
 * the state, so that the sink goes on taking meanwhile; of a symbol it may use what never changes, and what sink_state.h says is
 * the writer's.
 */
#pragma once
#include "fill.h"
#include "given.h"
#include "interval.h"
#include "kafka_consumer.h"
#include "sink_state.h"

/* The raw row of an event, of whatever stream. Behind it stands the event from EVENT_PART_AT to its form's end. */
struct batch_raw {
	const struct sink_symbol *symbol;
	int64_t time_us, order;        /* event_time_us, event_order */
	int64_t event_us, received_us; /* event_us 0: history, unknown */
	bool slow;                     /* may be a repeat: by temp table and ON CONFLICT */
};

struct batch_candle {
	struct sink_symbol *symbol;
	struct candle candle;
	bool slow; /* the row may exist */
};

struct batch_late { /* something came for a settled second */
	struct sink_symbol *symbol;
	int64_t second_us;
	bool has_kline;
	struct event kline;
};

struct batch_minute { /* a minute that is over */
	struct sink_symbol *symbol;
	int64_t open_us;
	bool has_bar;         /* a second of it was settled */
	bool is_out_of_range; /* a sum is: only PostgreSQL can fold it */
	enum sink_made made;
	struct candle bar;
};

struct batch_fold { /* a bar to fold from the level below */
	const struct sink_symbol *symbol;
	int64_t open_us;
};

struct batch_subscription { /* opened (to_us < 0) or closed */
	const struct sink_symbol *symbol;
	enum stream_kind stream;
	char session[SPAN_ID_SIZE];
	int64_t from_us, to_us;
};

struct batch_gap {
	struct sink_symbol *symbol;
	enum stream_kind stream;
	int64_t from_us, to_us;
	char cause[CAUSE_SIZE];
};

struct batch_symbol { /* a symbol whose row must be written */
	struct sink_symbol *symbol;
	int64_t first_us;
};

struct batch_offset { /* how far a place was taken */
	enum stream_kind stream;
	int partition;
	int64_t expected, next, replay_from, identity; /* from where to where the row moves */
};

struct batch_hole { /* ids that did not come */
	struct sink_symbol *symbol;
	enum stream_kind stream;
	int64_t from_us, to_us;
	int64_t first_id,
		last_id; /* -1: of the stream itself none is missing, but of the trades in it */
};

struct batch_id_mark { /* up to where nothing is missing but what was told of */
	const struct sink_symbol *symbol;
	enum sink_ids_of ids;
	int64_t id, at_us;
};

struct batch_fill { /* how the repair of a gap stands */
	struct sink_symbol *symbol;
	struct fill fill;
	char problem
		[FILL_REASON_SIZE]; /* why it can't be repaired, or, of `done`, what does not add up; "" = nothing */
	int64_t first_id, last_id; /* of `done`: what came */
	bool unseen;               /* its beginning was not seen: it must be begun anew */
};

struct batch_given { /* a bar given at its level, above the second */
	struct sink_symbol *symbol;
	enum ladder level;
	struct candle bar;
	bool settles; /* nobody listens: nothing else comes for its time */
};

struct batch_given_span { /* what was given, or is not to be had */
	struct sink_symbol *symbol;
	struct given given;
};

struct batch_quarantine {
	enum stream_kind stream;
	int partition;
	int64_t offset;
	size_t at, key_len, value_len,
		reason_len; /* in `bytes`: key, value, reason; key_len SIZE_MAX = NULL */
};

struct sink_batch {
	struct buf raws[STREAM_COUNT]; /* struct batch_raw and event, BATCH_RAW_BYTES each */
	struct buf candles, minutes, lates, subscriptions, gaps, holes, id_marks, fills, givens,
		given_spans, quarantines, bytes;
	struct buf received;                /* int64: wall time at which each event was received */
	struct buf folds[LADDER_COUNT];     /* [LADDER_1S] unused */
	struct buf offsets, spans, symbols; /* made when it is sealed; spans: struct sink_session */
	/* Of the newest record taken; 0 = none. */
	int64_t produced_ms[STREAM_COUNT][TOPIC_PARTITIONS];
	size_t records;              /* taken, control records too */
	int64_t began_mono_us;       /* first record; 0 = empty */
	struct refused_record first; /* the first one taken */
	bool first_is_control;
	bool touched[STREAM_COUNT][TOPIC_PARTITIONS];
	/* int64, for missing partitions: the distinct days of rows; and starts of distinct years that only bars above the second lie in. */
	struct buf days, years;
	bool of_history;    /* of the history topics, not the live ones; for ever */
	bool commit_unsure; /* the connection broke while COMMIT was under way */
};

#define BATCH_COUNT(b, type) ((b).len / sizeof(type))
#define BATCH_ROWS(b, type) ((type *)(void *)(b).data)

#define BATCH_RAW_BYTES(stream)                                                                    \
	(sizeof(struct batch_raw) + event_forms[stream].bytes - EVENT_PART_AT)

void sink_batch_init(struct sink_batch *b, size_t max_bytes);
void sink_batch_done(struct sink_batch *b);
void sink_batch_reset(struct sink_batch *b);
/* By which name the stream's topic goes in the database. */
const char *sink_batch_stream(bool of_history, enum stream_kind kind);
/* What all arrays hold. */
size_t sink_batch_bytes(const struct sink_batch *b);
/* True when an array met its bound or memory was short: the batch is not whole and must not be committed. */
bool sink_batch_failed(const struct sink_batch *b);
/* Adds the event's raw row, and its day. */
void sink_batch_raw(struct sink_batch *b, const struct sink_symbol *sy, const struct event *ev,
	int64_t received_us, bool slow);
size_t sink_batch_raw_count(const struct sink_batch *b, enum stream_kind stream);
const struct batch_raw *sink_batch_raw_at(
	const struct sink_batch *b, enum stream_kind stream, size_t i);
/* Remembers the row's day, for partitions. */
void sink_batch_day(struct sink_batch *b, int64_t time_us);
/* Likewise the year of a bar above the second. */
void sink_batch_year(struct sink_batch *b, int64_t time_us);
void sink_batch_fold(
	struct sink_batch *b, enum ladder level, const struct sink_symbol *sy, int64_t open_us);
void sink_batch_quarantine(struct sink_batch *b, const struct kafka_record *r, const char *reason);
/* The order of candles' keys: by the symbol's name, then the time. <0 0 >0 */
int sink_batch_order(const char *a, int64_t a_us, const char *b, int64_t b_us);
/* Sorts the rows as their keys are sorted, and drops repeated folds. */
void sink_batch_sort(struct sink_batch *b);
