/*
 * exchange_ws: the websocket connections of the model exchange (libwebsockets): paths, requests,
 * PINGs, limits, closing.
 *
 * Paths and behaviour: Binance's documentation. Every PING carries the venue's clock in ms as decimal
 * text, strictly behind the frames of that time: at connect, behind each answer to SUBSCRIBE, and
 * once a `clock_ping_us`. A client that has not answered a PING in `pong_timeout_us`, or sends
 * more than 5 requests in a second, is closed with 1008. PONGs are not counted, and PINGs of the
 * client neither, because libwebsockets answers them without telling. On the exchange's one
 * thread.
 */
#pragma once
#include "market_to_hub.h"
#include <libwebsockets.h>

#define WS_REQUEST_BYTES 4096 /* on the wire; longer ones are met by silence */
#define WS_REQUESTS_A_SECOND 5

struct ws_limits {
	int64_t ping_us, pong_timeout_us;
	int64_t clock_ping_us; /* 0 = no PINGs beyond those of ping_us */
};

struct exchange_fault;
struct ws_session { /* zeroed when a connection is made */
	struct hub_client client;
	struct lws *wsi;                  /* NULL = not established */
	const char *closing;              /* reason to close for, as soon as it can be written */
	int64_t pinged_us, unanswered_us; /* monotonic; unanswered 0 = none */
	int64_t request_us[WS_REQUESTS_A_SECOND]; /* when the last ones came, a ring */
	unsigned requests;
	char *request; /* what was gathered so far */
	size_t request_len;
	bool request_long;
	/* Faults: */
	int64_t born_us, shutdown_us; /* market time; shutdown 0 = none */
	int64_t next_us;              /* monotonic: before it nothing may be sent; 0 = no limit */
	bool silent;                  /* nothing is read */
	bool hang_up;                 /* a close frame is in the queue */
	struct message *wire;         /* half written, from `wire_at` on */
	size_t wire_at;
};

struct ws_server { /* what all connections share */
	struct hub *hub;
	struct market_to_hub *market;
	struct exchange_fault *faults;
	struct ws_limits limits;
};

/* For hub_new. */
void exchange_ws_wake(struct hub_client *c);
/* Is this a path of websockets? Else the caller answers 404. */
bool exchange_ws_path(struct lws *wsi);
/* libwebsockets' callbacks of an upgraded connection; the returned value is theirs. */
int exchange_ws_callback(struct ws_server *server, struct ws_session *s, struct lws *wsi,
	enum lws_callback_reasons reason, struct slice in);
/* PINGs that are due and PONGs that did not come; to be called some times a second. */
void exchange_ws_tend(struct ws_server *server);
