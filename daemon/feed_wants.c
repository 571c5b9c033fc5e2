#include "feed_wants.h"
#include <stdlib.h>
#include <string.h>

static int read_streams(struct feed_wants *w, const struct settings *s, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = settings_item(s, "feed", "streams", i)); i++) {
		const struct stream *stream = stream_find(name);
		if (!stream)
			return err_set(e, "feed.streams: there is no stream '%s'", name);
		w->streams[stream->kind] = true;
	}
	return 0;
}

static bool is_repeated(const struct settings *s, size_t index)
{
	const char *symbol = settings_item(s, "feed", "symbols", index);
	for (size_t i = 0; i < index; i++)
		if (strcmp(settings_item(s, "feed", "symbols", i), symbol) == 0)
			return true;
	return false;
}

static int add_symbols(
	struct feed_wants *w, const struct settings *s, enum stream_kind stream, struct err *e)
{
	const char *symbol;

	for (size_t i = 0; (symbol = settings_item(s, "feed", "symbols", i)); i++) {
		size_t len = strlen(symbol);
		if (len == 0 || len >= SYMBOL_SIZE)
			return err_set(e, "feed.symbols: '%s' is no text of 1 to %d bytes", symbol,
				SYMBOL_SIZE - 1);
		if (!is_repeated(s, i))
			w->all[w->count++] = (struct feed_want){stream, symbol};
	}
	return 0;
}

int feed_wants_init(struct feed_wants *w, const struct settings *s, struct err *e)
{
	size_t symbols = 0;

	*w = (struct feed_wants){.all = NULL};
	if (read_streams(w, s, e) < 0)
		return -1;
	while (settings_item(s, "feed", "symbols", symbols))
		symbols++;
	w->all = calloc(symbols * STREAM_COUNT + 1, sizeof(*w->all));
	if (!w->all)
		return err_set(e, "no memory");
	for (int i = 0; i < STREAM_COUNT; i++)
		if (w->streams[i] && add_symbols(w, s, (enum stream_kind)i, e) < 0)
			goto fail;
	if (w->count)
		return 0;
	err_set(e, "feed.symbols and feed.streams: nothing to collect");
fail:
	feed_wants_done(w);
	return -1;
}

void feed_wants_done(struct feed_wants *w)
{
	free(w->all);
	w->all = NULL;
}
