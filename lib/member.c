#include "member.h"
#include "utf8.h"
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 4
#define NAME_SIZE 32

struct json_object *member_root(
	struct json_tokener *tokener, const char *json, size_t len, struct err *e)
{
	if (len > INT_MAX) {
		err_set(e, "JSON of %zu bytes is too long", len);
		return NULL;
	}
	json_tokener_reset(tokener);
	struct json_object *root = json_tokener_parse_ex(tokener, json, (int)len);
	enum json_tokener_error why = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	if (why == json_tokener_continue)
		err_set(e, "JSON ends early");
	else if (why != json_tokener_success)
		err_set(e, "no JSON at byte %zu: %s", end, json_tokener_error_desc(why));
	else if (end != len)
		err_set(e, "bytes behind the JSON, at byte %zu", end);
	else if (!json_object_is_type(root, json_type_object))
		err_set(e, "JSON, but no object");
	else
		return root;
	json_object_put(root);
	return NULL;
}

int member_parse(const char *json, size_t len, int (*read)(const struct members *m, void *out),
	void *out, struct err *e)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct members m = {NULL, "", e};
	int rc = -1;

	if (!tokener)
		return err_set(e, "no memory to parse JSON");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	m.object = member_root(tokener, json, len, e);
	if (m.object)
		rc = read(&m, out);
	json_object_put(m.object);
	json_tokener_free(tokener);
	return rc;
}

bool member_exists(const struct members *m, const char *name)
{
	return json_object_object_get_ex(m->object, name, NULL);
}

static int wrong(const struct members *m, const char *name, const char *what)
{
	return err_set(m->e, "member '%s%s' is %s", m->path, name, what);
}

/* The member's value, of that type. NULL: said why. */
static struct json_object *find(
	const struct members *m, const char *name, enum json_type type, const char *not_it)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(m->object, name, &value)) {
		wrong(m, name, "missing");
		return NULL;
	}
	if (!json_object_is_type(value, type)) {
		wrong(m, name, not_it);
		return NULL;
	}
	return value;
}

int member_int(const struct members *m, const char *name, int64_t *out)
{
	struct json_object *value = find(m, name, json_type_int, "no integer");

	if (!value)
		return -1;
	/* json-c cuts what does not fit to the greatest or least number. */
	int64_t number = json_object_get_int64(value);
	if (number == INT64_MIN || json_object_get_uint64(value) > INT64_MAX)
		return wrong(m, name, "out of range");
	*out = number;
	return 0;
}

int member_double(const struct members *m, const char *name, double *out)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(m->object, name, &value))
		return wrong(m, name, "missing");
	if (!json_object_is_type(value, json_type_double) &&
		!json_object_is_type(value, json_type_int))
		return wrong(m, name, "no number");
	*out = json_object_get_double(value);
	return 0;
}

bool member_is_text(struct json_object *value, size_t size)
{
	if (!json_object_is_type(value, json_type_string))
		return false;
	const unsigned char *text = (const unsigned char *)json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);
	if (len == 0 || len >= size)
		return false;
	/* json-c lets surrogates pass; PostgreSQL would refuse the row, and with it the batch. */
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_len(text + i, len - i);
		if (n == 0 || text[i] < ' ' || text[i] == 0x7f)
			return false;
	}
	return true;
}

int member_text(const struct members *m, const char *name, char *out, size_t size)
{
	struct json_object *value = find(m, name, json_type_string, "no string");

	if (!value)
		return -1;
	if (!member_is_text(value, size))
		return wrong(m, name, "empty, too long, no UTF-8 or has control characters");
	size_t len = (size_t)json_object_get_string_len(value);
	memcpy(out, json_object_get_string(value), len);
	out[len] = '\0';
	return 0;
}

/* "begin, alive or ended" */
static void list_names(const char *const *names, size_t count, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
			i == 0           ? ""
			: i + 1 == count ? " or "
					 : ", ",
			names[i]);
}

int member_choice(
	const struct members *m, const char *name, const char *const *names, size_t count, int *out)
{
	char text[NAME_SIZE], all[ERR_TEXT_SIZE / 2];

	if (member_text(m, name, text, sizeof(text)) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (int)i;
			return 0;
		}
	}
	list_names(names, count, all, sizeof(all));
	return err_set(m->e, "member '%s%s' is '%s', not %s", m->path, name, text, all);
}

int member_array(const struct members *m, const char *name, struct json_object **out)
{
	struct json_object *value = find(m, name, json_type_array, "no array");

	if (!value)
		return -1;
	*out = value;
	return 0;
}
