/*
 * feed_session: one websocket connection on one topic, and the control records that speak of it.
 *
 * Every partition of the topic gets `begin`, then `alive` each second, at last `ended` if it was a clean stop; a record that
 * meets a full queue stays due and is tried again. T is taken when a record is handed over, and the owner tells a T only when
 * all frames read before it were handed over: so no T passes a frame in its partition. Feed thread.
 */
#pragma once
#include "control.h"
#include "err.h"
#include "feed_subscribe.h"
#include "kafka_producer.h"
#include "topic.h"
#include <stdbool.h>
#include <stdint.h>

#define FEED_SYMBOLS_EVERY_US 50000000LL /* an alive with symbols: a reader may rely on 60 s */

struct feed_time {
	int64_t clock_us; /* the venue's clock */
	double speed;     /* venue seconds per wall second */
	int64_t mono_us;
};

struct feed_session {
	enum stream_kind stream;
	char id[SESSION_SIZE], collector[SESSION_SIZE];
	int64_t from_us, t_us;  /* T of begin, and the newest T; never falls */
	char cause[CAUSE_SIZE]; /* of the hole before `begin`, told with it; "" = not known */
	bool active;            /* begun, neither ended nor forgotten */
	bool retiring;          /* its `ended` says that nothing of the stream is collected */
	struct feed_session_part {
		char (*symbols)[SYMBOL_SIZE];
		size_t symbol_count;
		int64_t seq;
		int64_t symbols_sent_us; /* monotonic; when a record last named the symbols */
		bool symbols_due;        /* they have changed since */
		bool begin_due, alive_due, ended_due;
		bool running_due; /* the next alive tells which sessions run */
	} parts[TOPIC_PARTITIONS];
	char (*running)[SESSION_SIZE]; /* of the collector on this topic, to be told; owned */
	size_t running_count;
};

/* Hands one control record over; what it returns is what the producer said. */
typedef enum kafka_sent feed_session_send(
	void *arg, enum stream_kind stream, const struct control *record);

/* "<collector>-<wall µs>-<n>": unique, and of one collector sorted by its start. */
void feed_session_id(char out[SESSION_SIZE], const char *collector, int64_t wall_us, int64_t n);

/* Without symbols. A collector name over 32 bytes is cut. */
void feed_session_init(struct feed_session *s, enum stream_kind stream, const char *collector);
void feed_session_done(struct feed_session *s); /* a zeroed one too */

/* Its complete set of symbols from now on, copied. Where that is a change, the next record that is due names it; `at_once`: an
 * `alive` is due now. -1: no memory, nothing changed. */
must_check int feed_session_name(
	struct feed_session *s, const char *const *symbols, size_t count, bool at_once);
/* A record is due. */
bool feed_session_has_due(const struct feed_session *s);
/* A change was made that no record has told yet. */
bool feed_session_has_untold(const struct feed_session *s);

/* `begin` is due everywhere; `from_us` is its T. `cause` may be "". */
void feed_session_begin(struct feed_session *s, const char *id, int64_t from_us, const char *cause);
/* Everything up to `t_us` was handed over. Less than before is ignored. */
void feed_session_reached(struct feed_session *s, int64_t t_us);
/* `alive` is due everywhere. */
void feed_session_alive(struct feed_session *s);
/* These are all sessions of the collector on the topic that run, at most CONTROL_RUNNING_MAX, copied; the next `alive`
 * says so. -1: no memory. */
must_check int feed_session_tell_running(
	struct feed_session *s, char (*ids)[SESSION_SIZE], size_t count);
/* A clean stop: `ended` is due everywhere, behind an `alive` where symbols have changed; nothing else follows. */
void feed_session_end(struct feed_session *s);
/* The connection is gone: nothing is due any more. */
void feed_session_forget(struct feed_session *s);
/* For a stream that is no longer collected: one `ended` with no symbols in every partition. */
void feed_session_retire(struct feed_session *s, const char *id, int64_t t_us);

/* Hands over what is due, until the queue is full. KAFKA_SENT: nothing is due any more; else what stopped it. A record that
 * is refused for its size is lost, and the rest goes on. */
enum kafka_sent feed_session_write(
	struct feed_session *s, const struct feed_time *now, feed_session_send *send, void *arg);
