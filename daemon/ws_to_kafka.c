#include "ws_to_kafka.h"
#include "clock.h"
#include "feed_count.h"
#include "feed_links.h"
#include "feed_session.h"
#include "feed_symbols.h"
#include "kafka_admin.h"
#include "log.h"
#include "progress.h"
#include "topics.h"
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENSURE_MS                                                                                  \
	1000 /* one attempt at the topics: also how late a stop may be noticed meanwhile */
#define ACKNOWLEDGED_US (2 * MS_US)
#define GOODBYE_US (100 * MS_US)
#define JOIN_SLACK_US SECOND_US /* for what is behind the drain's deadline */

struct ws_to_kafka {
	const struct settings *settings;
	char collector[SESSION_SIZE];
	struct feed_symbols *symbols;
	struct feed_shared shared;
	struct feed_whole whole;
	struct feed_output output;
	struct feed_links links;
	struct feed_session retired[STREAM_COUNT]; /* of streams that are not collected */
	bool retired_begun;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t has_ended;
	bool ended; /* lock */
	atomic_bool stop;
	_Atomic int64_t deadline_us; /* of the drain; monotonic */
	size_t left;                 /* written by the thread before it ends */
	char left_text[200];
};

/* False: stopped before Kafka was there. */
static bool await_topics(struct ws_to_kafka *w)
{
	struct err e = {""};
	struct kafka_admin *admin = kafka_admin_new(w->settings, &e);
	bool ready = false;

	if (!admin)
		log_error("feed_no_kafka", "reason=\"%s\"", e.text);
	while (admin && !atomic_load(&w->stop)) {
		int rc = topics_ensure(w->settings, admin, ENSURE_MS, &e);
		ready = rc == 0;
		if (rc == KAFKA_TOPIC_WRONG)
			topics_refuse(&e);
		if (ready || rc == KAFKA_TOPIC_WRONG)
			break;
		progress_wait(PROGRESS_FEED, WAIT_KAFKA, clock_mono_us());
		log_warn("feed_no_topics", "reason=\"%s\"", e.text);
		feed_loop_run(w->shared.loop, SECOND_US / 2);
	}
	kafka_admin_free(admin);
	return ready;
}

/* A former configuration may have collected streams that this one does not: once the venue's time is known, their `ended`. */
static void retire_streams(struct ws_to_kafka *w)
{
	char id[SESSION_SIZE];
	int64_t t_us;

	if (!feed_links_is_live(&w->links, &t_us))
		return;
	for (int i = 0; i < STREAM_COUNT && !w->retired_begun; i++) {
		if (feed_choice_has_stream(w->links.wants->choice, (enum stream_kind)i))
			continue;
		feed_session_id(id, w->collector, clock_wall_us(), ++w->output.sessions);
		feed_session_retire(&w->retired[i], id, t_us);
	}
	w->retired_begun = true;
	struct feed_time now = {t_us, feed_clock_speed(w->shared.clock), clock_mono_us()};
	for (int i = 0; i < STREAM_COUNT; i++)
		if (feed_session_write(&w->retired[i], &now, feed_output_control, &w->output) !=
			KAFKA_SENT)
			return;
}

/* Without a connection the loop's own turning is what the watchdog hears; with one, T must move. */
static void tell_progress(struct ws_to_kafka *w)
{
	double speed = feed_clock_speed(w->shared.clock);
	size_t live, count = feed_links_count(&w->links, &live);
	int64_t t_us;

	if (live < count || !feed_links_is_live(&w->links, &t_us))
		progress_wait(
			PROGRESS_FEED, speed > 0 ? WAIT_EXCHANGE : WAIT_ENDED, clock_mono_us());
	else if (speed > 0 && feed_clock_known(w->shared.clock))
		progress_behind(PROGRESS_FEED,
			(int64_t)((double)(feed_clock_now_us(w->shared.clock) - t_us) / speed));
}

static void serve(struct ws_to_kafka *w)
{
	while (!atomic_load(&w->stop)) {
		struct feed_wants *wants = feed_symbols_take(w->symbols);
		if (wants)
			feed_links_want(&w->links, wants);
		int64_t wait_us = feed_links_serve(&w->links);
		tell_progress(w);
		retire_streams(w);
		feed_output_poll(&w->output, 0);
		/* An acknowledgement wakes nobody: it is looked for. */
		if (feed_output_waits(&w->output) && wait_us > ACKNOWLEDGED_US)
			wait_us = ACKNOWLEDGED_US;
		feed_loop_run(w->shared.loop, wait_us);
	}
}

static int ms_left(struct ws_to_kafka *w)
{
	int64_t left_us = atomic_load(&w->deadline_us) - clock_mono_us();
	return left_us > 0 ? (int)(left_us / MS_US) : 0;
}

static void drain(struct ws_to_kafka *w)
{
	feed_links_end(&w->links);
	while (!feed_links_drain(&w->links) && ms_left(w) > 0)
		feed_output_poll(&w->output, 10);
	w->left = feed_output_flush(&w->output, ms_left(w));
	feed_output_left(&w->output, w->left_text, sizeof(w->left_text));
}

static void say_goodbye(struct ws_to_kafka *w)
{
	int64_t until_us = clock_mono_us() + GOODBYE_US;

	feed_links_close(&w->links);
	for (int64_t now_us; (now_us = clock_mono_us()) < until_us;)
		feed_loop_run(w->shared.loop, until_us - now_us);
}

