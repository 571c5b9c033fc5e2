#include "field.h"
#include <string.h>

static int wrong(const struct fields *f, const char *name, const char *what)
{
	return err_set(f->e, "member '%s%s' is %s", f->path, name, what);
}

static const struct json_value *value_of(const struct fields *f, const char *name)
{
	return &f->values->of[name[0] - 'A'];
}

bool field_exists(const struct fields *f, const char *name)
{
	return value_of(f, name)->at != NULL;
}

/* Digits with or without a minus: a number without fraction and exponent. */
static bool is_integer(const struct json_value *v)
{
	size_t first = v->at[0] == '-', i = first;

	while (i < v->len && v->at[i] >= '0' && v->at[i] <= '9')
		i++;
	return i == v->len && i > first;
}

int field_int(const struct fields *f, const char *name, int64_t *out)
{
	const struct json_value *v = value_of(f, name);

	if (!v->at)
		return wrong(f, name, "missing");
	if (json_scan_int(v, out) == 0)
		return 0;
	return wrong(f, name, is_integer(v) ? "out of range" : "no integer");
}

int field_bool(const struct fields *f, const char *name, bool *out)
{
	const struct json_value *v = value_of(f, name);

	if (!v->at)
		return wrong(f, name, "missing");
	if (*v->at != 't' && *v->at != 'f')
		return wrong(f, name, "neither true nor false");
	*out = *v->at == 't';
	return 0;
}

int field_decimal(const struct fields *f, const char *name, struct decimal *out)
{
	const struct json_value *v = value_of(f, name);
	struct decimal d;

	if (!v->at)
		return wrong(f, name, "missing");
	if (!json_scan_is_string(v))
		return wrong(f, name, "no decimal in a string");
	if (decimal_parse(&d, v->at + 1, v->len - 2) != 0)
		return wrong(f, name, "no decimal");
	if (d.units < 0)
		return wrong(f, name, "negative");
	*out = d;
	return 0;
}

int field_text(const struct fields *f, const char *name, char *out, size_t size)
{
	const struct json_value *v = value_of(f, name);

	if (!v->at)
		return wrong(f, name, "missing");
	if (!json_scan_is_string(v))
		return wrong(f, name, "no string");
	int len = json_scan_text(v, out, size);
	for (int i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			len = -1;
	if (len <= 0)
		return wrong(f, name, "empty, too long, no UTF-8 or has control characters");
	return 0;
}

int field_object(const struct fields *f, const char *name)
{
	const struct json_value *v = value_of(f, name);

	if (!v->at)
		return wrong(f, name, "missing");
	return json_scan_is_object(v) ? 0 : wrong(f, name, "no object");
}
