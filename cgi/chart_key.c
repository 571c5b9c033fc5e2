#include "chart_key.h"
#include <stdbool.h>
#include <string.h>

#define PIECES_MAX 16

struct piece {
	const char *text;
	size_t len;
};

static bool is_before(const struct piece *a, const struct piece *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->text, b->text, len);

	return order < 0 || (order == 0 && a->len < b->len);
}

/* Puts the pieces in order as they come: there are few, mostly in order already. */
static int split(const char *query, struct piece *out, size_t *count)
{
	size_t n = 0;

	for (const char *at = query; *at != '\0';) {
		struct piece p = {at, strcspn(at, "&")};
		size_t place = n;

		at += p.len + (at[p.len] == '&');
		if (p.len == 0)
			continue;
		if (n == PIECES_MAX)
			return -1;
		for (; place > 0 && is_before(&p, &out[place - 1]); place--)
			out[place] = out[place - 1];
		out[place] = p;
		n++;
	}
	*count = n;
	return 0;
}

/* Whoever takes what comes first gets the same; what others take may decide which form it has. */
static const char *special_accept(const char *accept)
{
	static const char *const plain[] = {"", "*/*", "application/json"};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(accept, plain[i]) == 0)
			return "";
	return accept;
}

size_t chart_key_of(const struct request *rq, char out[CHART_KEY_SIZE])
{
	const char *accept = special_accept(rq->accept);
	struct piece pieces[PIECES_MAX];
	size_t count, len = strlen(rq->path), accept_len = strlen(accept);

	if (rq->time_unit != NULL && rq->time_unit[0] != '\0')
		return 0;
	if (len + strlen(rq->query) + accept_len + 3 > CHART_KEY_SIZE ||
		split(rq->query, pieces, &count) != 0)
		return 0;
	memcpy(out, rq->path, len);
	for (size_t i = 0; i < count; i++) {
		out[len++] = i == 0 ? '?' : '&';
		memcpy(out + len, pieces[i].text, pieces[i].len);
		len += pieces[i].len;
	}
	out[len++] = ' '; /* which stands in no query */
	memcpy(out + len, accept, accept_len + 1);
	return len + accept_len;
}

void chart_key_parse(char *key, struct request *out)
{
	char *accept = strchr(key, ' '), *query = memchr(key, '?', (size_t)(accept - key));

	*accept = '\0';
	if (query)
		*query = '\0';
	out->path = key;
	out->query = query ? query + 1 : "";
	out->accept = accept + 1;
}
