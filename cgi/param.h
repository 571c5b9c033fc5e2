/*
 * param: request parameters by table: unknown, repeated, ill-typed or out of range -> 400 that names it.
 */
#pragma once
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

enum param_type {
	PARAM_TEXT,
	PARAM_INT,
	PARAM_INT_OR_EMPTY, /* TradingView's UDF sends those it does not know as empty: absent then */
	PARAM_ENUM,
	PARAM_INTERVAL, /* the name of an interval; its own code if there is none */
	PARAM_TIME,     /* integer ms, or us from 10^14 on; `number` is us */
	PARAM_ZONE,     /* hours or hours:minutes, -12:00 to 14:00; `number` is us */
	PARAM_NAMES, /* a JSON array of different strings; `text`: each with its '\0', `number`: how many */
};

struct param {
	const char *name; /* NULL ends a table */
	enum param_type type;
	bool required;
	int64_t min,
		max; /* of an int; of a time in ms; of a text its length in bytes; of names their number */
	/* Of an enum: "json|csv". Of a text: what its values look like, as a regular expression (ECMA-262) for the description; the endpoint
	 * refuses what does not match. NULL: none. */
	const char *choices;
	const char *default_text; /* NULL: absent */
	const char *help;
};

#define PARAM_COUNT_MAX 12

struct param_value {
	bool given;
	int64_t number;
	char *text;
	size_t len;
};

struct param_values {
	struct param_value v[PARAM_COUNT_MAX]; /* index = row of the table */
	char *storage;
};

/* Decodes the query string against the table. 0, or -1 with `a` filled as the problem (status 400, Binance's code and msg). What was sent empty is
 * refused, but for a text whose least length is 0 and PARAM_INT_OR_EMPTY. */
int param_parse(
	const struct param *table, const char *query, struct param_values *out, struct answer *a);
void param_values_done(struct param_values *v);
