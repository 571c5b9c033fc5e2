/*
 * pricegraph-exchange: a model exchange that speaks Binance's websocket and REST protocols over a
 * recording or a synthetic market. `--list <recording>` prints what a recording
 * holds and ends.
 */
#include "clock.h"
#include "exchange_fault.h"
#include "exchange_server.h"
#include "log.h"
#include "market_synthetic.h"
#include "recording.h"
#include "recording_catalog.h"
#include "recording_to_market.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOLS_MAX 4096

struct parts { /* all that runs, in the order in which it is made */
	struct settings *settings;
	struct recording_catalog catalog;
	struct recording_to_market *recording;
	struct market_synthetic *synthetic;
	struct market *market;
	struct truth *truth;
	struct hub *hub;
	struct market_to_hub *arrow;
	struct exchange_fault *faults;
	struct exchange_server *server;
	bool wall; /* a synthetic market that begins now */
};

static volatile int stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int list(const char *path)
{
	struct recording_catalog c;
	struct buf text;
	struct err e;

	if (recording_catalog_read(&c, path, &e)) {
		fprintf(stderr, "pricegraph-exchange: %s\n", e.text);
		return 2;
	}
	buf_init(&text, 64u << 20);
	recording_catalog_print(&c, path, &text);
	if (!text.failed)
		fwrite(text.data, 1, text.len, stdout);
	buf_done(&text);
	recording_catalog_done(&c);
	return 0;
}

/* What the operator should know of a recording before it is replayed. */
static void recording_tell(const char *path, const struct recording_catalog *c)
{
	struct err e;
	struct recording *r = recording_open(path, &e);
	const char *name;

	for (size_t i = 0; r && (name = recording_skipped(r, i)); i++)
		log_warn("recording_skipped", " file=\"%s\" reason=\"no receive times\"", name);
	recording_free(r);
	log_info("recording", " path=\"%s\" lines=%lld bad_lines=%lld symbols=%zu", path,
		(long long)c->lines, (long long)c->bad_lines, c->symbol_count);
}

static int replay_make(struct parts *p, const char *path, struct err *e)
{
	const char *names[SYMBOLS_MAX];
	struct market_source source;

	if (recording_catalog_read(&p->catalog, path, e))
		return -1;
	if (p->catalog.first_us < 0)
		return err_set(e, "'%s' holds no events with times", path);
	if (p->catalog.symbol_count > SYMBOLS_MAX)
		return err_set(e, "'%s' holds more than %d symbols", path, SYMBOLS_MAX);
	recording_tell(path, &p->catalog);
	for (size_t i = 0; i < p->catalog.symbol_count; i++)
		names[i] = p->catalog.symbols[i].name;
	p->recording = recording_to_market_new(path, &p->catalog, e);
	if (!p->recording)
		return -1;
	source = recording_to_market_source(p->recording);
	p->market = market_new(names, p->catalog.symbol_count, source,
		clock_floor(p->catalog.first_us, SECOND_US));
	if (!p->market)
		return err_set(e, "no memory");
	market_trades_keep(p->market, (size_t)settings_int(p->settings, "model", "trades"));
	return 0;
}

/* The market's past: its 24 h statistics and klines are there when it starts. */
static int synthetic_past(struct parts *p, size_t symbols, int64_t from, int64_t to)
{
	for (size_t i = 0; i < symbols; i++) {
		for (int64_t second = from; second < to && !stop; second++) {
			size_t count;
			const struct market_trade *t =
				market_synthetic_second(p->synthetic, i, second, &count);

			for (size_t k = 0; k < count; k++) {
				if (market_past(p->market, t[k]))
					return -1;
			}
		}
	}
	market_past_end(p->market, to * SECOND_US);
	return 0;
}

