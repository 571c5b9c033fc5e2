#include "feed_choice.h"
#include "feed_frame.h"
#include "utf8.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool feed_choice_matches(const char *pattern, const char *symbol)
{
	const char *star = NULL, *from = NULL;

	while (*symbol) {
		if (*pattern == '*') {
			star = pattern++;
			from = symbol;
		} else if (*pattern == *symbol) {
			pattern++;
			symbol++;
		} else if (star) {
			/* What the last star stands for is one character longer. */
			pattern = star + 1;
			symbol = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool feed_choice_wants(const struct feed_choice *c, const char *symbol)
{
	for (size_t i = c->count; i > 0; i--)
		if (feed_choice_matches(c->entries[i - 1].name, symbol))
			return !c->entries[i - 1].out;
	return false;
}

bool feed_choice_has_stream(const struct feed_choice *c, enum stream_kind stream)
{
	return c->streams[stream] || (c->whole && stream == STREAM_MINI_TICKER);
}

int feed_choice_entry_read(struct feed_choice_entry *out, const char *text, struct err *e)
{
	struct feed_choice_entry entry = {.out = false};

	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	if (len && *text == '-') {
		entry.out = true;
		text++;
		len--;
	}
	if (len == 0 || len >= SYMBOL_SIZE)
		return err_set(
			e, "'%.*s' is no text of 1 to %d bytes", (int)len, text, SYMBOL_SIZE - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("\"\\/,", text[i]))
			return err_set(
				e, "'%.*s' holds a character that no symbol has", (int)len, text);
	for (size_t i = 0, n; i < len; i += n)
		if (!(n = utf8_len((const unsigned char *)text + i, len - i)))
			return err_set(e, "a symbol that is not UTF-8");
	memcpy(entry.name, text, len);
	entry.pattern = strchr(entry.name, '*') != NULL;
	*out = entry;
	return 0;
}

int feed_choice_add(struct feed_choice *c, const struct feed_choice_entry *entry, struct err *e)
{
	if (c->count == FEED_CHOICE_ENTRIES_MAX)
		return err_set(e, "more than %d symbols and patterns", FEED_CHOICE_ENTRIES_MAX);
	struct feed_choice_entry *more = realloc(c->entries, (c->count + 1) * sizeof(*more));
	if (!more)
		return err_set(e, "no memory");
	c->entries = more;
	more[c->count++] = *entry;
	return 0;
}

int feed_choice_line_read(struct feed_choice_entry *out, char *line, struct err *e)
{
	line[strcspn(line, "#\n")] = '\0';
	if (line[strspn(line, " \t\r")] == '\0')
		return 0;
	if (feed_choice_entry_read(out, line, e) < 0)
		return -1;
	out->in_file = true;
	return 1;
}

static int take_line(struct feed_choice *c, char *line, struct err *e)
{
	struct feed_choice_entry entry;
	size_t len = strlen(line);

	if (len == FEED_CHOICE_LINE_BYTES - 1 && line[len - 1] != '\n')
		return err_set(e, "a line of more than %d bytes", FEED_CHOICE_LINE_BYTES - 2);
	int is_entry = feed_choice_line_read(&entry, line, e);
	return is_entry == 1 ? feed_choice_add(c, &entry, e) : is_entry;
}

static int read_file(struct feed_choice *c, const char *path, struct err *e)
{
	char line[FEED_CHOICE_LINE_BYTES];
	FILE *file = fopen(path, "re");
	int number = 0, result = 0;

	if (!file)
		return errno == ENOENT ? 0 : err_set(e, "%s: %s", path, strerror(errno));
	while (result == 0 && fgets(line, sizeof(line), file)) {
		number++;
		if (take_line(c, line, e) < 0)
			result = err_wrap(e, "%s:%d", path, number);
	}
	if (result == 0 && ferror(file))
		result = err_set(e, "%s: %s", path, strerror(errno));
	fclose(file);
	return result;
}

static int read_streams(struct feed_choice *c, const struct settings *s, struct err *e)
{
	const char *name;
	bool any = false;

	for (size_t i = 0; (name = settings_item(s, "feed", "streams", i)); i++) {
		const struct stream *stream = stream_find(name);
		any = true;
		if (stream)
			c->streams[stream->kind] = true;
		else if (strcmp(name, FEED_ARRAY_NAME) == 0)
			c->whole = true;
		else
			return err_set(e, "feed.streams: there is no stream '%s'", name);
	}
	if (!any)
		return err_set(e, "feed.streams: nothing to collect");
	if (c->whole && c->streams[STREAM_MINI_TICKER])
		return err_set(e, "feed.streams: miniTicker and " FEED_ARRAY_NAME
				  " bring the same events; one of them");
	return 0;
}

static int read_symbols(struct feed_choice *c, const struct settings *s, struct err *e)
{
	struct feed_choice_entry entry;
	const char *text;

	for (size_t i = 0; (text = settings_item(s, "feed", "symbols", i)); i++)
		if (feed_choice_entry_read(&entry, text, e) < 0 ||
			feed_choice_add(c, &entry, e) < 0)
			return err_wrap(e, "feed.symbols");
	return 0;
}

struct feed_choice *feed_choice_of_settings(const struct settings *s, struct err *e)
{
	struct feed_choice *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, "no memory");
		return NULL;
	}
	if (read_streams(c, s, e) < 0 || read_symbols(c, s, e) < 0) {
		feed_choice_free(c);
		return NULL;
	}
	return c;
}

struct feed_choice *feed_choice_new(const struct settings *s, struct err *e)
{
	const char *path = settings_text(s, "feed", "symbols_file");
	struct feed_choice *c = feed_choice_of_settings(s, e);
	bool any = false;

	if (!c)
		return NULL;
	/* pricegraphctl may run elsewhere, and has to mean the same file. */
	if (*path && *path != '/') {
		err_set(e, "feed.symbols_file: '%s' does not begin with '/'", path);
		goto fail;
	}
	if (*path && read_file(c, path, e) < 0) {
		err_wrap(e, "feed.symbols_file");
		goto fail;
	}
	for (size_t i = 0; i < c->count; i++)
		any = any || !c->entries[i].out;
	/* With a file the first symbol may still come. */
	if (any || *path)
		return c;
	err_set(e, "feed.symbols: nothing to collect");
fail:
	feed_choice_free(c);
	return NULL;
}

struct feed_choice *feed_choice_copy(const struct feed_choice *c)
{
	struct feed_choice *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *c;
	copy->entries = malloc((c->count + 1) * sizeof(*c->entries));
	if (!copy->entries) {
		free(copy);
		return NULL;
	}
	if (c->count)
		memcpy(copy->entries, c->entries, c->count * sizeof(*c->entries));
	return copy;
}

bool feed_choice_is_equal(const struct feed_choice *a, const struct feed_choice *b)
{
	if (a->whole != b->whole || a->count != b->count ||
		memcmp(a->streams, b->streams, sizeof(a->streams)) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->entries[i].out != b->entries[i].out ||
			strcmp(a->entries[i].name, b->entries[i].name) != 0)
			return false;
	return true;
}

void feed_choice_free(struct feed_choice *c)
{
	if (!c)
		return;
	free(c->entries);
	free(c);
}
