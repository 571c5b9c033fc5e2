#include "feed_clock.h"
#include "binance_rest.h"
#include "clock.h"
#include "log.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MEASURE_EVERY_US (600 * SECOND_US)
#define MEASURE_AGAIN_US (10 * SECOND_US) /* after a failure */
#define SAMPLES 3                         /* the one with the shortest round trip counts */
#define GIVE_UP_US (15 * SECOND_US)
#define PING_DIGITS 13 /* ms since the epoch, 2001 to 2286 */
#define SPEED_OVER_US (SECOND_US / 2)

struct feed_clock {
	enum feed_clock_kind kind;
	/* host: written by the measuring thread */
	_Atomic int64_t offset_us;
	atomic_bool measured;
	/* host: the feed thread's */
	bool gave_up;
	int64_t started_us; /* monotonic */
	/* ping: the feed thread's */
	int64_t told_us,
		told_at_us; /* the last PING's time, and when it was read (monotonic); 0 = none */
	int64_t mark_us, mark_at_us; /* the PING from which the speed is measured */
	double speed;
	bool stopped;
	/* the measuring thread */
	pthread_t thread;
	bool running;
	struct binance_rest *rest;
};

/* One request. The answer's time is taken to be that of the middle of the round trip, in the middle of its millisecond. */
static int sample(
	struct binance_rest *rest, int64_t *offset_us, int64_t *round_trip_us, struct err *e)
{
	int64_t server_us;

	if (binance_rest_time(rest, &server_us, round_trip_us, e) != REST_OK)
		return -1;
	*offset_us = server_us + MS_US / 2 - (clock_wall_us() - *round_trip_us / 2);
	return 0;
}

static int measure(struct feed_clock *c, struct err *e)
{
	int64_t best_us = INT64_MAX, best_offset_us = 0;

	for (int i = 0; i < SAMPLES; i++) {
		int64_t offset_us = 0, round_trip_us = 0;
		if (sample(c->rest, &offset_us, &round_trip_us, e) < 0)
			return -1;
		if (round_trip_us < best_us) {
			best_us = round_trip_us;
			best_offset_us = offset_us;
		}
	}
	atomic_store(&c->offset_us, best_offset_us);
	atomic_store(&c->measured, true);
	log_info("clock_measured", "offset_ms=%.1f round_trip_ms=%.1f",
		(double)best_offset_us / MS_US, (double)best_us / MS_US);
	return 0;
}

/* Thread "clock". */
static void *measure_often(void *arg)
{
	struct feed_clock *c = arg;
	int64_t pause_us;

	log_thread_name("clock");
	do {
		struct err e = {""};
		pause_us = MEASURE_EVERY_US;
		if (measure(c, &e) < 0) {
			pause_us = MEASURE_AGAIN_US;
			if (!binance_rest_stopping(c->rest))
				log_warn("clock_not_measured", "host=%s reason=\"%s\"",
					binance_rest_base(c->rest), e.text);
		}
	} while (binance_rest_pause(c->rest, pause_us));
	return NULL;
}

static int start_measuring(struct feed_clock *c, const struct settings *s, struct err *e)
{
	c->rest = binance_rest_new(s, "clock", e);
	if (!c->rest)
		return -1;
	int failed = pthread_create(&c->thread, NULL, measure_often, c);
	if (failed)
		return err_set(e, "cannot start thread clock: %s", strerror(failed));
	c->running = true;
	return 0;
}

struct feed_clock *feed_clock_new(const struct settings *s, struct err *e)
{
	struct feed_clock *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, "no memory");
		return NULL;
	}
	c->started_us = clock_mono_us();
	c->speed = 1;
	if (strcmp(settings_text(s, "venue", "clock"), "ping") == 0) {
		c->kind = FEED_CLOCK_PING;
	} else if (start_measuring(c, s, e) < 0) {
		feed_clock_free(c);
		return NULL;
	}
	return c;
}

void feed_clock_free(struct feed_clock *c)
{
	if (!c)
		return;
	if (c->running) {
		binance_rest_stop(c->rest);
		pthread_join(c->thread, NULL);
	}
	binance_rest_free(c->rest);
	free(c);
}

enum feed_clock_kind feed_clock_kind(const struct feed_clock *c)
{
	return c->kind;
}

bool feed_clock_known(struct feed_clock *c)
{
	if (c->kind == FEED_CLOCK_PING)
		return c->told_us != 0;
	if (!c->gave_up && !atomic_load(&c->measured) &&
		clock_mono_us() - c->started_us > GIVE_UP_US) {
		c->gave_up = true;
		log_warn("clock_of_host", "reason=\"the exchange's time is not to be had\"");
	}
	return c->gave_up || atomic_load(&c->measured);
}

int64_t feed_clock_now_us(const struct feed_clock *c)
{
	if (c->stopped)
		return c->told_us;
	if (c->kind == FEED_CLOCK_HOST)
		return clock_wall_us() + atomic_load(&c->offset_us);
	return c->told_us + (int64_t)((double)(clock_mono_us() - c->told_at_us) * c->speed);
}

int64_t feed_clock_host_us(struct feed_clock *c)
{
	return c->kind == FEED_CLOCK_HOST && feed_clock_known(c) ? feed_clock_now_us(c) : 0;
}

double feed_clock_speed(const struct feed_clock *c)
{
	return c->stopped ? 0 : c->speed;
}

/* PINGs come once a second of wall time, some right behind one another; a pause that the replay jumps shows for one second. */
static void see_speed(struct feed_clock *c, int64_t t_us, int64_t now_us)
{
	if (!c->mark_at_us) {
		c->mark_us = t_us;
		c->mark_at_us = now_us;
	} else if (now_us - c->mark_at_us >= SPEED_OVER_US) {
		double speed = (double)(t_us - c->mark_us) / (double)(now_us - c->mark_at_us);
		double whole = round(speed);
		c->speed = whole >= 1 && fabs(speed - whole) < 0.05 * whole ? whole : speed;
		c->mark_us = t_us;
		c->mark_at_us = now_us;
	}
}

int64_t feed_clock_ping(struct feed_clock *c, const char *payload)
{
	int64_t ms = 0;

	if (c->kind != FEED_CLOCK_PING)
		return -1;
	for (int i = 0; i < PING_DIGITS; i++) {
		if (payload[i] < '0' || payload[i] > '9')
			return -1;
		ms = ms * 10 + (payload[i] - '0');
	}
	if (c->stopped || ms * MS_US < c->told_us)
		return ms * MS_US;
	c->told_us = ms * MS_US;
	c->told_at_us = clock_mono_us();
	see_speed(c, c->told_us, c->told_at_us);
	return c->told_us;
}

void feed_clock_stop(struct feed_clock *c, int64_t t_us)
{
	if (t_us > c->told_us)
		c->told_us = t_us;
	c->stopped = true;
}
