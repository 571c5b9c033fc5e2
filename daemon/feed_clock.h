/*
 * feed_clock: what time it is at the venue.
 *
 * FEED_CLOCK_HOST: the host's clock and an offset, measured from https://<rest host>/api/v3/time on a thread of its own
 * ("clock"), at the start and every ten minutes, so that the feed never waits for REST. Until it was measured once the clock is
 * unknown; if REST does not answer for 15 s the host's clock alone is used, and that is logged.
 * FEED_CLOCK_PING: told in band by the server's PINGs, in ms as decimal text; between two it is reckoned on at the speed seen.
 * All but the measuring belongs to the feed thread.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

enum feed_clock_kind { FEED_CLOCK_HOST, FEED_CLOCK_PING };

struct feed_clock;
/* Starts the measuring thread if there is something to measure. NULL on error. main's thread. */
struct feed_clock *feed_clock_new(const struct settings *s, struct err *e);
/* Joins the thread; a transfer under way is given up within a second. */
void feed_clock_free(struct feed_clock *c);

enum feed_clock_kind feed_clock_kind(const struct feed_clock *c);
bool feed_clock_known(struct feed_clock *c);
/* The venue's clock, µs. Only while it is known. */
int64_t feed_clock_now_us(const struct feed_clock *c);
/* The same of FEED_CLOCK_HOST while it is known, else 0. */
int64_t feed_clock_host_us(struct feed_clock *c);
/* Venue seconds per wall second; 0 once it was stopped. */
double feed_clock_speed(const struct feed_clock *c);
/* A server's PING of FEED_CLOCK_PING, as read. Gives the time in it (13 digits: ms; what follows them is ignored) in µs; -1: the
 * payload is no time. */
int64_t feed_clock_ping(struct feed_clock *c, const char *payload);
/* A recording has ended at `t_us`: from now on the clock stands. */
void feed_clock_stop(struct feed_clock *c, int64_t t_us);
