#include "rest_answer_head.h"
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_MAX_S (30LL * 86400)

void rest_answer_head_reset(struct rest_answer_head *h)
{
	*h = (struct rest_answer_head){.used_weight = -1};
}

/* A whole number without sign up to the end, blanks around it. -1: none. */
static int64_t number(const char *p, const char *end, int64_t most)
{
	int64_t n = 0;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && strchr(" \t\r\n", end[-1]))
		end--;
	if (p == end)
		return -1;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		n = n * 10 + (*p - '0');
		if (n > most)
			return most;
	}
	return n;
}

static bool is(const char *line, size_t name_len, const char *name)
{
	return name_len == strlen(name) && strncasecmp(line, name, name_len) == 0;
}

void rest_answer_head_line(struct rest_answer_head *h, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len;
	size_t name_len = colon ? (size_t)(colon - line) : 0;
	int64_t n;

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
		rest_answer_head_reset(h);
	if (!colon)
		return;
	n = number(
		colon + 1, end, is(line, name_len, "retry-after") ? RETRY_AFTER_MAX_S : INT32_MAX);
	if (n < 0)
		return;
	if (is(line, name_len, "x-mbx-used-weight-1m") ||
		(is(line, name_len, "x-mbx-used-weight") && h->used_weight < 0))
		h->used_weight = (int)n;
	else if (is(line, name_len, "retry-after"))
		h->retry_after_s = n;
}
