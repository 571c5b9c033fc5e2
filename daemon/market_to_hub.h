/*
 * market_to_hub: lets the market happen in time: what is due goes to the hub and into the truth
 * file.
 *
 * The market waits until market_to_hub_start, then runs at `speed` market seconds a second and
 * never waits for connections; with speed 0 it runs as fast as they take it. Its clock is the
 * market time up to which everything was given to the hub, so whoever is told the clock behind the
 * frames knows that nothing before it is still to come. Runs on the exchange's one thread, called
 * by its loop; never blocks.
 */
#pragma once
#include "err.h"
#include "hub.h"
#include "market.h"
#include "truth.h"

enum market_state { MARKET_WAITING, MARKET_RUNNING, MARKET_ENDED };

struct market_to_hub;
/* Lends all until it is freed. `truth` may be NULL. `wall`: until it is started the clock is the
 * host's, and the market happens unseen; else it stands. */
struct market_to_hub *market_to_hub_new(
	struct market *m, struct hub *h, struct truth *t, double speed, bool wall);
void market_to_hub_free(struct market_to_hub *a);
void market_to_hub_start(struct market_to_hub *a); /* again is nothing */
/* Does what is due, at most some ms long. Returns in how many µs it wants to be called again;
 * -1: the source failed. */
must_check int64_t market_to_hub_run(struct market_to_hub *a, struct err *e);
/* The venue's clock goes `us` ahead of what it would be, or stands still until it is so much behind. */
void market_to_hub_shift(struct market_to_hub *a, int64_t us);
int64_t market_to_hub_clock_us(const struct market_to_hub *a);
enum market_state market_to_hub_state(const struct market_to_hub *a);
const char *market_state_name(enum market_state s); /* "waiting" "running" "ended" */
double market_to_hub_speed(const struct market_to_hub *a);
/* Queues a PING with the clock in ms for one client, and a number behind it if the last PING said the same: some libraries tell one PING from
 * another by its payload alone. All clients get one in front of a jump,
 * behind it, and in front of the end. */
void market_to_hub_ping(struct market_to_hub *a, struct hub_client *c);
/* Behind an answer to SUBSCRIBE: a PING, and if all has ended the notice of that. */
void market_to_hub_greet(struct market_to_hub *a, struct hub_client *c);
void market_to_hub_counts(const struct market_to_hub *a, int64_t *sent, int64_t *unsent);
