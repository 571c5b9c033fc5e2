/*
 * feed_socket: websocket client connections to the exchange, over libwebsockets.
 *
 * TLS with SNI and verification; no permessage-deflate. Fragments are gathered up to FEED_FRAME_MAX bytes. PINGs are answered
 * by the library. A frame that its owner can't take stays here and nothing more is read: neither data nor PONGs pass it.
 * Feed thread.
 */
#pragma once
#include "feed_loop.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FEED_FRAME_MAX (4U << 20)
#define FEED_READ_BYTES 65536 /* read from a socket at once */

struct lws_protocols;
const struct lws_protocols *feed_socket_protocols(void); /* for feed_loop alone */

struct feed_socket_closed {
	bool opened;       /* the upgrade had succeeded */
	int status;        /* HTTP status that refused it, 0 = none */
	int retry_after_s; /* of that answer, 0 = none */
	int code;          /* the peer's close code; 1006 = it closed without one */
	char reason[124];
};

/* `arg` is the owner. */
struct feed_socket_events {
	void (*opened)(void *arg);
	/* A whole message; lent until it returns. False: keep it and stop reading; feed_socket_offer gives it again. */
	bool (*frame)(void *arg, const char *bytes, size_t len, bool binary);
	/* A message over FEED_FRAME_MAX has been passed over. */
	void (*too_long)(void *arg);
	/* A server's PING, in order with the frames. Only one that differs from the PING before is noticed, and none that comes
	 * while an earlier one is not answered yet. `payload` is terminated; its length is not known: bytes of an earlier, longer
	 * one may follow. */
	void (*ping)(void *arg, const char *payload);
	void (*pong)(void *arg, const char *payload, size_t len);
	/* The last event of a connection, or of an attempt. A kept frame is still kept. */
	void (*closed)(void *arg, const struct feed_socket_closed *why);
};

struct feed_socket;
struct feed_socket *feed_socket_new(
	struct feed_loop *l, const struct feed_socket_events *events, void *arg);
/* Before feed_loop_free: closes at once, no event follows. */
void feed_socket_free(struct feed_socket *s);
/* Begins to connect to this numeric address of the loop's host; `closed` tells if it can't. Only when closed. */
void feed_socket_open(struct feed_socket *s, const char *address);
bool feed_socket_is_open(const struct feed_socket *s);   /* upgraded */
bool feed_socket_is_closed(const struct feed_socket *s); /* nor is it about to be opened */
/* Open, and the request before has left. */
bool feed_socket_can_send(const struct feed_socket *s);
/* One request of at most 4096 bytes as a text frame, copied. Only if it can. */
void feed_socket_send(struct feed_socket *s, const char *text, size_t len);
/* A PING with a payload of at most 125 bytes; one that has not left yet is replaced. */
void feed_socket_ping(struct feed_socket *s, const char *payload);
/* Hangs up: `closed` follows from feed_loop_run. */
void feed_socket_hang_up(struct feed_socket *s);
/* Says goodbye (1000) as soon as it can be written, then closes. */
void feed_socket_close(struct feed_socket *s);
/* Tells of a PING behind which no frame has come yet. To be called after feed_loop_run. */
void feed_socket_see_ping(struct feed_socket *s);
/* Stops reading for good. */
void feed_socket_mute(struct feed_socket *s);
/* Offers the kept frame again; taken, reading goes on. True: nothing is kept (any more). */
bool feed_socket_offer(struct feed_socket *s);
