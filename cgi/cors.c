#include "cors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_SIZE 400
#define EXPOSED "Access-Control-Expose-Headers: ETag, Retry-After\r\n"
#define VARIES "Vary: Origin\r\n"

struct cors {
	bool all;
	size_t count;
	struct {
		const char *origin; /* within lines */
		size_t len;
		char lines[LINES_SIZE];
	} v[];
};

static const char allow[] = "Access-Control-Allow-Origin: ";

/* scheme://host[:port] and nothing behind it: what a browser sends. */
static bool is_origin(const char *text)
{
	const char *host = strstr(text, "://");

	if (host == NULL || host == text || strlen(text) > 255)
		return false;
	host += 3;
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"\\,;<>@?#*", *p) != NULL)
			return false;
	return *host != '\0' && strchr(host, '/') == NULL;
}

static int add(struct cors *c, const char *origin, struct err *e)
{
	if (strcmp(origin, "*") == 0) {
		c->all = true;
		return 0;
	}
	if (!is_origin(origin))
		return err_set(e,
			"web.cors: '%.100s' is no origin: scheme://host[:port], or * alone",
			origin);
	c->v[c->count].len = strlen(origin);
	snprintf(c->v[c->count].lines, LINES_SIZE, "%s%s\r\n" EXPOSED VARIES, allow, origin);
	c->v[c->count].origin = c->v[c->count].lines + sizeof(allow) - 1;
	c->count++;
	return 0;
}

int cors_new(const struct settings *s, struct cors **out, struct err *e)
{
	struct cors *c;
	size_t count = 0;

	*out = NULL;
	while (settings_item(s, "web", "cors", count) != NULL)
		count++;
	if (count == 0)
		return 0;
	c = calloc(1, sizeof(*c) + count * sizeof(c->v[0]));
	if (c == NULL)
		return err_set(e, "no memory for %zu origins", count);
	for (size_t i = 0; i < count; i++) {
		if (add(c, settings_item(s, "web", "cors", i), e) != 0) {
			cors_free(c);
			return -1;
		}
	}
	*out = c;
	return 0;
}

void cors_free(struct cors *c)
{
	free(c);
}

const char *cors_lines(const struct cors *c, const char *origin)
{
	size_t len = strlen(origin);

	if (c == NULL)
		return NULL;
	if (c->all)
		return "Access-Control-Allow-Origin: *\r\n" EXPOSED;
	for (size_t i = 0; i < c->count; i++)
		if (c->v[i].len == len && memcmp(c->v[i].origin, origin, len) == 0)
			return c->v[i].lines;
	return VARIES;
}

bool cors_preflight(const struct cors *c, const struct request *rq, struct answer *a)
{
	if (c == NULL || strcmp(rq->method, "OPTIONS") != 0)
		return false;
	a->status = 204;
	snprintf(a->headers, sizeof(a->headers),
		"Allow: GET, HEAD, OPTIONS\r\n"
		"Access-Control-Allow-Methods: GET, HEAD\r\n"
		"Access-Control-Allow-Headers: If-None-Match, Last-Event-ID, Prefer, "
		"X-MBX-TIME-UNIT\r\n"
		"Access-Control-Max-Age: 86400\r\n");
	return true;
}
