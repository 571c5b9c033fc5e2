/*
 * exchange_answer: answers a websocket's control request, as exchange_request does or as a fault
 * wants it: not at all, with another id, with an error. On the exchange's one thread.
 */
#pragma once
#include "exchange_ws.h"

/* Carries out the request that the session has gathered, and queues the answer. */
void exchange_answer(struct ws_server *server, struct ws_session *s);