/* Thread "feed". */
static void *run(void *arg)
{
	struct ws_to_kafka *w = arg;

	log_thread_name("feed");
	if (await_topics(w)) {
		log_info("feed_started", "collector=%s", w->collector);
		serve(w);
		drain(w);
		say_goodbye(w);
	}
	struct feed_counts n = feed_count_get();
	log_info("feed_stopped",
		"frames=%lld events=%lld answers=%lld unknown=%lld bad=%lld unwanted=%lld "
		"arrays=%lld unacknowledged=%zu",
		(long long)n.received, (long long)n.events, (long long)n.answers,
		(long long)n.unknown, (long long)n.bad, (long long)n.unwanted, (long long)n.arrays,
		w->left);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->has_ended);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void release(struct ws_to_kafka *w)
{
	feed_symbols_free(w->symbols);
	feed_links_done(&w->links);
	feed_whole_done(&w->whole);
	feed_record_free(w->shared.record);
	feed_loop_free(w->shared.loop);
	feed_clock_free(w->shared.clock);
	feed_output_done(&w->output);
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_done(&w->retired[i]);
	pthread_cond_destroy(&w->has_ended);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static void name_collector(struct ws_to_kafka *w)
{
	const char *name = settings_text(w->settings, "feed", "collector");
	char host[HOST_NAME_MAX + 1] = "collector";

	if (!*name && gethostname(host, sizeof(host) - 1) == 0)
		name = host;
	snprintf(w->collector, sizeof(w->collector), "%.32s", name);
}

/* Thread "symbols". */
static void wake(void *arg)
{
	struct ws_to_kafka *w = arg;
	feed_loop_wake(w->shared.loop);
}

static int prepare(struct ws_to_kafka *w, struct err *e)
{
	struct feed_choice *choice = feed_choice_new(w->settings, e);

	if (!choice)
		return -1;
	w->shared.settings = w->settings;
	w->shared.output = &w->output;
	w->shared.whole = &w->whole;
	name_collector(w);
	feed_links_init(&w->links, &w->shared);
	for (int i = 0; i < STREAM_COUNT; i++)
		feed_session_init(&w->retired[i], (enum stream_kind)i, w->collector);
	if (*settings_text(w->settings, "feed", "record")) {
		w->shared.record = feed_record_new(w->settings, e);
		if (!w->shared.record)
			goto fail;
	}
	if (feed_output_init(&w->output, w->settings, w->collector, e) < 0)
		goto fail;
	w->shared.clock = feed_clock_new(w->settings, e);
	if (!w->shared.clock)
		goto fail;
	w->shared.loop =
		feed_loop_new(w->settings, (size_t)FEED_CONNECTIONS_MAX * FEED_LINK_SOCKETS, e);
	if (!w->shared.loop)
		goto fail;
	w->symbols = feed_symbols_new(w->settings, choice, wake, w, e);
	return w->symbols ? 0 : -1;
fail:
	feed_choice_free(choice);
	return -1;
}

int ws_to_kafka_choose(struct ws_to_kafka *w, const struct settings *s, struct err *e)
{
	struct feed_choice *choice = feed_choice_new(s, e);

	if (!choice)
		return -1;
	feed_symbols_choose(w->symbols, choice);
	return 0;
}

static struct ws_to_kafka *allocate(const struct settings *s)
{
	struct ws_to_kafka *w = calloc(1, sizeof(*w));
	pthread_condattr_t monotonic;

	if (!w)
		return NULL;
	w->settings = s;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->has_ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return w;
}

struct ws_to_kafka *ws_to_kafka_start(const struct settings *s, struct err *e)
{
	struct ws_to_kafka *w = allocate(s);
	int failed;

	if (!w) {
		err_set(e, "no memory");
		return NULL;
	}
	if (prepare(w, e) < 0)
		goto fail;
	failed = pthread_create(&w->thread, NULL, run, w);
	if (!failed)
		return w;
	err_set(e, "cannot start thread feed: %s", strerror(failed));
fail:
	release(w);
	return NULL;
}

/* False: the thread still runs after `wait_us`. */
static bool join(struct ws_to_kafka *w, int64_t wait_us)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + wait_us % SECOND_US * 1000;
	int timed_out = 0;

	until.tv_sec += wait_us / SECOND_US + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&w->lock);
	while (!w->ended && !timed_out)
		timed_out = pthread_cond_timedwait(&w->has_ended, &w->lock, &until);
	bool ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return ended && pthread_join(w->thread, NULL) == 0;
}

long ws_to_kafka_stop(struct ws_to_kafka *w, int timeout_ms, char *left, size_t size)
{
	*left = '\0';
	if (!w)
		return 0;
	atomic_store(&w->deadline_us, clock_mono_us() + timeout_ms * MS_US);
	atomic_store(&w->stop, true);
	feed_symbols_quit(w->symbols); /* it ends while the queue drains */
	feed_loop_wake(w->shared.loop);
	if (!join(w, timeout_ms * MS_US + JOIN_SLACK_US)) {
		snprintf(left, size, "the feed's thread did not end");
		return -1;
	}
	long unacknowledged = (long)w->left;
	snprintf(left, size, "%s", w->left_text);
	release(w);
	return unacknowledged;
}
