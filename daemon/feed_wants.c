#include "feed_wants.h"
#include <stdlib.h>
#include <string.h>

static void add_symbol(struct feed_wants *w, const char *name)
{
	memcpy(w->symbols[w->symbol_count++], name, strlen(name) + 1);
}

static bool is_listed(const struct feed_wants *w, const char *name)
{
	for (size_t i = 0; i < w->symbol_count; i++)
		if (strcmp(w->symbols[i], name) == 0)
			return true;
	return false;
}

/* `taken` has an element for each symbol of the catalog. */
static void add_names(
	struct feed_wants *w, const struct feed_catalog *catalog, bool old, bool *taken)
{
	for (size_t i = 0; i < w->choice->count; i++) {
		const struct feed_choice_entry *entry = &w->choice->entries[i];
		if (entry->out || entry->pattern || !feed_choice_wants(w->choice, entry->name))
			continue;
		const struct feed_catalog_symbol *s =
			catalog ? feed_catalog_find(catalog, entry->name) : NULL;
		if (!s) {
			if ((!catalog || old) && !is_listed(w, entry->name))
				add_symbol(w, entry->name);
		} else if (feed_catalog_is_listed(s) && !taken[s - catalog->symbols]) {
			taken[s - catalog->symbols] = true;
			add_symbol(w, s->name);
		}
	}
}

static void add_matches(struct feed_wants *w, const struct feed_catalog *catalog, bool *taken)
{
	for (size_t i = 0; i < catalog->count; i++) {
		const struct feed_catalog_symbol *s = &catalog->symbols[i];
		if (!taken[i] && feed_catalog_is_listed(s) && feed_choice_wants(w->choice, s->name))
			add_symbol(w, s->name);
	}
}

static int find_symbols(
	struct feed_wants *w, const struct feed_catalog *catalog, bool old, struct err *e)
{
	size_t most = w->choice->count + (catalog ? catalog->count : 0);
	bool *taken = calloc((catalog ? catalog->count : 0) + 1, sizeof(*taken));

	w->symbols = calloc(most + 1, sizeof(*w->symbols));
	if (!taken || !w->symbols) {
		free(taken);
		return err_set(e, "no memory");
	}
	add_names(w, catalog, old, taken);
	if (catalog)
		add_matches(w, catalog, taken);
	free(taken);
	return 0;
}

static int find_wants(struct feed_wants *w, struct err *e)
{
	size_t streams = 0;

	for (int i = 0; i < STREAM_COUNT; i++)
		streams += w->choice->streams[i];
	if (streams * w->symbol_count + w->choice->whole > FEED_WANTS_MAX)
		return err_set(e, "%zu symbols of %zu streams are more than %d subscriptions",
			w->symbol_count, streams, FEED_WANTS_MAX);
	w->all = calloc(streams * w->symbol_count + 1, sizeof(*w->all));
	if (!w->all)
		return err_set(e, "no memory");
	if (w->choice->whole)
		w->all[w->count++].stream = STREAM_MINI_TICKER;
	for (int i = 0; i < STREAM_COUNT; i++)
		for (size_t k = 0; w->choice->streams[i] && k < w->symbol_count; k++) {
			struct feed_want *want = &w->all[w->count++];
			want->stream = (enum stream_kind)i;
			memcpy(want->symbol, w->symbols[k], SYMBOL_SIZE);
		}
	return 0;
}

struct feed_wants *feed_wants_new(const struct feed_choice *c, const struct feed_catalog *catalog,
	bool catalog_is_old, struct err *e)
{
	struct feed_wants *w = calloc(1, sizeof(*w));

	if (!w || !(w->choice = feed_choice_copy(c))) {
		err_set(e, "no memory");
		goto fail;
	}
	w->checked = catalog != NULL;
	if (find_symbols(w, catalog, catalog_is_old, e) == 0 && find_wants(w, e) == 0)
		return w;
fail:
	feed_wants_free(w);
	return NULL;
}

void feed_wants_free(struct feed_wants *w)
{
	if (!w)
		return;
	feed_choice_free(w->choice);
	free(w->symbols);
	free(w->all);
	free(w);
}

const struct feed_choice_entry *feed_wants_fault(const struct feed_choice *c,
	const struct feed_catalog *catalog, size_t *i, const char **status)
{
	while (*i < c->count) {
		const struct feed_choice_entry *entry = &c->entries[(*i)++];
		if (entry->out || entry->pattern || !feed_choice_wants(c, entry->name))
			continue;
		const struct feed_catalog_symbol *s = feed_catalog_find(catalog, entry->name);
		if (s && feed_catalog_is_listed(s))
			continue;
		*status = s ? s->status : NULL;
		return entry;
	}
	return NULL;
}
