#include "json_slice.h"
#include <ctype.h>
#include <string.h>

static const char *blanks_skip(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* `at` is behind the opening quote; returns the closing quote, NULL if there is none. */
static const char *string_end(const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '"')
			return at;
	}
	return NULL;
}

/* Returns the byte behind the value that begins at `at`, NULL if it does not end. */
static const char *value_end(const char *at, const char *end)
{
	int depth = 0;

	for (; at < end; at++) {
		if (*at == '"') {
			at = string_end(at + 1, end);
			if (!at)
				return NULL;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']' || *at == ',') {
			if (depth == 0)
				return at;
			depth -= *at != ',';
			if (depth == 0 && *at != ',')
				return at + 1;
		}
	}
	return NULL;
}

static bool begin(struct json_members *m, struct slice value, char bracket)
{
	if (!value.data)
		return false;
	m->end = value.data + value.len;
	m->at = blanks_skip(value.data, m->end);
	if (m->at == m->end || *m->at != bracket)
		return false;
	m->at++;
	return true;
}

/* The value at `at`; then `m` stands behind it. */
static bool value_take(struct json_members *m, const char *at, struct slice *value)
{
	const char *stop = value_end(at, m->end);

	if (!stop)
		return false;
	m->at = stop;
	while (stop > at && isspace((unsigned char)stop[-1]))
		stop--;
	*value = (struct slice){at, (size_t)(stop - at)};
	return stop > at;
}

bool json_members_begin(struct json_members *m, struct slice object)
{
	return begin(m, object, '{');
}

bool json_elements_begin(struct json_members *m, struct slice array)
{
	return begin(m, array, '[');
}

bool json_elements_next(struct json_members *m, struct slice *value)
{
	const char *at = blanks_skip(m->at, m->end);

	if (at < m->end && *at == ',')
		at = blanks_skip(at + 1, m->end);
	return at < m->end && *at != ']' && value_take(m, at, value);
}

bool json_members_next(struct json_members *m, struct slice *key, struct slice *value)
{
	const char *at = blanks_skip(m->at, m->end), *stop;

	if (at < m->end && *at == ',')
		at = blanks_skip(at + 1, m->end);
	if (at == m->end || *at != '"')
		return false;
	stop = string_end(at + 1, m->end);
	if (!stop)
		return false;
	*key = (struct slice){at + 1, (size_t)(stop - at - 1)};
	at = blanks_skip(stop + 1, m->end);
	if (at == m->end || *at != ':')
		return false;
	return value_take(m, blanks_skip(at + 1, m->end), value);
}

struct slice json_member(struct slice object, const char *name)
{
	struct json_members m;
	struct slice key, value;

	if (json_members_begin(&m, object)) {
		while (json_members_next(&m, &key, &value)) {
			if (slice_is(key, name))
				return value;
		}
	}
	return (struct slice){NULL, 0};
}

struct slice json_string(struct slice value)
{
	if (value.len < 2 || value.data[0] != '"' || value.data[value.len - 1] != '"' ||
		memchr(value.data, '\\', value.len))
		return (struct slice){NULL, 0};
	return (struct slice){value.data + 1, value.len - 2};
}

bool json_integer(struct slice value, int64_t *out)
{
	size_t i = 0;
	int64_t n = 0;
	bool negative = value.len > 0 && value.data[0] == '-';

	i = negative;
	if (value.len == i || value.len - i > 18)
		return false;
	for (; i < value.len; i++) {
		if (!isdigit((unsigned char)value.data[i]))
			return false;
		n = n * 10 + (value.data[i] - '0');
	}
	*out = negative ? -n : n;
	return true;
}

bool slice_is(struct slice s, const char *text)
{
	return s.data && strlen(text) == s.len && memcmp(s.data, text, s.len) == 0;
}
