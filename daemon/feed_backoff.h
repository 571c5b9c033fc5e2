/*
 * feed_backoff: how long to stay away from the exchange after a connection was lost or refused: 0.5 to 60 s with jitter, anew
 * after 30 s of data; longer where the handshake's HTTP status or the close code asks for it (Binance's documentation). Logs each loss. Feed thread.
 */
#pragma once
#include "feed_socket.h"
#include "retry.h"
#include <stdint.h>

struct feed_backoff {
	struct retry retry;
};

void feed_backoff_init(struct feed_backoff *b, uint64_t seed);
/* Data came. `now_us`: monotonic. */
void feed_backoff_good(struct feed_backoff *b, int64_t now_us);
/* Why it is closed is logged with the meaning of the status. Returns the wait before the next attempt: the greatest of the
 * back-off, what the status asks for and the answer's Retry-After, which counts up to three days (the longest ban). */
int64_t feed_backoff_wait_us(
	struct feed_backoff *b, const struct feed_socket_closed *why, int64_t now_us);
