/*
 * feed_loop: libwebsockets' event loop, which serves all sockets of the feed, and where they connect to
 * and how often.
 * Feed thread, except feed_loop_wake.
 */
#pragma once
#include "err.h"
#include "feed_attempts.h"
#include "feed_resolver.h"
#include "settings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lws_context;

struct feed_loop {
	struct lws_context *context;
	const char *host; /* lent by the settings */
	int port;
	bool tls;
	struct feed_resolver *resolver; /* of that host */
	struct feed_attempts attempts;
};

/* Server, TLS and certificates from [exchange]. NULL on error. For at most `sockets` of them. */
struct feed_loop *feed_loop_new(const struct settings *s, size_t sockets, struct err *e);
/* All sockets are freed before. */
void feed_loop_free(struct feed_loop *l);
/* Serves what is ready, or waits for it, at most `wait_us`. */
void feed_loop_run(struct feed_loop *l, int64_t wait_us);
/* Ends the wait of feed_loop_run. Any thread. */
void feed_loop_wake(struct feed_loop *l);
