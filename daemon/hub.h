/*
 * hub: who subscribed to what, and the queues of what each connection is still to be sent.
 *
 * Answers, PINGs and data of a connection share one queue, so their order is that in which they
 * came about. A queue has a maximum in bytes; a connection that exceeds it is marked `overrun` and
 * gets nothing more: its owner closes it. The market never waits for it. One owning thread.
 */
#pragma once
#include "err.h"
#include "market.h"
#include "message.h"
#include <stdbool.h>
#include <stddef.h>

#define HUB_STREAMS_MAX 1024 /* of one connection (Binance's documentation) */
#define HUB_NAME_MAX 128

struct hub_stream;
struct fault_held;
struct hub_client {
	bool combined;     /* data frames are wrapped */
	bool microseconds; /* timeUnit */
	bool overrun;
	bool ending;             /* nothing more goes to it */
	int64_t number;          /* of the connection, from 1 */
	int64_t unsent;          /* events that came too late for it */
	struct fault_held *held; /* by a fault, in order */
	size_t held_count;
	struct hub_stream **streams; /* subscribed, in order */
	size_t stream_count;
	struct message **queue; /* ring */
	size_t first, count, room, bytes;
	struct hub_client *next, *previous;
};

/* May stand between an event and the connections that it goes to. */
struct hub_filter {
	void *ctx;
	void (*begin)(void *ctx, const struct market_event *ev); /* once an event */
	/* True: it has seen to what this client gets; `m` is lent. */
	bool (*take)(
		void *ctx, struct hub_client *c, const struct market_event *ev, struct message *m);
};

struct hub;
/* `unsolicited`: recorded frames go to every connection. `wake` is called with a client whose
 * queue is no longer empty, or that was overrun. */
struct hub *hub_new(size_t queue_max_bytes, bool unsolicited, void (*wake)(struct hub_client *));
void hub_free(struct hub *h);                                 /* all clients must have left */
void hub_filter_set(struct hub *h, struct hub_filter filter); /* its functions may be NULL */
void hub_join(struct hub *h, struct hub_client *c);           /* `c` zeroed; lent until hub_leave */
void hub_leave(struct hub *h, struct hub_client *c); /* drops its subscriptions and its queue */
/* 0 also if it is subscribed already. -1: HUB_STREAMS_MAX are, or no memory. */
must_check int hub_subscribe(struct hub *h, struct hub_client *c, struct slice name);
void hub_unsubscribe(struct hub *h, struct hub_client *c, struct slice name);
bool hub_wanted(const struct hub *h, struct slice name); /* by anybody */
bool hub_subscribed(const struct hub *h, const struct hub_client *c, struct slice name);
const char *hub_stream_name(const struct hub_stream *s);
/* Queues a message for one client; keeps its own reference. NULL: overrun (no memory). */
void hub_send(struct hub *h, struct hub_client *c, struct message *m);
/* Events that were for it and are still in its queue, or came too late. */
int64_t hub_unsent(const struct hub_client *c);
/* The oldest message of the queue, now the caller's; NULL = empty. */
struct message *hub_take(struct hub_client *c);
/* Sends an event to whom it goes. True: to at least one. */
bool hub_publish(struct hub *h, const struct market_event *ev);
/* Sends an event to one client, subscribed or not. */
void hub_publish_to(struct hub *h, struct hub_client *c, const struct market_event *ev);
size_t hub_deepest_bytes(const struct hub *h); /* the greatest queue */
size_t hub_clients(const struct hub *h);
struct hub_client *hub_first(const struct hub *h); /* then ->next */
