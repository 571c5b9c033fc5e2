/*
 * binance_rest: requests to the exchange's REST interface over libcurl (Binance's documentation of the REST API), one at a time.
 *
 * The connection is kept alive, certificates are checked. All handles of a process share one weight budget and one ban: the exchange counts by IP
 * address. Retry-After and the time in a ban's text are obeyed. A request never waits for the budget: REST_LATER says from when on it makes
 * sense. Owned by one thread but for binance_rest_stop.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

#define REST_WEIGHT_TIME 1
#define REST_WEIGHT_KLINES 2
#define REST_WEIGHT_AGG_TRADES 4
#define REST_WEIGHT_EXCHANGE_INFO 20

enum rest_done {
	REST_OK,
	REST_LATER, /* 429, 418, 403, 451, 5xx, no connection, no budget: not before binance_rest_not_before_us */
	REST_REFUSED, /* another status, or an answer longer than the body's maximum: the same request will fare no better */
	REST_STOPPED,
};

struct binance_rest;
/* Reads exchange.rest_host, rest_port, tls, ca_file and section [rest]; `s` and `user` (named in the log, lent) must outlive it. No request yet. */
struct binance_rest *binance_rest_new(const struct settings *s, const char *user, struct err *e);
void binance_rest_free(struct binance_rest *r);
/* This user asks for much: it keeps to rest.weight_share of the minute's weight, so that the others always get through. */
void binance_rest_bulk(struct binance_rest *r);
/* Any thread. A transfer or wait under way ends within a second; from now on everything is REST_STOPPED. */
void binance_rest_stop(struct binance_rest *r);
bool binance_rest_stopping(const struct binance_rest *r);

/* GETs "/api/v3/..." (path and query, escaped), which costs `weight`. REST_OK: `body` (reset first) holds the answer to status 200. Else `e` says
 * why, of the exchange's errors with code and text. Blocks for the transfer, at most 15 s. */
must_check enum rest_done binance_rest_get(struct binance_rest *r, const char *path_query,
	int weight, struct buf *body, struct err *e);
/* After REST_LATER: monotonic µs. */
int64_t binance_rest_not_before_us(const struct binance_rest *r);
/* Waits until then. False: stopped. */
bool binance_rest_wait(struct binance_rest *r);
/* Waits `us`. False: stopped. */
bool binance_rest_pause(struct binance_rest *r, int64_t us);
/* The exchange's code in the answer to the last request, e.g. -1121; 0: none. */
int binance_rest_code(const struct binance_rest *r);
/* "http://host:port" */
const char *binance_rest_base(const struct binance_rest *r);

/* Gets /api/v3/time; `t_us` is the venue's clock as told, which by the time of the return is `round_trip_us` old at most. */
must_check enum rest_done binance_rest_time(
	struct binance_rest *r, int64_t *t_us, int64_t *round_trip_us, struct err *e);
/* Appends `text` as part of a query. */
void binance_rest_escape(struct buf *out, const char *text);
