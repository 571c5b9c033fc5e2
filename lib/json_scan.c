#include "json_scan.h"
#include "utf8.h"
#include <string.h>

struct scan {
	const unsigned char *at, *end;
	char *result;
	int depth;
};

static int scan_value(struct scan *s);
static int scan_object(struct scan *s, const struct json_wanted *wanted);

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end &&
		(*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

/* True if the next byte is `c`, and steps over it. */
static bool take(struct scan *s, unsigned char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Behind a backslash. */
static int scan_escape(struct scan *s)
{
	if (s->at == s->end)
		return -1;
	unsigned char c = *s->at++;
	if (c != 'u')
		return memchr("\"\\/bfnrt", c, 8) ? 0 : -1;
	for (int i = 0; i < 4; i++, s->at++)
		if (s->at == s->end || hex_digit(*s->at) < 0)
			return -1;
	return 0;
}

/* One character of two to four bytes. */
static int scan_utf8(struct scan *s)
{
	size_t len = utf8_len(s->at, (size_t)(s->end - s->at));

	s->at += len;
	return len ? 0 : -1;
}

/* Behind the opening quote. */
static int scan_string(struct scan *s)
{
	for (;;) {
		const unsigned char *p = s->at;
		while (p < s->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
			p++;
		s->at = p;
		if (p == s->end || *p < 0x20)
			return -1;
		if (*p >= 0x80) {
			if (scan_utf8(s) < 0)
				return -1;
			continue;
		}
		s->at++;
		if (*p == '"')
			return 0;
		if (scan_escape(s) < 0)
			return -1;
	}
}

static int scan_digits(struct scan *s)
{
	const unsigned char *first = s->at;
	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > first ? 0 : -1;
}

static int scan_number(struct scan *s)
{
	take(s, '-');
	if (!take(s, '0') && scan_digits(s) < 0)
		return -1;
	if (take(s, '.') && scan_digits(s) < 0)
		return -1;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			take(s, '-');
		return scan_digits(s);
	}
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return -1;
	s->at += len;
	return 0;
}

/* Behind '['. */
static int scan_array(struct scan *s)
{
	if (++s->depth > JSON_SCAN_DEPTH)
		return -1;
	skip_blanks(s);
	if (!take(s, ']')) {
		do {
			skip_blanks(s);
			if (scan_value(s) < 0)
				return -1;
			skip_blanks(s);
		} while (take(s, ','));
		if (!take(s, ']'))
			return -1;
	}
	s->depth--;
	return 0;
}

static int scan_value(struct scan *s)
{
	if (s->at == s->end)
		return -1;
	switch (*s->at) {
	case '{':
		s->at++;
		return scan_object(s, NULL);
	case '[':
		s->at++;
		return scan_array(s);
	case '"':
		s->at++;
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

static void forget(const struct json_wanted *wanted, char *result)
{
	for (const struct json_wanted *w = wanted; w && w->name; w++) {
		*(struct json_value *)(result + w->offset) = (struct json_value){NULL, 0};
		forget(w->inside, result);
	}
}

static bool is_named(const struct json_wanted *w, const unsigned char *name, size_t len)
{
	return w->name && w->name[0] == (char)name[0] &&
	       strncmp(w->name, (const char *)name, len) == 0 && w->name[len] == '\0';
}

/* `next`: behind the member found last. They mostly come in the list's order. */
static const struct json_wanted *find(const struct json_wanted *wanted,
	const struct json_wanted *next, const unsigned char *name, size_t len)
{
	if (next && is_named(next, name, len))
		return next;
	for (const struct json_wanted *w = wanted; w && w->name; w++)
		if (is_named(w, name, len))
			return w;
	return NULL;
}

/* One value; if it is wanted, its slice is kept. */
static int scan_wanted(struct scan *s, const struct json_wanted *w)
{
	if (!w)
		return scan_value(s);
	const unsigned char *first = s->at;
	forget(w->inside, s->result);
	int failed = w->inside && take(s, '{') ? scan_object(s, w->inside) : scan_value(s);
	if (failed)
		return -1;
	*(struct json_value *)(s->result + w->offset) =
		(struct json_value){(const char *)first, (size_t)(s->at - first)};
	return 0;
}

/* Behind '{'. */
static int scan_object(struct scan *s, const struct json_wanted *wanted)
{
	const struct json_wanted *next = wanted;

	if (++s->depth > JSON_SCAN_DEPTH)
		return -1;
	skip_blanks(s);
	if (!take(s, '}')) {
		do {
			skip_blanks(s);
			if (!take(s, '"'))
				return -1;
			const unsigned char *name = s->at;
			if (scan_string(s) < 0)
				return -1;
			size_t name_len = (size_t)(s->at - name) - 1;
			skip_blanks(s);
			if (!take(s, ':'))
				return -1;
			skip_blanks(s);
			const struct json_wanted *w = find(wanted, next, name, name_len);
			if (scan_wanted(s, w) < 0)
				return -1;
			if (w)
				next = w + 1;
			skip_blanks(s);
		} while (take(s, ','));
		if (!take(s, '}'))
			return -1;
	}
	s->depth--;
	return 0;
}

static int scan_text(struct scan *s, const struct json_wanted *wanted)
{
	skip_blanks(s);
	if ((take(s, '{') ? scan_object(s, wanted) : scan_value(s)) < 0)
		return -1;
	skip_blanks(s);
	return s->at == s->end ? 0 : -1;
}

int json_scan(const char *text, size_t len, const struct json_wanted *wanted, void *result)
{
	struct scan s = {.at = (const unsigned char *)text,
		.end = (const unsigned char *)text + len,
		.result = result};

	forget(wanted, result);
	return scan_text(&s, wanted);
}

size_t json_scan_stop(const char *text, size_t len)
{
	struct scan s = {
		.at = (const unsigned char *)text, .end = (const unsigned char *)text + len};

	return scan_text(&s, NULL) == 0 ? len : (size_t)(s.at - (const unsigned char *)text);
}

bool json_scan_element(struct json_value *rest, struct json_value *element)
{
	if (!rest->at)
		return false;
	struct scan s = {.at = (const unsigned char *)rest->at,
		.end = (const unsigned char *)rest->at + rest->len};

	skip_blanks(&s);
	if (!take(&s, '[') && !take(&s, ','))
		return false;
	skip_blanks(&s);
	const unsigned char *first = s.at;
	if (scan_value(&s) < 0)
		return false;
	*element = (struct json_value){(const char *)first, (size_t)(s.at - first)};
	*rest = (struct json_value){(const char *)s.at, (size_t)(s.end - s.at)};
	return true;
}

bool json_scan_is_object(const struct json_value *v)
{
	return v->at && v->at[0] == '{';
}

bool json_scan_is_array(const struct json_value *v)
{
	return v->at && v->at[0] == '[';
}

bool json_scan_is_string(const struct json_value *v)
{
	return v->at && v->at[0] == '"';
}

bool json_scan_equals(const struct json_value *v, const char *text)
{
	size_t len = strlen(text);
	return json_scan_is_string(v) && v->len == len + 2 && memcmp(v->at + 1, text, len) == 0;
}

int json_scan_int(const struct json_value *v, int64_t *out)
{
	if (!v->at)
		return -1;
	const char *p = v->at, *end = v->at + v->len;
	bool negative = *p == '-';
	int64_t value = 0;

	for (p += negative; p < end; p++) {
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, *p - '0', &value))
			return -1;
	}
	/* Gathered as a negative number, whose range is the greater one. */
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -1;
	*out = value;
	return 0;
}

static long hex4(const char *p)
{
	long value = 0;
	for (int i = 0; i < 4; i++)
		value = value * 16 + hex_digit((unsigned char)p[i]);
	return value;
}

/* The character of the \u escape at `*p` (behind the u), both halves of a pair; -1: none that UTF-8 can hold. */
static long escaped_character(const char **p, const char *end)
{
	long c = hex4(*p);
	*p += 4;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
			return -1;
		long low = hex4(*p + 2);
		*p += 6;
		return low >= 0xdc00 && low <= 0xdfff
			       ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
			       : -1;
	}
	return (c >= 0xdc00 && c <= 0xdfff) || c == 0 ? -1 : c;
}

static size_t utf8_encode(long c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
	for (size_t i = more; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[more] | c);
	return more + 1;
}

int json_scan_text(const struct json_value *v, char *out, size_t size)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	if (!json_scan_is_string(v))
		return -1;
	const char *p = v->at + 1, *end = v->at + v->len - 1;
	size_t len = 0;

	while (p < end) {
		char bytes[4] = {*p++};
		size_t count = 1;
		if (bytes[0] == '\\') {
			char name = *p++;
			if (name == 'u') {
				long c = escaped_character(&p, end);
				if (c < 0)
					return -1;
				count = utf8_encode(c, bytes);
			} else {
				for (const char *e = escapes; *e; e += 2)
					if (*e == name)
						bytes[0] = e[1];
			}
		}
		if (len + count >= size)
			return -1;
		memcpy(out + len, bytes, count);
		len += count;
	}
	out[len] = '\0';
	return (int)len;
}
