/*
 * exchange_answer: answers a websocket's control request, as exchange_request does or as a fault
 * wants it: not at all, with another id, with an error. On the exchange's one thread.
 */
#pragma once
#include "exchange_ws.h"

/* Carries out the request that the session has gathered, and queues the answer, and where PINGs tell the clock one of them behind it: who has
 * asked for the list of his streams then knows from when on he hears them all. */
void exchange_answer(struct ws_server *server, struct ws_session *s);
