/*
 * pricegraph-collector: the exchange's stream into Kafka (feed) and from there into PostgreSQL (sink).
 *
 * Exit codes: 0 all that was read is in Kafka, and what Kafka had was stored; 1 the sink could not go on; 2 settings that can't
 * be used; 3 records were read that Kafka has not acknowledged.
 */
#include "catalog_to_pg.h"
#include "clock.h"
#include "collector_health.h"
#include "collector_http.h"
#include "collector_reload.h"
#include "collector_watch.h"
#include "err.h"
#include "kafka_to_pg.h"
#include "log.h"
#include "rest_to_kafka.h"
#include "settings.h"
#include "topics.h"
#include "ws_to_kafka.h"
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Together under the 5 s that a stop may take: the sink takes up to 3 s. */
#define FEED_STOP_WITH_SINK_MS 1300
#define FEED_STOP_MS 3500

enum { EXIT_GOOD = 0, EXIT_SINK = 1, EXIT_SETTINGS = 2, EXIT_UNACKNOWLEDGED = 3 };

struct collector {
	struct collector_health health;
	struct collector_watch watch;
	struct collector_http *http;
	struct kafka_to_pg *sink;
	struct catalog_to_pg *catalog;
	struct rest_to_kafka *backfill;
	struct ws_to_kafka *feed;
};

/* Downstream first; HTTP before all, so that it can say what is not there yet. */
static int start(struct collector *c, const struct settings *s, struct err *e)
{
	bool feed = settings_bool(s, "feed", "enabled");
	bool sink = settings_bool(s, "sink", "enabled");
	bool backfill = settings_bool(s, "backfill", "enabled");
	int port = (int)settings_int(s, "http", "port");

	if (!feed && !sink && !backfill)
		return err_set(e, "feed.enabled, sink.enabled and backfill.enabled: nothing to do");
	collector_health_init(&c->health, s);
	collector_watch_init(&c->watch, &c->health);
	if (port && !(c->http = collector_http_start(port, &c->health, e)))
		return err_wrap(e, "cannot start http");
	if (sink && !(c->sink = kafka_to_pg_start(s, e)))
		return err_wrap(e, "cannot start the sink");
	if (sink && !(c->catalog = catalog_to_pg_start(s, e)))
		return err_wrap(e, "cannot start the catalog");
	if (backfill && !(c->backfill = rest_to_kafka_start(s, e)))
		return err_wrap(e, "cannot start the back-fill");
	if (feed && !(c->feed = ws_to_kafka_start(s, e)))
		return err_wrap(e, "cannot start the feed");
	return 0;
}

/* Upstream first. */
static int stop(struct collector *c)
{
	char left[200];
	int code = EXIT_GOOD;

	rest_to_kafka_quit(c->backfill); /* they end while the others do */
	catalog_to_pg_quit(c->catalog);
	long unacknowledged = ws_to_kafka_stop(
		c->feed, c->sink ? FEED_STOP_WITH_SINK_MS : FEED_STOP_MS, left, sizeof(left));

	if (unacknowledged != 0) {
		log_error("collector_unacknowledged", "records=%ld left=\"%s\"", unacknowledged,
			left);
		code = EXIT_UNACKNOWLEDGED;
	}
	rest_to_kafka_stop(c->backfill);
	catalog_to_pg_stop(c->catalog);
	if (!kafka_to_pg_stop(c->sink) && code == EXIT_GOOD)
		code = EXIT_SINK;
	collector_http_stop(c->http);
	if (code == EXIT_GOOD && topics_are_refused())
		code = EXIT_SETTINGS;
	if (unacknowledged < 0) {
		log_stop();
		_exit(code); /* a thread still runs on what exit would take away */
	}
	return code;
}

/* Returns when it is time to stop. */
static void wait_for_signal(
	struct collector *c, const sigset_t *signals, struct collector_reload *reload)
{
	int64_t interval_us = collector_watch_interval_us(&c->watch);

	if (interval_us > SECOND_US)
		interval_us = SECOND_US;
	const struct timespec interval = {
		.tv_sec = interval_us / SECOND_US, .tv_nsec = interval_us % SECOND_US * 1000};

	for (;;) {
		int number = sigtimedwait(signals, NULL, &interval);
		collector_watch_run(&c->watch);
		collector_reload_look(reload);
		if (number == SIGHUP) {
			log_reopen();
			log_info("collector_log_reopened", "signal=HUP");
			collector_reload_settings(reload);
		} else if (number > 0) {
			log_info("collector_stopping", "signal=%s",
				number == SIGTERM ? "TERM" : "INT");
			return;
		}
	}
}

/* All threads inherit the mask: the main thread alone takes signals. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct collector c = {.feed = NULL};
	struct collector_reload reload;
	struct err e = {""};
	sigset_t signals;
	int code = EXIT_SETTINGS;
	struct settings *s = settings_from_command_line('c', argc, argv, &code);

	if (!s)
		return code;
	block_signals(&signals);
	if (log_start(s, "collector", &e) < 0) {
		fprintf(stderr, "pricegraph-collector: %s\n", e.text);
		settings_free(s);
		return EXIT_SETTINGS;
	}
	if (start(&c, s, &e) == 0) {
		log_info("collector_started", "venue=%s", settings_text(s, "venue", "name"));
		collector_watch_ready(&c.watch);
		collector_reload_init(&reload, argc, argv, s, c.feed);
		wait_for_signal(&c, &signals, &reload);
		collector_reload_done(&reload);
		collector_watch_stopping();
		code = stop(&c);
	} else {
		log_error("collector_not_started", "reason=\"%s\"", e.text);
		stop(&c);
		code = EXIT_SETTINGS;
	}
	log_info("collector_stopped", "exit=%d", code);
	log_stop();
	settings_free(s);
	return code;
}
