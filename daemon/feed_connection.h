/*
 * feed_connection: one websocket connection's life: connect, subscribe, sessions begun and kept alive, frames into Kafka,
 * PINGs, hang-up, back-off, again. What two of them do in turn is feed_link's.
 *
 * T is the venue time of the last byte read whose predecessors were all handed over: of a frame its E, if that is not ahead of
 * the venue's clock by more than a tolerance; of a PONG the clock when its PING left; of a server's PING what it says. While the
 * producer's queue is full one frame is kept, nothing is read and T stands. Feed thread.
 */
#pragma once
#include "err.h"
#include "feed_clock.h"
#include "feed_output.h"
#include "feed_record.h"
#include "feed_silence.h"
#include "feed_socket.h"
#include "feed_subscribe.h"
#include "feed_whole.h"
#include "settings.h"
#include <stdbool.h>

/* What the connections of one feed share. All lent. */
struct feed_shared {
	const struct settings *settings;
	struct feed_loop *loop;
	struct feed_output *output;
	struct feed_clock *clock;
	struct feed_record *record; /* NULL: nothing is recorded */
	struct feed_whole *whole;
};

struct feed_connection;
/* At most FEED_STREAMS_MAX wants, copied; `silence` (lent) is told what is heard. NULL: no memory. Connects at the first
 * feed_connection_serve. */
struct feed_connection *feed_connection_new(struct feed_shared *shared,
	const struct feed_want *wants, size_t count, struct feed_silence *silence);
/* Other wants, copied. On a connection that is live they are subscribed and unsubscribed while it runs: who leaves is out of the
 * sessions before it is unsubscribed, who comes is named behind its acknowledgement. -1: no memory, nothing changed. */
must_check int feed_connection_want(
	struct feed_connection *c, const struct feed_want *wants, size_t count);
/* It holds no subscription, and nothing is due of it. */
bool feed_connection_is_empty(const struct feed_connection *c);
/* Before the loop is freed. */
void feed_connection_free(struct feed_connection *c);
/* Does what is due: to be called after each round of the loop. Never blocks. Returns in how many µs it wants to be called
 * again. */
int64_t feed_connection_serve(struct feed_connection *c);
/* Stops reading, and makes the sessions' `ended` due. */
void feed_connection_end(struct feed_connection *c);
/* Hands over the kept frame and the records due. True: nothing is left. */
bool feed_connection_drain(struct feed_connection *c);
/* Says goodbye to the server, if there is one. */
void feed_connection_close(struct feed_connection *c);
/* Its sessions are begun; `t_us` is T. */
bool feed_connection_is_live(const struct feed_connection *c, int64_t *t_us);

/* Live, and everything that is wanted of it is heard and was said. */
bool feed_connection_is_settled(const struct feed_connection *c);
/* Why nothing was heard before its first sessions: told with their `begin`. A constant; without it, that the connection was lost. */
void feed_connection_explain(struct feed_connection *c, const char *cause);
/* The same of its next sessions: "overflow" when it was lost because it was not read. */
const char *feed_connection_cause(const struct feed_connection *c);
/* Its running session on the stream's topic; NULL: none. */
struct feed_session *feed_connection_session(struct feed_connection *c, enum stream_kind stream);

/* Make before break: a successor is held; once it hears everything, its predecessor leaves, and when that is over, it takes
 * over. */

/* Before it is served the first time: its sessions do not begin before feed_connection_take_over. */
void feed_connection_hold(struct feed_connection *c);
/* A held one hears everything from the venue's time `from_us` on, and an event has come, or none for feed.timeout. */
bool feed_connection_is_ready(const struct feed_connection *c, int64_t *from_us);
/* No longer held: its sessions begin with the time from which it hears everything, now if that is known. */
void feed_connection_take_over(struct feed_connection *c);
/* Stops reading; a last alive record is due, then its sessions are over without an `ended`, as they go on elsewhere. */
void feed_connection_leave(struct feed_connection *c);

enum feed_connected {
	FEED_CONNECTION_LOST,   /* not connected (yet), nothing is due of what was */
	FEED_CONNECTION_OPEN,   /* or the last record of a lost one is still due */
	FEED_CONNECTION_ENDING, /* it has left or is to end, and records are still due */
	FEED_CONNECTION_OVER,   /* nothing more comes of it */
};
enum feed_connected feed_connection_state(const struct feed_connection *c);
/* Live, and either open for so long (0: no limit), or the server has said that it is about to disconnect. */
bool feed_connection_is_worn(const struct feed_connection *c, int64_t life_us);
/* Its socket is closed. */
bool feed_connection_is_closed(const struct feed_connection *c);
