#include "market_to_hub.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_US (5 * MS_US) /* longest time away from the sockets */
#define WAIT_MAX_US (100 * MS_US)
#define FAST_QUEUE_BYTES (1u << 20) /* at speed 0 the queues are kept below this */
#define STEPS_A_LOOK 64

struct market_to_hub {
	struct market *market;
	struct hub *hub;
	struct truth *truth;
	struct market_output output;
	double speed;
	bool wall;
	enum market_state state;
	int64_t base_mono_us, base_market_us; /* the market stood there then */
	int64_t shift_us;                     /* of a market that follows the host's clock */
	bool late;                            /* there is more to do of the time that was reached */
	bool noticed;                         /* the market has just jumped or ended */
	int64_t sent, unsent;
	int64_t pinged_ms; /* what the last PING said, and how many before it said the same */
	unsigned repeated;
};

static void ping_all(struct market_to_hub *a)
{
	for (struct hub_client *c = hub_first(a->hub); c; c = c->next)
		market_to_hub_ping(a, c);
}

static void event_give(void *ctx, const struct market_event *ev)
{
	struct market_to_hub *a = ctx;
	bool sent;

	if (ev->everyone) { /* nothing is left of the time up to here, so the clock can be told */
		a->late = false;
		ping_all(a);
		hub_publish(a->hub, ev);
		a->noticed = true;
		return;
	}
	sent = hub_publish(a->hub, ev);
	a->sent += sent;
	a->unsent += !sent;
	if (a->truth)
		truth_write(a->truth, ev, sent);
}

static bool wanted(void *ctx, const char *name)
{
	const struct market_to_hub *a = ctx;

	return hub_wanted(a->hub, (struct slice){name, strlen(name)});
}

struct market_to_hub *market_to_hub_new(
	struct market *m, struct hub *h, struct truth *t, double speed, bool wall)
{
	struct market_to_hub *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->market = m;
	a->hub = h;
	a->truth = t;
	a->speed = speed;
	a->wall = wall;
	a->output = (struct market_output){.ctx = a, .event = event_give, .wanted = wanted};
	return a;
}

void market_to_hub_free(struct market_to_hub *a)
{
	free(a);
}

void market_to_hub_start(struct market_to_hub *a)
{
	if (a->state != MARKET_WAITING)
		return;
	a->state = MARKET_RUNNING;
	a->base_mono_us = clock_mono_us();
	a->base_market_us = a->wall ? clock_wall_us() + a->shift_us : market_reached_us(a->market);
	market_output_set(a->market, &a->output);
}

/* Where the market should be now. */
static int64_t due_us(const struct market_to_hub *a)
{
	if (a->state == MARKET_WAITING)
		return a->wall ? clock_wall_us() + a->shift_us : market_reached_us(a->market);
	if (a->speed <= 0)
		return MARKET_NEVER;
	return a->base_market_us +
	       (int64_t)((double)(clock_mono_us() - a->base_mono_us) * a->speed);
}

/* The market stands elsewhere now: what is due follows from there. */
static void jumped(struct market_to_hub *a)
{
	a->base_mono_us = clock_mono_us();
	a->base_market_us = market_reached_us(a->market);
	ping_all(a);
}

/* 1: there is more to do; 0: all that is due was done; -1 */
static int steps_do(struct market_to_hub *a, struct err *e)
{
	int64_t limit_us = due_us(a), stop_us = clock_mono_us() + RUN_US;
	int rc = 1;

	a->late = true;
	for (unsigned n = 1; rc > 0; n++) {
		rc = market_step(a->market, limit_us, e);
		if (a->noticed)
			return rc;
		if (n % STEPS_A_LOOK == 0 && clock_mono_us() >= stop_us)
			break;
		if (a->speed <= 0 && a->state == MARKET_RUNNING &&
			hub_deepest_bytes(a->hub) > FAST_QUEUE_BYTES)
			break;
	}
	return rc;
}

/* How long until the next thing is due. */
static int64_t wait_us(struct market_to_hub *a, struct err *e)
{
	int64_t next = market_next_us(a->market, e), reached = market_reached_us(a->market),
		due = due_us(a), wait;

	if (next < 0)
		return -1;
	wait = next - (due < reached ? due : reached);
	if (a->state == MARKET_RUNNING && a->speed > 0)
		wait = (int64_t)((double)wait / a->speed);
	return wait < WAIT_MAX_US ? wait : WAIT_MAX_US;
}

int64_t market_to_hub_run(struct market_to_hub *a, struct err *e)
{
	bool noticed;
	int rc;

	if (a->state == MARKET_ENDED || (a->state == MARKET_WAITING && !a->wall))
		return WAIT_MAX_US;
	rc = steps_do(a, e);
	if (rc < 0)
		return -1;
	noticed = a->noticed;
	a->noticed = false;
	a->late = rc > 0;
	if (market_ended(a->market)) {
		a->state = MARKET_ENDED;
		a->late = false;
		if (a->truth)
			truth_flush(a->truth);
		return WAIT_MAX_US;
	}
	if (noticed)
		jumped(a);
	if (a->late)
		return a->speed <= 0 && hub_deepest_bytes(a->hub) > FAST_QUEUE_BYTES ? MS_US : 0;
	return wait_us(a, e);
}

void market_to_hub_shift(struct market_to_hub *a, int64_t us)
{
	a->shift_us += us;
	a->base_market_us += us;
}

int64_t market_to_hub_clock_us(const struct market_to_hub *a)
{
	return market_reached_us(a->market) - (a->late ? 1 : 0);
}

enum market_state market_to_hub_state(const struct market_to_hub *a)
{
	return a->state;
}

const char *market_state_name(enum market_state s)
{
	switch (s) {
	case MARKET_WAITING:
		return "waiting";
	case MARKET_RUNNING:
		return "running";
	case MARKET_ENDED:
		return "ended";
	}
	return "?";
}

double market_to_hub_speed(const struct market_to_hub *a)
{
	return a->speed;
}

void market_to_hub_ping(struct market_to_hub *a, struct hub_client *c)
{
	char text[40];
	int64_t ms = market_to_hub_clock_us(a) / MS_US;
	int len = snprintf(text, sizeof(text), "%lld", (long long)ms);

	a->repeated = ms == a->pinged_ms ? a->repeated + 1 : 0;
	a->pinged_ms = ms;
	if (a->repeated)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %u", a->repeated);
	struct message *m = message_new(MESSAGE_PING, &(struct slice){text, (size_t)len}, 1);

	hub_send(a->hub, c, m);
	message_release(m);
}

void market_to_hub_greet(struct market_to_hub *a, struct hub_client *c)
{
	struct market_event ev = {
		.everyone = true, .name = {MARKET_ENDED_NAME, strlen(MARKET_ENDED_NAME)}};
	char text[64];
	int len;

	market_to_hub_ping(a, c);
	if (a->state != MARKET_ENDED)
		return;
	len = snprintf(text, sizeof(text), "{\"e\":\"replayEnded\",\"E\":%lld}",
		(long long)(market_reached_us(a->market) / MS_US));
	ev.object = (struct slice){text, (size_t)len};
	hub_publish_to(a->hub, c, &ev);
}

void market_to_hub_counts(const struct market_to_hub *a, int64_t *sent, int64_t *unsent)
{
	*sent = a->sent;
	*unsent = a->unsent;
}
