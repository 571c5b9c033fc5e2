/*
 * exchange_http: what the model exchange's port needs of libwebsockets' HTTP besides its callbacks.
 * On the exchange's one thread.
 */
#pragma once
#include "rest_param.h"
#include <libwebsockets.h>

#define HTTP_URL_BYTES_MAX 16384
#define HTTP_HEADERS_BYTES 1024

/* Adds a header ("name:") at `*p`. Not 0: it does not fit. */
int exchange_http_header(struct lws *wsi, const char *name, const char *value, unsigned char **p,
	unsigned char *end);
/* Splits the query's fragments into `r`, whose texts lie in `text`. */
void exchange_http_params(struct lws *wsi, struct rest_request *r, char text[HTTP_URL_BYTES_MAX]);
/* Does the request want times in us? */
bool exchange_http_micro(struct lws *wsi);
bool exchange_http_loopback(struct lws *wsi); /* does it come from this machine? */
/* Answers a handshake with this status; what libwebsockets wants returned. */
int exchange_http_refuse(struct lws *wsi, int status, int retry_after);
