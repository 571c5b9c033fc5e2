/*
 * rest_param: the query parameters of a REST request, checked against what the endpoint takes
 * (Binance's documentation).
 *
 * Passive; one request at a time, one owning thread.
 */
#pragma once
#include "buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REST_PARAMS_MAX 16

struct rest_request {
	const char *path; /* without the query */
	size_t count;
	struct rest_param {
		const char *name, *value; /* decoded */
	} params[REST_PARAMS_MAX];
	bool microseconds; /* header X-MBX-TIME-UNIT */
};

struct rest_answer {
	int status;
	int weight;
	int retry_after; /* s; 0 = the header is not sent */
	bool html;
	struct buf body;
};

/* All return -1 after they have put the error {"code","msg"} and its status into `a`. */
int rest_error(struct rest_answer *a, int status, int code, const char *message);
/* An answer of something in front of the exchange: a page, no JSON. */
void rest_html(struct rest_answer *a, int status);
/* `allowed` ends with NULL. Unknown or repeated parameters are errors. */
int rest_params_check(
	const struct rest_request *r, const char *const *allowed, struct rest_answer *a);
const char *rest_param(const struct rest_request *r, const char *name); /* NULL: not given */
/* A mandatory, non-empty text. */
int rest_param_text(
	const struct rest_request *r, const char *name, const char **out, struct rest_answer *a);
/* An unsigned integer; `out` keeps its value if it is not given. */
int rest_param_integer(
	const struct rest_request *r, const char *name, int64_t *out, struct rest_answer *a);
/* Hours or hours:minutes from -12:00 to 14:00, as us. */
int rest_param_zone(
	const struct rest_request *r, const char *name, int64_t *out_us, struct rest_answer *a);
