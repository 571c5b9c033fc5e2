#include "fcgi_peek.h"
#include <string.h>

#define VERSION 1
#define BEGIN_REQUEST 1
#define PARAMS 4
#define STDIN 5
#define RESPONDER 1
#define KEEP_CONN 1
#define HEADER 8

struct record {
	int type;
	const unsigned char *content;
	size_t len;
};

struct reader {
	const unsigned char *at, *end;
	uint16_t request_id;
};

/* -1: not a whole record of this request. */
static int next_record(struct reader *r, struct record *out)
{
	size_t left = (size_t)(r->end - r->at), len, padding;

	if (left < HEADER || r->at[0] != VERSION)
		return -1;
	len = (size_t)r->at[4] << 8 | r->at[5];
	padding = r->at[6];
	if (left < HEADER + len + padding || (r->at[2] << 8 | r->at[3]) != r->request_id)
		return -1;
	*out = (struct record){r->at[1], r->at + HEADER, len};
	r->at += HEADER + len + padding;
	return 0;
}

/* All content of the PARAMS stream, one run in `params`; its length, -1: not whole. */
static int join_params(struct reader *r, unsigned char params[FCGI_PEEK_BYTES])
{
	size_t len = 0;
	struct record rec;

	for (;;) {
		if (next_record(r, &rec) != 0 || rec.type != PARAMS)
			return -1;
		if (rec.len == 0)
			return (int)len;
		if (len + rec.len > FCGI_PEEK_BYTES)
			return -1;
		memcpy(params + len, rec.content, rec.len);
		len += rec.len;
	}
}

static int read_length(const unsigned char **at, const unsigned char *end, size_t *out)
{
	const unsigned char *p = *at;

	if (p < end && p[0] < 0x80) {
		*out = p[0];
		*at = p + 1;
		return 0;
	}
	if (end - p < 4)
		return -1;
	*out = (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*at = p + 4;
	return 0;
}

/* Copies a text with its end; NULL: no room, or it holds a zero. */
static const char *keep_text(
	struct fcgi_peek *p, size_t *used, const unsigned char *from, size_t len)
{
	char *out = p->text + *used;

	if (len >= sizeof(p->text) - *used || memchr(from, 0, len) != NULL)
		return NULL;
	memcpy(out, from, len);
	out[len] = '\0';
	*used += len + 1;
	return out;
}

static int split_params(struct fcgi_peek *p, const unsigned char *at, size_t params_len)
{
	const unsigned char *end = at + params_len;
	size_t used = 0;

	while (at < end) {
		size_t name, value;

		if (p->pairs == FCGI_PEEK_PAIRS || read_length(&at, end, &name) != 0 ||
			read_length(&at, end, &value) != 0 || name > (size_t)(end - at) ||
			value > (size_t)(end - at) - name)
			return -1;
		p->names[p->pairs] = keep_text(p, &used, at, name);
		p->values[p->pairs] = keep_text(p, &used, at + name, value);
		if (p->names[p->pairs] == NULL || p->values[p->pairs] == NULL)
			return -1;
		p->pairs++;
		at += name + value;
	}
	return 0;
}

int fcgi_peek_parse(struct fcgi_peek *p, const unsigned char *bytes, size_t len)
{
	unsigned char params[FCGI_PEEK_BYTES];
	struct reader r = {.at = bytes, .end = bytes + len};
	struct record begin, body;
	int params_len;

	p->pairs = 0;
	if (len < HEADER)
		return -1;
	r.request_id = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (next_record(&r, &begin) != 0 || begin.type != BEGIN_REQUEST || begin.len != 8 ||
		(begin.content[0] << 8 | begin.content[1]) != RESPONDER)
		return -1;
	params_len = join_params(&r, params);
	if (params_len < 0 || next_record(&r, &body) != 0 || body.type != STDIN || body.len != 0)
		return -1;
	if (split_params(p, params, (size_t)params_len) != 0)
		return -1;
	p->request_id = r.request_id;
	p->keep = (begin.content[2] & KEEP_CONN) != 0;
	p->len = (size_t)(r.at - bytes);
	return 0;
}

const char *fcgi_peek_get(void *arg, const char *name)
{
	const struct fcgi_peek *p = arg;

	for (size_t i = 0; i < p->pairs; i++)
		if (strcmp(p->names[i], name) == 0)
			return p->values[i];
	return NULL;
}
