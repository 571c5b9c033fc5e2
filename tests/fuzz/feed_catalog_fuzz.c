/* Whatever exchangeInfo answers: a list of symbols in order, each found by its name, or none and the reason. */
#include "daemon/feed_catalog.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *json = malloc(len ? len : 1); /* ends where the answer ends, for the sanitizer */
	struct err e = {""};

	memcpy(json, data, len);
	struct feed_catalog *c = feed_catalog_new(json, len, &e);
	if (!c && !e.text[0])
		abort();
	for (size_t i = 0; c && i < c->count; i++) {
		const struct feed_catalog_symbol *s = &c->symbols[i];
		const struct feed_catalog_symbol *found = feed_catalog_find(c, s->name);
		if (!s->name[0] || strnlen(s->name, sizeof(s->name)) == sizeof(s->name) ||
			strnlen(s->status, sizeof(s->status)) == sizeof(s->status) || !found ||
			strcmp(found->name, s->name) != 0)
			abort();
		feed_catalog_is_listed(s);
		if (i > 0 && strcmp(s[-1].name, s->name) > 0)
			abort();
	}
	feed_catalog_free(c);
	free(json);
	return 0;
}
