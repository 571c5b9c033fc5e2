#include "setting.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int setting_value_init(struct setting_value *out, const char *key, const char *old,
	const char *text, const struct setting_place *at)
{
	struct setting_value v = {.source = at->source};

	memcpy(v.where, at->where, sizeof(v.where));
	v.key = key ? strdup(key) : NULL;
	if (!old)
		v.text = strdup(text);
	else if (asprintf(&v.text, "%s,%s", old, text) < 0)
		v.text = NULL;
	if (!v.text || (key && !v.key)) {
		setting_value_done(&v);
		return -1;
	}
	*out = v;
	return 0;
}

void setting_value_done(struct setting_value *v)
{
	free(v->key);
	free(v->text);
	free(v->items);
	*v = (struct setting_value){0};
}

/* Splits at commas, drops blanks around the elements, and empty elements. NULL: no memory. */
static char **split(const char *text)
{
	size_t len = strlen(text), most = len / 2 + 2, n = 0;
	char **items = malloc(most * sizeof(*items) + len + 1);

	if (!items)
		return NULL;
	char *p = (char *)(items + most);
	memcpy(p, text, len + 1);
	for (char *comma = p; comma; p = comma + 1) {
		comma = strchr(p, ',');
		char *end = comma ? comma : p + strlen(p);
		while (p < end && isspace((unsigned char)*p))
			p++;
		while (end > p && isspace((unsigned char)end[-1]))
			end--;
		*end = '\0';
		if (*p)
			items[n++] = p;
		if (!comma)
			break;
	}
	items[n] = NULL;
	return items;
}

static bool is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);

	for (const char *p = choices; len; p += strcspn(p, "|") + 1) {
		size_t n = strcspn(p, "|");
		if (n == len && memcmp(p, text, n) == 0)
			return true;
		if (!p[n])
			return false;
	}
	return false;
}

static bool is_in_class(const char *class, char c)
{
	for (const char *p = class; *p; p += p[1] == '-' && p[2] ? 3 : 1)
		if (p[1] == '-' && p[2] ? c >= p[0] && c <= p[2] : c == *p)
			return true;
	return false;
}

static int check_name(const char *text, const struct setting *row, struct err *e)
{
	size_t len = 0;

	while (text[len] && is_in_class(row->choices, text[len]))
		len++;
	if (!text[len] && (double)len >= row->min && (double)len <= row->max)
		return 0;
	return err_set(e, "'%s' is not %.15g to %.15g of the characters %s", text, row->min,
		row->max, row->choices);
}

static int check_range(const struct setting *row, double number, struct err *e)
{
	if (number >= row->min && number <= row->max)
		return 0;
	return err_set(e, "'%.15g' is not in %.15g..%.15g", number, row->min, row->max);
}

static int parse_int(struct setting_value *v, const struct setting *row, struct err *e)
{
	char *end;

	errno = 0;
	v->number = strtoll(v->text, &end, 10);
	if (end == v->text || *end || isspace((unsigned char)v->text[0]))
		return err_set(e, "'%s' is not a whole number", v->text);
	if (errno == ERANGE)
		return err_set(e, "'%s' is too large", v->text);
	return check_range(row, (double)v->number, e);
}

static int parse_float(struct setting_value *v, const struct setting *row, struct err *e)
{
	char *end;

	v->real = strtod(v->text, &end);
	if (end == v->text || *end || isspace((unsigned char)v->text[0]) || !isfinite(v->real))
		return err_set(e, "'%s' is not a number", v->text);
	return check_range(row, v->real, e);
}

int setting_value_parse(struct setting_value *v, const struct setting *row, struct err *e)
{
	switch (row->type) {
	case SETTING_TEXT:
	case SETTING_SECRET:
		if (row->choices && !is_choice(row->choices, v->text))
			return err_set(e, "'%s' is none of %s", v->text, row->choices);
		return 0;
	case SETTING_NAME:
		return check_name(v->text, row, e);
	case SETTING_INT:
		return parse_int(v, row, e);
	case SETTING_BOOL:
		v->number = strcmp(v->text, "yes") == 0;
		if (!v->number && strcmp(v->text, "no") != 0)
			return err_set(e, "'%s' is neither yes nor no", v->text);
		return 0;
	case SETTING_FLOAT:
		return parse_float(v, row, e);
	case SETTING_LIST:
		v->items = split(v->text);
		return v->items ? 0 : err_set(e, "no memory");
	}
	return err_set(e, "the table has a row of an unknown type");
}
