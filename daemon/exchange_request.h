/*
 * exchange_request: the control requests of a websocket client and their answers (Binance's documentation).
 *
 * SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY; ids are int64, texts of
 * at most 36 characters, or null, and echoed. A stream that does not exist is accepted in silence.
 * Errors are nested as on the wire. One owning thread.
 */
#pragma once
#include "buf.h"
#include "hub.h"

enum request_outcome { REQUEST_ANSWERED, REQUEST_SUBSCRIBED };

/* Carries out one request of client `c` and appends the answer to `answer`. SUBSCRIBED: a
 * SUBSCRIBE succeeded. */
enum request_outcome exchange_request(
	struct hub *h, struct hub_client *c, const char *text, size_t len, struct buf *answer);
/* False: not the name of a stream by its form (Binance, `invalid stream`). */
bool exchange_stream_valid(struct slice name);
