#include "catalog_to_pg.h"
#include "binance_rest.h"
#include "clock.h"
#include "event.h"
#include "json_scan.h"
#include "log.h"
#include "metrics.h"
#include "pg.h"
#include "pg_array.h"
#include "pg_queries.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_US HOUR_US
#define AGAIN_US (10 * SECOND_US) /* after a failure of REST; then twice as long, up to */
#define AGAIN_MOST_US (10 * MINUTE_US)
#define STORE_AGAIN_US (2 * SECOND_US) /* the sink makes the venue when it takes over */
#define LIST_BYTES_MAX (32U << 20)
#define ARRAY_BYTES_MAX (64U << 20)
#define STATUS_SIZE 24

METRIC_GAUGE(listed, "pricegraph_catalog_symbols",
	"Symbols in the exchange's list when it was stored last.");
METRIC_COUNTER(changed, "pricegraph_catalog_changes_total",
	"Symbols whose rules were stored anew or deleted.");
METRIC_COUNTER(failed, "pricegraph_catalog_failures_total",
	"Times that the exchange's list was not to be had, or could not be stored.");

struct catalog_to_pg {
	const char *venue;
	struct binance_rest *rest;
	struct pg *pg;
	pthread_t thread;
	bool running;
	/* the thread's own */
	struct buf body;
	struct buf symbols, statuses, infos; /* arrays for the statement */
	size_t count;
};

struct list {
	struct json_value symbols;
};
struct members {
	struct json_value name, status;
};

static const struct json_wanted list_members[] = {
	{"symbols", offsetof(struct list, symbols), NULL}, {NULL, 0, NULL}};
static const struct json_wanted symbol_members[] = {
	{"symbol", offsetof(struct members, name), NULL},
	{"status", offsetof(struct members, status), NULL}, {NULL, 0, NULL}};

/* One that can't be a symbol of ours is passed over. */
static int take(struct catalog_to_pg *c, const struct json_value *element)
{
	char name[SYMBOL_SIZE], status[STATUS_SIZE];
	struct members m;
	char *info;

	if (json_scan(element->at, element->len, symbol_members, &m) != 0 ||
		json_scan_text(&m.name, name, sizeof(name)) <= 0 ||
		json_scan_text(&m.status, status, sizeof(status)) < 0)
		return 0;
	info = strndup(element->at, element->len);
	if (!info)
		return -1;
	pg_array_text(&c->symbols, name);
	pg_array_text(&c->statuses, status);
	pg_array_text(&c->infos, info);
	free(info);
	c->count++;
	return 0;
}

/* Makes the arrays of the body. */
static int parse(struct catalog_to_pg *c, struct err *e)
{
	struct buf *arrays[] = {&c->symbols, &c->statuses, &c->infos};
	struct json_value element;
	struct list list;
	bool full = false;

	c->count = 0;
	if (json_scan(c->body.data, c->body.len, list_members, &list) != 0)
		return err_set(e, "the list of symbols is not JSON");
	for (int i = 0; i < 3; i++) {
		buf_reset(arrays[i]);
		pg_array_begin(arrays[i]);
	}
	while (!full && json_scan_element(&list.symbols, &element))
		full = take(c, &element) != 0;
	for (int i = 0; i < 3; i++) {
		pg_array_end(arrays[i]);
		full |= arrays[i]->failed;
	}
	if (full)
		return err_set(e, "no memory for the list of symbols");
	if (c->count == 0)
		return err_set(e, "no symbols in the exchange's list");
	return 0;
}

static int fetch(struct catalog_to_pg *c)
{
	struct err e = {""};
	enum rest_done done = binance_rest_get(
		c->rest, "/api/v3/exchangeInfo", REST_WEIGHT_EXCHANGE_INFO, &c->body, &e);
	int rc = done == REST_OK ? parse(c, &e) : -1;

	if (rc != 0 && done != REST_STOPPED) {
		metric_add(&failed, 1);
		log_warn("catalog_not_fetched", "url=%s reason=\"%s\"", binance_rest_base(c->rest),
			e.text);
	}
	buf_done(&c->body);
	return rc;
}

static int store(struct catalog_to_pg *c)
{
	const char *params[] = {c->venue, c->symbols.data, c->statuses.data, c->infos.data};
	struct err e = {""};
	PGresult *rows = NULL;
	bool stored;

	if (pg_query(c->pg, "catalog_store", sql_catalog_store, 4, params, &rows, &e) != PG_OK) {
		metric_add(&failed, 1);
		log_warn("catalog_not_stored", "reason=\"%s\"", e.text);
		return -1;
	}
	stored = *PQgetvalue(rows, 0, 0) == 't';
	if (stored) {
		metric_set(&listed, (int64_t)c->count);
		metric_add(&changed, pg_int(rows, 0, 1));
		log_info("catalog_stored", "symbols=%zu changed=%s", c->count,
			PQgetvalue(rows, 0, 1));
	}
	PQclear(rows);
	return stored ? 0 : -1;
}

/* What the arrays hold is let go: the connection for an hour, and megabytes. */
static void forget(struct catalog_to_pg *c)
{
	pg_disconnect(c->pg);
	buf_done(&c->symbols);
	buf_done(&c->statuses);
	buf_done(&c->infos);
}

/* Thread "catalog". */
static void *run(void *arg)
{
	struct catalog_to_pg *c = arg;
	int64_t again_us = AGAIN_US;
	bool going = true;

	log_thread_name("catalog");
	while (going) {
		if (fetch(c) != 0) {
			going = binance_rest_pause(c->rest, again_us);
			again_us = 2 * again_us < AGAIN_MOST_US ? 2 * again_us : AGAIN_MOST_US;
			continue;
		}
		again_us = AGAIN_US;
		while (going && store(c) != 0)
			going = binance_rest_pause(c->rest, STORE_AGAIN_US);
		forget(c);
		going = going && binance_rest_pause(c->rest, EVERY_US);
	}
	return NULL;
}

struct catalog_to_pg *catalog_to_pg_start(const struct settings *s, struct err *e)
{
	struct catalog_to_pg *c = calloc(1, sizeof(*c));
	int rc;

	if (!c) {
		err_set(e, "no memory for the catalog");
		return NULL;
	}
	c->venue = settings_text(s, "venue", "name");
	buf_init(&c->body, LIST_BYTES_MAX);
	buf_init(&c->symbols, ARRAY_BYTES_MAX);
	buf_init(&c->statuses, ARRAY_BYTES_MAX);
	buf_init(&c->infos, ARRAY_BYTES_MAX);
	c->rest = binance_rest_new(s, "catalog", e);
	if (!c->rest)
		goto fail;
	c->pg = pg_new(settings_text(s, "postgres", "collector"), "pricegraph-catalog");
	rc = c->pg ? pthread_create(&c->thread, NULL, run, c) : -1;
	if (rc != 0) {
		err_set(e, "cannot start thread catalog");
		goto fail;
	}
	c->running = true;
	return c;
fail:
	catalog_to_pg_stop(c);
	return NULL;
}

void catalog_to_pg_quit(struct catalog_to_pg *c)
{
	if (c)
		binance_rest_stop(c->rest);
}

void catalog_to_pg_stop(struct catalog_to_pg *c)
{
	if (!c)
		return;
	if (c->running) {
		binance_rest_stop(c->rest);
		pthread_join(c->thread, NULL);
	}
	binance_rest_free(c->rest);
	pg_free(c->pg);
	buf_done(&c->body);
	buf_done(&c->symbols);
	buf_done(&c->statuses);
	buf_done(&c->infos);
	free(c);
}
