/*
 * request: one HTTP request as a FastCGI or CGI program sees it, and its answer. Plain values; no libfcgi here.
 */
#pragma once
#include "buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
	const char *method; /* "GET" */
	const char *prefix; /* the configured one, "/" or "/x/" */
	const char *path; /* below the configured prefix, with its leading '/': "/api/v1/initial" */
	const char *query;         /* raw, without '?'; "" if none */
	const char *if_none_match; /* "" if absent; likewise below */
	const char *accept;
	const char *prefer; /* Prefer: */
	const char *last_event_id;
	const char *origin;
	const char *time_unit; /* X-MBX-TIME-UNIT:; NULL is as "" */
	bool gateway_cgi;      /* a single plain CGI request */
};

struct answer {
	int status;
	const char *content_type;
	char etag[64];     /* with its quotes and W/; "" = none */
	char headers[256]; /* further header lines, each ended by \r\n */
	const char *more;  /* those that the server adds; lent; NULL: none */
	bool udf;          /* errors are for a TradingView datafeed (problem.h) */
	struct buf body;   /* not sent for HEAD, 204 and 304 */
};

/* Status line ("Status: 200 OK"), headers with Content-Length of a body of that many bytes, and the empty line. */
void answer_print_head(const struct answer *a, size_t body_len, struct buf *out);
/* That, and the body unless `head_only` or 304. For every program and mode the same. */
void answer_print(const struct answer *a, bool head_only, struct buf *out);
