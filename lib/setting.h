/*
 * setting: one row of the table of settings, and a value of it with the place that it came from.
 *
 * Private to settings*.c, which own all values; other code includes it for struct setting only.
 * Passive values, no locks.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_TEXT,
	SETTING_SECRET, /* text, masked when printed */
	SETTING_NAME,   /* text of the characters of `choices`, as "a-z0-9-"; min..max of them */
	SETTING_INT,
	SETTING_BOOL, /* yes|no */
	SETTING_FLOAT,
	SETTING_LIST, /* comma-separated texts */
};

struct setting {
	const char *section, *key;
	enum setting_type type;
	const char *unit; /* "ms", "s", "bytes", ... or "" */
	const char *default_text;
	double min, max;      /* of numbers, and of a name's length */
	const char *programs; /* c(ollector) e(xchange) h (chart) l(ive) t (ctl): who reads it */
	const char *help;     /* one sentence */
	const char *choices; /* of a text that takes only some: "host|ping"; of a name; else NULL */
};

/* In the order of precedence. */
enum setting_source { SETTING_DEFAULT, SETTING_FILE, SETTING_ENVIRONMENT, SETTING_OPTION };

#define SETTING_WHERE_SIZE 300

struct setting_place {
	enum setting_source source;
	char where[SETTING_WHERE_SIZE]; /* for the user: "file:line", a variable, "--set" */
	bool append;                    /* a further line of a list */
};

struct setting_value {
	char *key;  /* of a librdkafka property; else NULL */
	char *text; /* owned, as `items` is */
	enum setting_source source;
	char where[SETTING_WHERE_SIZE];
	int64_t number; /* of an int, and 0 or 1 of a bool */
	double real;    /* of a float */
	char **items;   /* of a list: pointers and texts in one block; ends with NULL */
};

/* Copies what is given; `key` may be NULL. With `old`, the text is "old,text". -1: no memory, `out`
 * untouched. */
must_check int setting_value_init(struct setting_value *out, const char *key, const char *old,
	const char *text, const struct setting_place *at);
void setting_value_done(struct setting_value *v);
/* Reads the text as `row` asks, fills number, real or items. -1: `e` says what is wrong with it.
 * Once a value. */
must_check int setting_value_parse(
	struct setting_value *v, const struct setting *row, struct err *e);
