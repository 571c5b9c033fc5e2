/*
 * collector_http: the collector's own HTTP on loopback: GET /metrics (Prometheus text) and /healthz (JSON, 200 or 503).
 *
 * libmicrohttpd on a thread of its own, which reads atomics only: no request can hold up the data. At most 16 connections of
 * 32 KiB each, idle ones are closed after 10 s. Errors are RFC 9457 problems. Nothing else is served, and nobody
 * is asked who he is: what is on loopback may read it.
 */
#pragma once
#include "collector_health.h"
#include "err.h"

struct collector_http;
/* Listens at 127.0.0.1:`port`. `h` is lent until collector_http_stop. NULL: `e` says why. */
struct collector_http *collector_http_start(
	int port, const struct collector_health *h, struct err *e);
/* Ends the connections, joins the thread. NULL is fine. */
void collector_http_stop(struct collector_http *http);
