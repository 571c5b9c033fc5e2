/* pricegraph-chart: FastCGI (or one plain CGI request): history from PostgreSQL. */
#include "clock.h"
#include "fcgi_server.h"
#include "log.h"
#include "pg_to_chart.h"
#include "settings.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct fcgi_server *server; /* for the signal handler; set before it is installed */

static void on_signal(int signal_number)
{
	(void)signal_number;
	fcgi_server_stop(server);
}

static enum handled handle(
	void *arg, int worker, const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	(void)park;
	pg_to_chart_answer(arg, worker, rq, a);
	return HANDLED_ANSWER;
}

static bool now(void *arg, const struct request *rq, struct fcgi_ready *out)
{
	return pg_to_chart_now(arg, rq, out);
}

static void now_done(void *arg, struct fcgi_ready *r)
{
	(void)arg;
	pg_to_chart_now_done(r);
}

static int run(const struct settings *s, struct err *e)
{
	struct fcgi_config config = {.workers = (int)settings_int(s, "chart", "workers"),
		.queue_max = (int)settings_int(s, "chart", "queue"),
		.prefix = settings_text(s, "web", "prefix")};
	struct sigaction stop = {.sa_handler = on_signal};
	struct fcgi_handler handler = {.handle = handle, .now = now, .now_done = now_done};
	struct pg_to_chart *chart = NULL;
	struct cors *cors = NULL;
	int rc = -1;

	if (cors_new(s, &cors, e) == 0)
		chart = pg_to_chart_new(s, config.workers, e);
	if (chart == NULL)
		goto out;
	handler.arg = chart;
	config.cors = cors;
	server = fcgi_server_new(&handler, &config, e);
	if (server != NULL) {
		sigaction(SIGTERM, &stop, NULL);
		sigaction(SIGINT, &stop, NULL);
		log_info("chart_started", "venue=%s workers=%d", settings_text(s, "venue", "name"),
			config.workers);
		rc = fcgi_server_run(server, e);
		log_info("chart_stopped", "rc=%d", rc);
	}
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	fcgi_server_free(server);
out:
	pg_to_chart_free(chart);
	cors_free(cors);
	return rc;
}

int main(int argc, char **argv)
{
	int exit_code = 0;
	struct err e = {0};
	struct settings *s = settings_from_command_line('h', argc, argv, &exit_code);

	if (s == NULL)
		return exit_code;
	if (log_start(s, "pricegraph-chart", &e) != 0) {
		fprintf(stderr, "pricegraph-chart: %s\n", e.text);
		settings_free(s);
		return 2;
	}
	log_thread_name("main");
	exit_code = run(s, &e) == 0 ? 0 : 1;
	if (exit_code != 0)
		log_error("chart_failed", "reason=\"%s\"", e.text);
	log_stop();
	settings_free(s);
	return exit_code;
}
