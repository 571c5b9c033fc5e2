/*
 * pricegraph-collector: the exchange's stream into Kafka (feed) and from there into PostgreSQL (sink).
 *
 * Exit codes: 0 all that was read is in Kafka, and what Kafka had was stored; 1 the sink could not go on; 2 settings that can't
 * be used; 3 records were read that Kafka has not acknowledged.
 */
#include "err.h"
#include "kafka_to_pg.h"
#include "log.h"
#include "settings.h"
#include "ws_to_kafka.h"
#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Together under the 5 s that a stop may take: the sink takes up to 3 s. */
#define FEED_STOP_WITH_SINK_MS 1300
#define FEED_STOP_MS 3500

enum { EXIT_GOOD = 0, EXIT_SINK = 1, EXIT_SETTINGS = 2, EXIT_UNACKNOWLEDGED = 3 };

struct collector {
	struct kafka_to_pg *sink;
	struct ws_to_kafka *feed;
};

/* Downstream first. */
static int start(struct collector *c, const struct settings *s, struct err *e)
{
	bool feed = settings_bool(s, "feed", "enabled");
	bool sink = settings_bool(s, "sink", "enabled");

	if (!feed && !sink)
		return err_set(e, "feed.enabled and sink.enabled: nothing to do");
	if (sink && !(c->sink = kafka_to_pg_start(s, e)))
		return err_wrap(e, "cannot start the sink");
	if (feed && !(c->feed = ws_to_kafka_start(s, e)))
		return err_wrap(e, "cannot start the feed");
	return 0;
}

/* Upstream first. */
static int stop(struct collector *c)
{
	char left[200];
	int code = EXIT_GOOD;
	long unacknowledged = ws_to_kafka_stop(
		c->feed, c->sink ? FEED_STOP_WITH_SINK_MS : FEED_STOP_MS, left, sizeof(left));

	if (unacknowledged != 0) {
		log_error("collector_unacknowledged", "records=%ld left=\"%s\"", unacknowledged,
			left);
		code = EXIT_UNACKNOWLEDGED;
	}
	if (!kafka_to_pg_stop(c->sink) && code == EXIT_GOOD)
		code = EXIT_SINK;
	if (unacknowledged < 0) {
		log_stop();
		_exit(code); /* a thread still runs on what exit would take away */
	}
	return code;
}

/* Returns when it is time to stop. */
static void wait_for_signal(const sigset_t *signals)
{
	for (;;) {
		int number = sigwaitinfo(signals, NULL);
		if (number == SIGHUP) {
			log_reopen();
			log_info("collector_log_reopened", "signal=HUP");
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
	struct collector c = {NULL, NULL};
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
		sd_notify(0, "READY=1");
		wait_for_signal(&signals);
		sd_notify(0, "STOPPING=1");
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