static int synthetic_make(struct parts *p, struct err *e)
{
	const struct settings *s = p->settings;
	int64_t start_us = settings_int(s, "model", "start") * MS_US, from_us;
	const char *names[SYMBOLS_MAX];
	uint64_t seed = (uint64_t)settings_int(s, "model", "seed");
	size_t count = 0;

	p->wall = start_us == 0;
	start_us = clock_floor(p->wall ? clock_wall_us() : start_us, SECOND_US);
	from_us = start_us - settings_int(s, "model", "history") * HOUR_US;
	if (from_us < CASCADE_FIRST_DAY * DAY_US)
		return err_set(e, "[model] start: the synthetic market begins on 2017-08-23");
	while (count < SYMBOLS_MAX && (names[count] = settings_item(s, "model", "symbols", count)))
		count++;
	p->synthetic = market_synthetic_new(seed, names, count, start_us);
	if (p->synthetic)
		p->market =
			market_new(names, count, market_synthetic_source(p->synthetic), from_us);
	if (p->market)
		market_trades_keep(p->market, (size_t)settings_int(s, "model", "trades"));
	if (!p->market || synthetic_past(p, count, from_us / SECOND_US, start_us / SECOND_US))
		return err_set(e, "no memory");
	return 0;
}

static int parts_make(struct parts *p, struct err *e)
{
	const char *source = settings_text(p->settings, "model", "source");
	const char *truth = settings_text(p->settings, "model", "truth");

	if ((strcmp(source, "synthetic") == 0 ? synthetic_make(p, e) : replay_make(p, source, e)) <
		0)
		return -1;
	if (*truth && !(p->truth = truth_open(truth, e)))
		return -1;
	p->hub = hub_new((size_t)settings_int(p->settings, "model", "queue_max"),
		settings_bool(p->settings, "model", "unsolicited"), exchange_ws_wake);
	if (p->hub)
		p->arrow = market_to_hub_new(p->market, p->hub, p->truth,
			settings_float(p->settings, "model", "speed"), p->wall);
	if (!p->arrow)
		return err_set(e, "no memory");
	p->faults = exchange_fault_new(
		&(struct exchange_fault_parts){p->market, p->arrow, p->hub, p->truth},
		settings_text(p->settings, "model", "faults"),
		(uint64_t)settings_int(p->settings, "model", "fault_seed"), e);
	if (!p->faults)
		return -1;
	p->server = exchange_server_new(p->settings,
		&(struct exchange_parts){p->market, p->arrow, p->hub, p->truth, p->faults}, e);
	return p->server ? 0 : -1;
}

static int parts_done(struct parts *p, struct err *e)
{
	int rc;

	exchange_server_free(p->server);
	exchange_fault_free(p->faults);
	market_to_hub_free(p->arrow);
	hub_free(p->hub);
	rc = truth_close(p->truth, e);
	market_free(p->market);
	market_synthetic_free(p->synthetic);
	recording_to_market_free(p->recording);
	recording_catalog_done(&p->catalog);
	return rc;
}

static void totals_tell(const struct parts *p)
{
	int64_t sent, unsent;

	if (!p->arrow)
		return;
	market_to_hub_counts(p->arrow, &sent, &unsent);
	log_info("exchange_stopped", " sent=%lld unsent=%lld late=%lld repeats=%lld bad=%lld",
		(long long)sent, (long long)unsent, (long long)market_late(p->market),
		(long long)(p->recording ? recording_to_market_repeats(p->recording) : 0),
		(long long)(p->recording ? recording_to_market_bad(p->recording) : 0));
}

static int serve(struct parts *p, struct err *e)
{
	if (parts_make(p, e))
		return -1;
	printf("listening %d\n", exchange_server_port(p->server));
	fflush(stdout);
	log_info("exchange_started", " port=%d source=\"%s\" speed=%g",
		exchange_server_port(p->server), settings_text(p->settings, "model", "source"),
		settings_float(p->settings, "model", "speed"));
	return exchange_server_run(p->server, &stop, e);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct parts p = {.settings = NULL};
	struct err e = {""};
	int code = 0;

	if (argc == 3 && strcmp(argv[1], "--list") == 0)
		return list(argv[2]);
	p.settings = settings_from_command_line('e', argc, argv, &code);
	if (!p.settings)
		return code;
	code = 0;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (log_start(p.settings, "exchange", &e)) {
		fprintf(stderr, "pricegraph-exchange: %s\n", e.text);
		settings_free(p.settings);
		return 2;
	}
	if (serve(&p, &e)) {
		log_error("exchange_failed", " reason=\"%s\"", e.text);
		code = p.server ? 1 : 2;
	}
	totals_tell(&p);
	if (parts_done(&p, &e)) {
		log_error("truth_failed", " reason=\"%s\"", e.text);
		code = 1;
	}
	log_stop();
	settings_free(p.settings);
	return code;
}
