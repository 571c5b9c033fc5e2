#include "feed_clock.h"
#include "clock.h"
#include "json_scan.h"
#include "log.h"
#include <curl/curl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEASURE_EVERY_S 600
#define MEASURE_AGAIN_S 10 /* after a failure */
#define SAMPLES 3          /* the one with the shortest round trip counts */
#define GIVE_UP_US (15 * SECOND_US)
#define PING_DIGITS 13 /* ms since the epoch, 2001 to 2286 */
#define SPEED_OVER_US (SECOND_US / 2)
#define BODY_SIZE 512

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
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop; /* lock */
	char url[300];
	const char *ca_file;
};

struct body {
	char text[BODY_SIZE];
	size_t len;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct body *b = arg;
	size_t len = size * count;

	if (len > sizeof(b->text) - b->len)
		return 0;
	memcpy(b->text + b->len, bytes, len);
	b->len += len;
	return len;
}

static bool stopping(struct feed_clock *c)
{
	pthread_mutex_lock(&c->lock);
	bool stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return stop;
}

/* libcurl asks several times a second whether to go on. */
static int progress(
	void *arg, curl_off_t total_in, curl_off_t in, curl_off_t total_out, curl_off_t out)
{
	(void)total_in;
	(void)in;
	(void)total_out;
	(void)out;
	return stopping(arg);
}

static int read_server_time(const struct body *b, int64_t *t_us)
{
	struct json_value value;
	static const struct json_wanted wanted[] = {{"serverTime", 0, NULL}, {NULL, 0, NULL}};
	int64_t t;

	if (json_scan(b->text, b->len, wanted, &value) < 0 || json_scan_int(&value, &t) < 0)
		return -1;
	*t_us = clock_from_exchange(t);
	return *t_us > 0 ? 0 : -1;
}

/* One request. The answer's time is taken to be that of the middle of the round trip, in the middle of its millisecond. */
static int sample(CURL *curl, int64_t *offset_us, int64_t *round_trip_us, struct err *e)
{
	struct body body = {.len = 0};
	long status = 0;
	int64_t server_us;

	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	int64_t sent_us = clock_wall_us();
	CURLcode result = curl_easy_perform(curl);
	int64_t read_us = clock_wall_us();
	if (result != CURLE_OK)
		return err_set(e, "%s", curl_easy_strerror(result));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return err_set(e, "HTTP status %ld", status);
	if (read_server_time(&body, &server_us) < 0)
		return err_set(e, "no serverTime in the answer");
	*round_trip_us = read_us - sent_us;
	*offset_us = server_us + MS_US / 2 - (sent_us + *round_trip_us / 2);
	return 0;
}

static int measure(struct feed_clock *c, CURL *curl, struct err *e)
{
	int64_t best_us = INT64_MAX, best_offset_us = 0;

	for (int i = 0; i < SAMPLES; i++) {
		int64_t offset_us = 0, round_trip_us = 0;
		if (sample(curl, &offset_us, &round_trip_us, e) < 0)
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

/* False: the clock is to be freed. */
static bool wait_for(struct feed_clock *c, int seconds)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
		;
	bool stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return !stop;
}

static CURL *new_transfer(struct feed_clock *c)
{
	CURL *curl = curl_easy_init();
	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_URL, c->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "pricegraph");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, c);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (*c->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca_file);
	return curl;
}

/* Thread "clock". */
static void *measure_often(void *arg)
{
	struct feed_clock *c = arg;
	int wait_s;

	log_thread_name("clock");
	do {
		struct err e = {""};
		CURL *curl = new_transfer(c);
		wait_s = MEASURE_EVERY_S;
		if ((curl ? measure(c, curl, &e) : err_set(&e, "no memory")) < 0) {
			wait_s = MEASURE_AGAIN_S;
			if (!stopping(c))
				log_warn("clock_not_measured", "url=%s reason=\"%s\"", c->url,
					e.text);
		}
		curl_easy_cleanup(curl);
	} while (wait_for(c, wait_s));
	return NULL;
}

static int start_measuring(struct feed_clock *c, const struct settings *s, struct err *e)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, "libcurl does not start");
	snprintf(c->url, sizeof(c->url), "%s://%s:%lld/api/v3/time",
		settings_bool(s, "exchange", "tls") ? "https" : "http",
		settings_text(s, "exchange", "rest_host"),
		(long long)settings_int(s, "exchange", "rest_port"));
	c->ca_file = settings_text(s, "exchange", "ca_file");
	int failed = pthread_create(&c->thread, NULL, measure_often, c);
	if (failed)
		return err_set(e, "cannot start thread clock: %s", strerror(failed));
	c->running = true;
	return 0;
}

struct feed_clock *feed_clock_new(const struct settings *s, struct err *e)
{
	struct feed_clock *c = calloc(1, sizeof(*c));
	pthread_condattr_t monotonic;

	if (!c) {
		err_set(e, "no memory");
		return NULL;
	}
	c->started_us = clock_mono_us();
	c->speed = 1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
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
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_signal(&c->wake);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
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
