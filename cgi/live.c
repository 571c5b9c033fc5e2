/*
 * pricegraph-live: long polls (api/v1/live) from an in-memory cache of the live topics. Started by spawn-fcgi with its listening socket as fd 0, or
 * by a web server as a plain CGI program.
 */
#include "buf.h"
#include "cache.h"
#include "cache_to_poll.h"
#include "clock.h"
#include "fcgi_server.h"
#include "kafka_to_cache.h"
#include "log.h"
#include "metrics.h"
#include "settings.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_SETTINGS = 2 };

struct live {
	const struct settings *settings;
	struct cache *cache;
	struct cache_to_poll *polls;
	struct cors *cors;
	struct fcgi_server *server;
	struct kafka_to_cache *reader;
};

static struct fcgi_server *to_stop; /* of the signal handler */

static void on_signal(int signal)
{
	(void)signal;
	fcgi_server_stop(to_stop);
}

static void catch_signals(struct fcgi_server *server)
{
	struct sigaction action = {.sa_handler = on_signal};
	to_stop = server;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void wake(void *arg)
{
	fcgi_server_wake(arg);
}

/* Downstream first: what answers, then what it answers from. */
static int start(struct live *l, struct err *e)
{
	const struct settings *s = l->settings;
	const char *venue = settings_text(s, "venue", "name");
	int workers = (int)settings_int(s, "live", "workers");
	struct cache_limits limits = {
		.keep_us = settings_int(s, "live", "cache_seconds") * SECOND_US,
		.settle_us = settings_int(s, "venue", "settle") * SECOND_US,
		.bytes_max = (size_t)settings_int(s, "live", "cache_bytes"),
	};
	l->cache = cache_new(&limits, venue);
	l->polls = l->cache != NULL ? cache_to_poll_new(l->cache, venue, workers) : NULL;
	if (l->polls == NULL)
		return err_set(e, "no memory for the cache");
	if (cors_new(s, &l->cors, e) != 0)
		return -1;
	struct fcgi_handler handler = cache_to_poll_handler(l->polls);
	int waiters = (int)settings_int(s, "live", "waiters_max");
	/* All that wait may come at once, after a restart of the web server: what a worker does for each is little. */
	struct fcgi_config config = {.workers = workers,
		.parked_max = waiters,
		.queue_max = waiters,
		.prefix = settings_text(s, "web", "prefix"),
		.cors = l->cors};
	l->server = fcgi_server_new(&handler, &config, e);
	if (l->server == NULL)
		return -1;
	catch_signals(l->server);
	l->reader = kafka_to_cache_start(s, l->cache, wake, l->server, e);
	return l->reader == NULL ? -1 : 0;
}

static void stop(struct live *l)
{
	kafka_to_cache_stop(l->reader);
	fcgi_server_free(l->server);
	cors_free(l->cors);
	cache_to_poll_free(l->polls);
	cache_free(l->cache);
}

/* Each counter as one line: who reads the log can check answers against records. */
static void log_metrics(void)
{
	struct buf text;
	char *line, *rest;
	buf_init(&text, 65536);
	metrics_print(&text);
	rest = text.data;
	while (!text.failed && (line = strsep(&rest, "\n")) != NULL) {
		char *value = strrchr(line, ' ');
		if (line[0] != '#' && value != NULL)
			log_info("metric", "%.*s=%s", (int)(value - line), line, value + 1);
	}
	buf_done(&text);
}

int main(int argc, char **argv)
{
	struct live l = {0};
	struct err e = {{0}};
	int code;
	struct settings *settings = settings_from_command_line('l', argc, argv, &code);
	if (settings == NULL)
		return code;
	code = EXIT_OK;
	l.settings = settings;
	if (log_start(settings, "pricegraph-live", &e) != 0) {
		log_error("live_start_failed", "reason=\"%s\"", e.text);
		settings_free(settings);
		return EXIT_SETTINGS;
	}
	if (start(&l, &e) != 0) {
		log_error("live_start_failed", "reason=\"%s\"", e.text);
		code = EXIT_FAILED;
	} else {
		log_info("live_started", "venue=%s", settings_text(settings, "venue", "name"));
		if (fcgi_server_run(l.server, &e) != 0) {
			log_error("live_failed", "reason=\"%s\"", e.text);
			code = EXIT_FAILED;
		}
	}
	stop(&l);
	log_metrics();
	log_info("live_stopped", "code=%d", code);
	log_stop();
	settings_free(settings);
	return code;
}
