#include "rest_param.h"
#include "interval.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rest_error(struct rest_answer *a, int status, int code, const char *message)
{
	a->status = status;
	buf_reset(&a->body);
	buf_printf(&a->body, "{\"code\":%d,\"msg\":", code);
	buf_add_json(&a->body, message, strlen(message));
	buf_add_char(&a->body, '}');
	return -1;
}

void rest_html(struct rest_answer *a, int status)
{
	a->status = status;
	a->html = true;
	buf_reset(&a->body);
	buf_printf(&a->body, "<html><head><title>%d</title></head><body>%d</body></html>", status,
		status);
}

static int name_error(struct rest_answer *a, int code, const char *format, const char *name)
{
	char message[256];

	snprintf(message, sizeof(message), format, name);
	return rest_error(a, 400, code, message);
}

int rest_params_check(
	const struct rest_request *r, const char *const *allowed, struct rest_answer *a)
{
	for (size_t i = 0; i < r->count; i++) {
		size_t known = 0;

		while (allowed[known] && strcmp(allowed[known], r->params[i].name) != 0)
			known++;
		if (!allowed[known])
			return name_error(a, -1101,
				"Too many parameters; '%.80s' is not one of this request.",
				r->params[i].name);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(r->params[i].name, r->params[k].name) == 0)
				return name_error(a, -1101,
					"Duplicate values for parameter '%.80s'.",
					r->params[i].name);
		}
	}
	return 0;
}

const char *rest_param(const struct rest_request *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->params[i].name, name) == 0)
			return r->params[i].value;
	}
	return NULL;
}

int rest_param_text(
	const struct rest_request *r, const char *name, const char **out, struct rest_answer *a)
{
	const char *value = rest_param(r, name);

	if (!value || !*value)
		return name_error(a, -1102,
			"Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
			name);
	*out = value;
	return 0;
}

int rest_param_integer(
	const struct rest_request *r, const char *name, int64_t *out, struct rest_answer *a)
{
	const char *value = rest_param(r, name);

	if (!value)
		return 0;
	if (!*value)
		return name_error(a, -1105, "Parameter '%s' was empty.", name);
	for (size_t i = 0; value[i]; i++) {
		if (!isdigit((unsigned char)value[i]) || i == 20)
			return name_error(a, -1100,
				"Illegal characters found in parameter '%s'; legal range is "
				"'^[0-9]{1,20}$'.",
				name);
	}
	if (strlen(value) > 18)
		return name_error(a, -1108, "Parameter '%s' overflowed.", name);
	*out = strtoll(value, NULL, 10);
	return 0;
}

int rest_param_zone(
	const struct rest_request *r, const char *name, int64_t *out_us, struct rest_answer *a)
{
	const char *value = rest_param(r, name);

	if (value && interval_zone(value, out_us) != 0)
		return name_error(a, -1130, "Data sent for parameter '%s' is not valid.", name);
	return 0;
}
