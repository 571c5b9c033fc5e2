#include "param.h"
#include "clock.h"
#include "interval.h"
#include "json_scan.h"
#include "problem.h"
#include "utf8.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SHOWN 64 /* bytes of a name or value that an error repeats */
#define NAME_SIZE 64  /* of one of several names: what a symbol may have, and '\0' */

static const struct json_wanted no_members[] = {{NULL, 0, NULL}};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes `len` bytes of application/x-www-form-urlencoded to `to`, which has room for them. The new length, -1: not such. */
static int decode(char *to, const char *from, size_t len)
{
	char *at = to;

	for (size_t i = 0; i < len; i++) {
		char c = from[i] == '+' ? ' ' : from[i];

		if (c == '%') {
			int high = i + 2 < len ? hex(from[i + 1]) : -1;
			int low = i + 2 < len ? hex(from[i + 2]) : -1;

			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		}
		*at++ = c;
	}
	*at = '\0';
	return (int)(at - to);
}

static bool is_choice(const char *choices, const char *text, size_t len)
{
	while (*choices != '\0') {
		size_t n = strcspn(choices, "|");

		if (n == len && memcmp(choices, text, len) == 0)
			return true;
		choices += n + (choices[n] == '|');
	}
	return false;
}

static bool is_utf8(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_len(p + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* 0; PROBLEM_ILLEGAL_CHARS or PROBLEM_OVERFLOW. */
static int parse_int(const char *text, int64_t *out)
{
	const char *digits = text + (*text == '-');
	intmax_t value;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return PROBLEM_ILLEGAL_CHARS;
	errno = 0;
	value = strtoimax(text, NULL, 10);
	if (errno != 0)
		return PROBLEM_OVERFLOW;
	*out = value;
	return 0;
}

static int refuse_empty(const struct param *p, struct answer *a)
{
	if (p->required)
		problem_answer(a, PROBLEM_MISSING_PARAM,
			"Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
			p->name);
	else
		problem_answer(a, PROBLEM_EMPTY_PARAM, "Parameter '%s' was empty.", p->name);
	return -1;
}

static int check_text(const struct param *p, const struct param_value *v, struct answer *a)
{
	if ((int64_t)v->len >= p->min && (int64_t)v->len <= p->max && is_utf8(v->text, v->len))
		return 0;
	problem_answer(a, PROBLEM_ILLEGAL_PARAM,
		"Data sent for parameter '%s' is not valid: %" PRId64 " to %" PRId64
		" bytes of UTF-8.",
		p->name, p->min, p->max);
	return -1;
}

/* Of an int and, as ms or us, of a time. */
static int check_number(const struct param *p, struct param_value *v, struct answer *a)
{
	int wrong = parse_int(v->text, &v->number);
	int64_t value = v->number;

	if (wrong == PROBLEM_ILLEGAL_CHARS) {
		problem_answer(a, PROBLEM_ILLEGAL_CHARS,
			"Illegal characters found in parameter '%s'; legal range is "
			"'^-?[0-9]{1,19}$'.",
			p->name);
		return -1;
	}
	if (wrong == PROBLEM_OVERFLOW) {
		problem_answer(a, PROBLEM_OVERFLOW, "Parameter '%s' overflowed.", p->name);
		return -1;
	}
	if (p->type == PARAM_TIME && value >= 0) {
		v->number = clock_from_exchange(value);
		value = v->number / MS_US;
	}
	if (value >= p->min && value <= p->max)
		return 0;
	problem_answer(a, PROBLEM_ILLEGAL_PARAM,
		"Data sent for parameter '%s' is not valid: an integer from %" PRId64 " to %" PRId64
		".",
		p->name, p->min, p->max);
	return -1;
}

static int check_choice(const struct param *p, const struct param_value *v, struct answer *a)
{
	if (is_choice(p->choices, v->text, v->len))
		return 0;
	problem_answer(a, PROBLEM_ILLEGAL_PARAM,
		"Data sent for parameter '%s' is not valid: one of %s.", p->name, p->choices);
	return -1;
}

static int check_interval(const struct param *p, const struct param_value *v, struct answer *a)
{
	if (interval_find(v->text) != NULL)
		return 0;
	problem_answer(a, PROBLEM_BAD_INTERVAL, "Parameter '%s': there is no '%.*s'.", p->name,
		NAME_SHOWN, v->text);
	return -1;
}

static int check_zone(const struct param *p, struct param_value *v, struct answer *a)
{
	if (interval_zone(v->text, &v->number) == 0)
		return 0;
	problem_answer(a, PROBLEM_ILLEGAL_PARAM,
		"Data sent for parameter '%s' is not valid: hours or hours:minutes from -12:00 to "
		"14:00.",
		p->name);
	return -1;
}

static bool is_among(const char *name, const char *names, int64_t count)
{
	for (; count > 0; count--, names += strlen(names) + 1)
		if (strcmp(names, name) == 0)
			return true;
	return false;
}

/* Writes the names over their own JSON, which is never shorter. The `PROBLEM_` that stands against it; 0: none. */
static int take_names(const struct param *p, struct param_value *v)
{
	struct json_value rest = {v->text, v->len}, name;
	char *to = v->text, text[NAME_SIZE];

	if (json_scan(v->text, v->len, no_members, NULL) != 0 || !json_scan_is_array(&rest))
		return PROBLEM_ILLEGAL_CHARS;
	v->number = 0;
	while (json_scan_element(&rest, &name)) {
		int len = json_scan_text(&name, text, sizeof(text));

		if (len <= 0 || v->number == p->max)
			return PROBLEM_ILLEGAL_PARAM;
		if (is_among(text, v->text, v->number))
			return PROBLEM_SYMBOL_TWICE;
		memcpy(to, text, (size_t)len + 1);
		to += len + 1;
		v->number++;
	}
	v->len = (size_t)(to - v->text);
	return v->number < p->min ? PROBLEM_ILLEGAL_PARAM : 0;
}

static int check_names(const struct param *p, struct param_value *v, struct answer *a)
{
	int wrong = take_names(p, v);

	if (wrong == PROBLEM_ILLEGAL_CHARS)
		problem_answer(a, PROBLEM_ILLEGAL_CHARS,
			"Illegal characters found in parameter '%s'; legal range is "
			"'^\\[(\"[^\"]+\",?)+\\]$'.",
			p->name);
	else if (wrong == PROBLEM_SYMBOL_TWICE)
		problem_answer(a, PROBLEM_SYMBOL_TWICE,
			"A name is present multiple times in parameter '%s'.", p->name);
	else if (wrong != 0)
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter '%s' is not valid: a JSON array of %" PRId64
			" to %" PRId64 " names of 1 to %d bytes.",
			p->name, p->min, p->max, NAME_SIZE - 1);
	return wrong != 0 ? -1 : 0;
}

static int check(const struct param *p, struct param_value *v, struct answer *a)
{
	if (v->len == 0 && p->type == PARAM_INT_OR_EMPTY && !p->required) {
		*v = (struct param_value){0};
		return 0;
	}
	if (v->len == 0 && (p->required || p->type != PARAM_TEXT || p->min > 0))
		return refuse_empty(p, a);
	switch (p->type) {
	case PARAM_TEXT:
		return check_text(p, v, a);
	case PARAM_INT:
	case PARAM_INT_OR_EMPTY:
	case PARAM_TIME:
		return check_number(p, v, a);
	case PARAM_ENUM:
		return check_choice(p, v, a);
	case PARAM_INTERVAL:
		return check_interval(p, v, a);
	case PARAM_ZONE:
		return check_zone(p, v, a);
	case PARAM_NAMES:
		return check_names(p, v, a);
	}
	return -1;
}

struct parse {
	const struct param *table;
	struct param_values *out;
	struct answer *a;
	char *storage; /* where the next text is decoded to */
};

/* The row of the parameter whose name is `len` bytes at `name`; -1: the answer is filled. */
static int find_row(struct parse *p, const char *name, size_t len)
{
	int row = 0;

	if (decode(p->storage, name, len) < 0) {
		problem_answer(p->a, PROBLEM_UNKNOWN_PARAM,
			"A parameter's name is not valid: '%.*s'.",
			(int)(len < NAME_SHOWN ? len : NAME_SHOWN), name);
		return -1;
	}
	while (p->table[row].name != NULL && strcmp(p->table[row].name, p->storage) != 0)
		row++;
	if (p->table[row].name == NULL) {
		problem_answer(p->a, PROBLEM_UNKNOWN_PARAM, "Unknown parameter '%.*s'.", NAME_SHOWN,
			p->storage);
		return -1;
	}
	if (p->out->v[row].given) {
		problem_answer(p->a, PROBLEM_REPEATED_PARAM,
			"Parameter '%s' was sent more than once.", p->table[row].name);
		return -1;
	}
	return row;
}

/* One name=value of the query. */
static int take(struct parse *p, const char *pair, size_t len)
{
	const char *eq = memchr(pair, '=', len);
	size_t name_len = eq != NULL ? (size_t)(eq - pair) : len;
	int row = find_row(p, pair, name_len);
	int value_len;

	if (row < 0)
		return -1;
	value_len = eq != NULL ? decode(p->storage, eq + 1, len - name_len - 1) : 0;
	if (value_len < 0) {
		problem_answer(p->a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter '%s' is not valid: bad percent-encoding.",
			p->table[row].name);
		return -1;
	}
	p->storage[value_len] = '\0';
	p->out->v[row] =
		(struct param_value){.given = true, .text = p->storage, .len = (size_t)value_len};
	p->storage += value_len + 1;
	return check(&p->table[row], &p->out->v[row], p->a);
}

/* What was not sent: its default, or missing. Defaults are decimal texts or choices that fit their row. */
static int fill(const struct param *table, struct param_values *out, struct answer *a)
{
	for (int row = 0; table[row].name != NULL; row++) {
		struct param_value *v = &out->v[row];

		if (v->given)
			continue;
		if (table[row].required)
			return check(&table[row], v, a);
		if (table[row].default_text == NULL)
			continue;
		v->text = (char *)(uintptr_t)table[row].default_text;
		v->len = strlen(v->text);
		if (check(&table[row], v, a) != 0)
			return -1;
	}
	return 0;
}

int param_parse(
	const struct param *table, const char *query, struct param_values *out, struct answer *a)
{
	struct param_values values = {.storage = malloc(strlen(query) + 2)};
	struct parse p = {table, &values, a, values.storage};

	if (values.storage == NULL) {
		problem_answer(a, PROBLEM_INTERNAL, "no memory for the parameters");
		return -1;
	}
	while (*query != '\0') {
		size_t len = strcspn(query, "&");

		if (len > 0 && take(&p, query, len) != 0)
			goto fail;
		query += len + (query[len] == '&');
	}
	if (fill(table, &values, a) != 0)
		goto fail;
	*out = values;
	return 0;
fail:
	param_values_done(&values);
	return -1;
}

void param_values_done(struct param_values *v)
{
	free(v->storage);
	*v = (struct param_values){0};
}
