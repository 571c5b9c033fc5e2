/*
 * exchange_fault: faults acted out on the model exchange's connections, requests and market, counted
 * and written into the truth file.
 *
 * Time is the market's. What happened on the market is never changed by a fault, except by those
 * that say so (clock, halt, restate). On the exchange's one thread.
 */
#pragma once
#include "exchange_ws.h"
#include "fault_frames.h"
#include "rest_param.h"

struct exchange_fault;
struct exchange_fault_parts { /* `truth` may be NULL */
	struct market *market;
	struct market_to_hub *arrow;
	struct hub *hub;
	struct truth *truth;
};
/* `script`: a file of faults, empty = none. Becomes the hub's filter. NULL: `e` says why. */
struct exchange_fault *exchange_fault_new(
	const struct exchange_fault_parts *parts, const char *script, uint64_t seed, struct err *e);
void exchange_fault_free(struct exchange_fault *x); /* no connection may be left */
struct fault_plan *exchange_fault_plan(struct exchange_fault *x);
int64_t exchange_fault_now_us(const struct exchange_fault *x); /* the market's */
/* A connection was made (it gets its number), what it is subscribed to changed, it ended. */
void exchange_fault_made(struct exchange_fault *x, struct ws_session *s, const char *url);
void exchange_fault_streams(struct exchange_fault *x, const struct ws_session *s);
void exchange_fault_left(struct exchange_fault *x, struct ws_session *s);
/* The market was started, or goes on: what is due begins and ends. */
void exchange_fault_tend(struct exchange_fault *x);
/* May it send now? How many bytes it has sent then is told by _sent. */
bool exchange_fault_may_send(struct exchange_fault *x, struct ws_session *s);
void exchange_fault_sent(struct exchange_fault *x, struct ws_session *s, size_t bytes);
bool exchange_fault_may_ping(struct exchange_fault *x, const struct ws_session *s);
/* What befalls a request of this session; NULL: nothing. */
struct fault *exchange_fault_request(struct exchange_fault *x, const struct ws_session *s);
/* What befalls a handshake. 0: nothing; 1: it was answered, or never will be; -1: the connection is
 * gone. */
int exchange_fault_upgrade(struct exchange_fault *x, struct lws *wsi);
/* True: the REST request is answered by a fault, `a` holds how. */
bool exchange_fault_rest(struct exchange_fault *x, struct slice path, struct rest_answer *a);
