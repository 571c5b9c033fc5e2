/*
 * exchange_server: the model exchange's one port (libwebsockets): websocket and REST, the loop and
 * its timers.
 *
 * All of it, the market too, runs on the thread that calls exchange_server_run.
 */
#pragma once
#include "err.h"
#include "exchange_ws.h"
#include "settings.h"

struct exchange_server;
struct exchange_parts { /* what it serves; `truth` may be NULL */
	struct market *market;
	struct market_to_hub *arrow;
	struct hub *hub;
	struct truth *truth;
	struct exchange_fault *faults;
};
/* Binds the port of [model]. Lends the parts until it is freed. NULL: `e` says why. */
struct exchange_server *exchange_server_new(
	const struct settings *s, const struct exchange_parts *parts, struct err *e);
void exchange_server_free(struct exchange_server *x);
int exchange_server_port(const struct exchange_server *x);
/* Serves until `stop` is set (by a signal). -1: the market's source failed. */
must_check int exchange_server_run(
	struct exchange_server *x, const volatile int *stop, struct err *e);
