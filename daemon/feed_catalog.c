#include "feed_catalog.h"
#include "json_scan.h"
#include <stdlib.h>
#include <string.h>

struct info {
	struct json_value symbols;
};
struct symbol_members {
	struct json_value name, status;
};

static const struct json_wanted info_members[] = {
	{"symbols", offsetof(struct info, symbols), NULL}, {NULL, 0, NULL}};
static const struct json_wanted symbol_members[] = {
	{"symbol", offsetof(struct symbol_members, name), NULL},
	{"status", offsetof(struct symbol_members, status), NULL}, {NULL, 0, NULL}};

static int by_name(const void *a, const void *b)
{
	const struct feed_catalog_symbol *left = a, *right = b;
	return strcmp(left->name, right->name);
}

/* 0 also for one that can't be a symbol of ours. */
static int add(struct feed_catalog *c, const struct json_value *element, struct err *e)
{
	struct symbol_members m;
	struct feed_catalog_symbol symbol;

	if (json_scan(element->at, element->len, symbol_members, &m) < 0 ||
		json_scan_text(&m.name, symbol.name, sizeof(symbol.name)) <= 0 ||
		json_scan_text(&m.status, symbol.status, sizeof(symbol.status)) < 0)
		return 0;
	if (c->count == FEED_CATALOG_MAX)
		return err_set(e, "more than %d symbols", FEED_CATALOG_MAX);
	/* Doubled whenever a power of two is full. */
	if ((c->count & (c->count - 1)) == 0) {
		size_t room = c->count ? 2 * c->count : 1;
		void *more = realloc(c->symbols, room * sizeof(*c->symbols));
		if (!more)
			return err_set(e, "no memory");
		c->symbols = more;
	}
	c->symbols[c->count++] = symbol;
	return 0;
}

struct feed_catalog *feed_catalog_new(const char *json, size_t len, struct err *e)
{
	struct feed_catalog *c = calloc(1, sizeof(*c));
	struct info info;
	struct json_value element;

	if (!c) {
		err_set(e, "no memory");
		return NULL;
	}
	if (json_scan(json, len, info_members, &info) < 0) {
		err_set(e, "the list of symbols is not JSON");
		goto fail;
	}
	while (json_scan_element(&info.symbols, &element))
		if (add(c, &element, e) < 0)
			goto fail;
	if (c->count == 0) {
		err_set(e, "no symbols in the exchange's list");
		goto fail;
	}
	qsort(c->symbols, c->count, sizeof(*c->symbols), by_name);
	return c;
fail:
	feed_catalog_free(c);
	return NULL;
}

void feed_catalog_free(struct feed_catalog *c)
{
	if (!c)
		return;
	free(c->symbols);
	free(c);
}

const struct feed_catalog_symbol *feed_catalog_find(const struct feed_catalog *c, const char *name)
{
	size_t first = 0, end = c->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		int order = strcmp(name, c->symbols[middle].name);
		if (order == 0)
			return &c->symbols[middle];
		if (order < 0)
			end = middle;
		else
			first = middle + 1;
	}
	return NULL;
}

bool feed_catalog_is_listed(const struct feed_catalog_symbol *s)
{
	return strcmp(s->status, "TRADING") == 0 || strcmp(s->status, "HALT") == 0;
}
