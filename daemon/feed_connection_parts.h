/*
 * feed_connection_parts: what feed_connection (its life) and feed_hear (what comes in on it) share. Nobody else includes it.
 * Feed thread.
 */
#pragma once
#include "clock.h"
#include "feed_connection.h"
#include "feed_dial.h"
#include "feed_sessions.h"
#include "feed_watch.h"

/* So long after the queue was full a connection is lost for that: what waited in it is read first, and only then that it was cut. */
#define FEED_FULL_BLAMED_US (10 * SECOND_US)

enum feed_phase {
	FEED_WAITING,     /* for the back-off, the host's address */
	FEED_CONNECTING,  /* TCP, TLS, upgrade */
	FEED_SUBSCRIBING, /* open; not all requests are acknowledged */
	FEED_AWAITING,    /* acknowledged; the venue's time is not told yet */
	FEED_LIVE,        /* sessions are begun */
	FEED_FINISHED,    /* the recording has ended, or it is to end: no further connection */
};

struct feed_connection {
	struct feed_shared *shared;
	struct feed_socket *socket;
	struct feed_silence *silence; /* lent */
	struct feed_subscribe subscribe;
	struct feed_sessions sessions;
	unsigned named,
		named_whole; /* changes of `subscribe` and of the whole exchange that the sessions know of */
	struct feed_array array; /* the one in hand */
	struct feed_dial dial;
	enum feed_phase phase;
	bool closing;     /* the connection is lost or left: a last alive says how far it got */
	bool held;        /* its sessions wait for feed_connection_take_over */
	bool warned;      /* the server is about to disconnect */
	int64_t ready_us; /* of a held one: T from which its sessions will speak; 0 = not known */
	int64_t events;   /* read on this connection */
	const char *
		cause; /* of what is missed before its next sessions, a constant; "" = the connection was lost */
	int64_t full_us; /* monotonic; when the queue was full last on this connection, 0 = never */
	struct feed_watch watch;
	int64_t kept_received_us; /* wall time at which the frame in hand was read, 0 = none */
	int64_t phase_since_us, opened_at_us; /* monotonic */
	struct buf request;
};

/* `phase` lasts from now on. */
void feed_connection_enter(struct feed_connection *c, enum feed_phase phase);
/* All is acknowledged and T is known, so from here on it hears everything: its sessions begin, or, of a held one, may. */
void feed_connection_hears_all(struct feed_connection *c);
/* All is acknowledged: what is left is to know the time. */
void feed_connection_subscribed(struct feed_connection *c);
/* That, if the host's clock tells the venue's time. */
void feed_connection_begin_by_host_clock(struct feed_connection *c);
