/*
 * param: request parameters by table: unknown, repeated, ill-typed or out of range -> 400 that names it.
 */
#pragma once
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

enum param_type { PARAM_TEXT, PARAM_INT, PARAM_ENUM };

struct param {
	const char *name; /* NULL ends a table */
	enum param_type type;
	bool required;
	int64_t min, max;         /* of an int; of a text its length in bytes */
	const char *choices;      /* of an enum: "json|csv" */
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

/* Decodes the query string against the table. 0, or -1 with `a` filled as the problem (status 400, Binance's code and msg). */
int param_parse(
	const struct param *table, const char *query, struct param_values *out, struct answer *a);
void param_values_done(struct param_values *v);
