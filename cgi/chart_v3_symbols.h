/*
 * chart_v3_symbols: which symbols a request of the exchange's clients is about: `symbol`, `symbols` or neither, and `symbolStatus`.
 */
#pragma once
#include "chart_v3.h"

#define CHART_V3_SYMBOL_PARAM                                                                      \
	{                                                                                          \
		"symbol", PARAM_TEXT, false, 1, 63, NULL, NULL,                                    \
			"One symbol; the answer is an object. Not together with symbols."          \
	}
#define CHART_V3_SYMBOLS_PARAM                                                                     \
	{                                                                                          \
		"symbols", PARAM_NAMES, false, 1, 1024, NULL, NULL,                                \
			"Several symbols, as a JSON array of strings. Neither: all that are "      \
			"collected."                                                               \
	}
#define CHART_V3_STATUS_PARAM                                                                      \
	{                                                                                          \
		"symbolStatus", PARAM_TEXT, false, 1, 32, NULL, NULL,                              \
			"Only symbols with this status: TRADING, HALT or BREAK."                   \
	}

struct chart_v3_choice {
	bool one;           /* by `symbol` */
	int64_t count;      /* how many were named; 0: all are meant */
	const char *status; /* NULL: any */
	struct buf names;   /* as a PostgreSQL array */
};

void chart_v3_choice_done(struct chart_v3_choice *c);
/* From the parameters; `status` may be NULL. 0, or -1 and the answer is filled. */
must_check int chart_v3_choose(const struct param_value *symbol, const struct param_value *symbols,
	const struct param_value *status, struct chart_v3_choice *out, struct answer *a);
/* The array as a parameter of a statement: NULL means all. */
const char *chart_v3_names(const struct chart_v3_choice *c);
/* Whether `rows` has all that were named (columns: symbol first), and the one that was has the status (column 1). 0, or -1: the answer is filled. */
must_check int chart_v3_check(
	const struct chart_v3_choice *c, const PGresult *rows, struct answer *a);
/* Whether the row is to be shown: its status is the one that was asked for. */
bool chart_v3_shows(const struct chart_v3_choice *c, const PGresult *rows, int row);
