#include "feed_link.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <stdlib.h>

#define GOODBYE_US SECOND_US   /* how long a former connection has for its closing handshake */
#define NO_MEMORY_US MINUTE_US /* until a successor is tried again */

METRIC_COUNTER(rotations, "pricegraph_feed_rotations_total",
	"Connections to the exchange that were replaced by a successor which was heard before.");

struct feed_link {
	struct feed_shared *shared;
	const struct feed_want *wants; /* lent */
	size_t count;
	struct feed_connection *current, *successor, *former;
	struct feed_silence silence;
	bool leaving; /* current has been told to leave */
	int64_t life_us, settle_us;
	int64_t former_until_us, successor_after_us; /* monotonic */
};

/* In [0, 1). */
static double jitter(const struct feed_link *l)
{
	uint64_t seed = (uint64_t)clock_wall_us() ^ (uintptr_t)l;
	unsigned short state[3] = {
		(unsigned short)seed, (unsigned short)(seed >> 16), (unsigned short)(seed >> 32)};
	return erand48(state);
}

struct feed_link *feed_link_new(
	struct feed_shared *shared, const struct feed_want *wants, size_t count)
{
	struct feed_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->shared = shared;
	l->wants = wants;
	l->count = count;
	l->life_us = settings_int(shared->settings, "feed", "rotation") * SECOND_US;
	l->life_us += (int64_t)((double)l->life_us / 48 * jitter(l));
	l->settle_us = settings_int(shared->settings, "venue", "settle") * SECOND_US;
	feed_silence_init(
		&l->silence, settings_int(shared->settings, "feed", "stream_silence") * SECOND_US);
	l->current = feed_connection_new(shared, wants, count, &l->silence);
	/* Until now this process was not there. */
	if (l->current)
		feed_connection_explain(l->current, "startup");
	if (l->current && feed_silence_set(&l->silence, wants, count, clock_mono_us()) == 0)
		return l;
	feed_link_free(l);
	return NULL;
}

static void drop(struct feed_connection **c)
{
	feed_connection_free(*c);
	*c = NULL;
}

int feed_link_want(struct feed_link *l, const struct feed_want *wants, size_t count, bool changed)
{
	int result = 0;

	l->wants = wants;
	l->count = count;
	if (!changed)
		return 0;
	if (feed_silence_set(&l->silence, wants, count, clock_mono_us()) < 0)
		result = -1;
	if (feed_connection_want(l->current, wants, count) < 0)
		result = -1;
	if (!count && !l->leaving) /* nothing to succeed to */
		drop(&l->successor);
	if (l->successor && feed_connection_want(l->successor, wants, count) < 0)
		result = -1;
	return result;
}

bool feed_link_is_empty(const struct feed_link *l)
{
	return feed_connection_is_empty(l->current) && !l->successor;
}

bool feed_link_is_settled(const struct feed_link *l)
{
	return !l->successor && feed_connection_is_settled(l->current);
}

struct feed_session *feed_link_session(struct feed_link *l, enum stream_kind stream)
{
	return feed_connection_session(l->current, stream);
}

void feed_link_free(struct feed_link *l)
{
	if (!l)
		return;
	drop(&l->current);
	drop(&l->successor);
	drop(&l->former);
	feed_silence_done(&l->silence);
	free(l);
}

static void begin_successor(struct feed_link *l, int64_t now_us)
{
	if (now_us < l->successor_after_us)
		return;
	l->successor = feed_connection_new(l->shared, l->wants, l->count, &l->silence);
	if (!l->successor) {
		log_error("feed_no_successor", "reason=\"no memory\"");
		l->successor_after_us = now_us + NO_MEMORY_US;
		return;
	}
	log_info("feed_rotating", "streams=%zu", l->count);
	feed_connection_hold(l->successor);
}

/* The successor is the connection from now on. */
static void promote(struct feed_link *l)
{
	l->current = l->successor;
	l->successor = NULL;
	l->leaving = false;
	feed_connection_take_over(l->current);
}

/* Nothing more is due of the old one. */
static void replace(struct feed_link *l, int64_t now_us)
{
	drop(&l->former);
	l->former = l->current;
	l->former_until_us = now_us + GOODBYE_US;
	feed_connection_close(l->former);
	promote(l);
	metric_add(&rotations, 1);
	log_info("feed_rotated", "streams=%zu", l->count);
}

/* The successor hears everything, and the old one has covered where that begins. */
static bool may_leave(const struct feed_link *l)
{
	int64_t from_us, t_us;

	return feed_connection_is_ready(l->successor, &from_us) &&
	       feed_connection_is_live(l->current, &t_us) && t_us >= from_us + l->settle_us;
}

static void rotate(struct feed_link *l)
{
	int64_t now_us = clock_mono_us();

	if (l->former && (feed_connection_is_closed(l->former) || now_us >= l->former_until_us))
		drop(&l->former);
	if (!l->successor) {
		if (l->count && feed_connection_is_worn(l->current, l->life_us))
			begin_successor(l, now_us);
		return;
	}
	switch (feed_connection_state(l->current)) {
	case FEED_CONNECTION_OPEN:
		l->leaving = may_leave(l);
		if (l->leaving)
			feed_connection_leave(l->current);
		break;
	case FEED_CONNECTION_ENDING:
		break;
	case FEED_CONNECTION_LOST:
		log_warn("feed_rotated_late", "reason=\"the old connection was lost before\"");
		feed_connection_explain(l->successor, feed_connection_cause(l->current));
		drop(&l->current);
		promote(l);
		break;
	case FEED_CONNECTION_OVER:
		if (l->leaving)
			replace(l, now_us);
		else /* the recording has ended */
			drop(&l->successor);
		break;
	}
}

int64_t feed_link_serve(struct feed_link *l)
{
	int64_t wait_us = feed_connection_serve(l->current), t_us;

	if (l->successor) {
		int64_t more_us = feed_connection_serve(l->successor);
		if (more_us < wait_us)
			wait_us = more_us;
	}
	rotate(l);
	if (feed_connection_is_live(l->current, &t_us))
		feed_silence_check(&l->silence, clock_mono_us());
	return wait_us;
}

void feed_link_end(struct feed_link *l)
{
	drop(&l->successor);
	feed_connection_end(l->current);
}

bool feed_link_drain(struct feed_link *l)
{
	return feed_connection_drain(l->current);
}

void feed_link_close(struct feed_link *l)
{
	feed_connection_close(l->current);
}

bool feed_link_is_live(const struct feed_link *l, int64_t *t_us)
{
	return feed_connection_is_live(l->current, t_us);
}
