#include "recording_catalog.h"
#include "clock.h"
#include "recording.h"
#include "stream.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct seen { /* one stream name in one file */
	size_t file;
	char *name;
	UT_hash_handle hh;
};

struct gathering {
	struct recording_catalog *c;
	struct seen *seen;
	struct err *e;
};

static struct catalog_name *name_put(struct catalog_name **list, size_t *count, struct slice text)
{
	struct catalog_name *more;

	if (text.len >= SYMBOL_SIZE)
		return NULL;
	for (size_t i = 0; i < *count; i++) {
		if (slice_is(text, (*list)[i].name))
			return &(*list)[i];
	}
	more = realloc(*list, (*count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	*list = more;
	more += (*count)++;
	memset(more, 0, sizeof(*more));
	memcpy(more->name, text.data, text.len);
	return more;
}

/* Nothing that would break the lists of recording_catalog_print. */
static bool name_plain(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.data[i];

		if (c <= ' ' || c == ',' || c == 0x7f)
			return false;
	}
	return name.len > 0;
}

/* "btcusdt@trade" -> "btcusdt", "trade". False: it has no '@'. */
static bool name_split(struct slice name, struct slice *symbol, struct slice *stream)
{
	const char *at = name.data ? memchr(name.data, '@', name.len) : NULL;

	if (!at || at == name.data)
		return false;
	*symbol = (struct slice){name.data, (size_t)(at - name.data)};
	*stream = (struct slice){at + 1, name.len - symbol->len - 1};
	return true;
}

/* True: this stream name is new in this file. */
static int seen_put(struct gathering *g, size_t file, struct slice name)
{
	char key[256];
	struct seen *s;
	int n = snprintf(key, sizeof(key), "%zu %.*s", file, (int)name.len, name.data);

	if (n < 0 || (size_t)n >= sizeof(key))
		return 0;
	HASH_FIND_STR(g->seen, key, s);
	if (s)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s || !(s->name = strdup(key))) {
		free(s);
		return err_set(g->e, "no memory");
	}
	s->file = file;
	HASH_ADD_KEYPTR(hh, g->seen, s->name, strlen(s->name), s);
	return 1;
}

static void upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

static int stream_put(struct recording_catalog *c, const char *name, bool collectable)
{
	struct catalog_name *n =
		name_put(&c->streams, &c->stream_count, (struct slice){name, strlen(name)});

	if (n)
		n->collectable |= collectable;
	return n ? 0 : -1;
}

/* What the market makes of a recording's trades. */
static const enum stream_kind derivable[] = {STREAM_MINI_TICKER, STREAM_KLINE_1S, STREAM_TRADE};

/* Once all files are read: which of the seen names will be sent. */
static int names_conclude(struct gathering *g)
{
	struct recording_catalog *c = g->c;

	for (struct seen *s = g->seen; s; s = s->hh.next) {
		struct slice symbol, stream, whole = {strchr(s->name, ' ') + 1, 0};
		struct catalog_name *n;
		char text[SYMBOL_SIZE], kind[SYMBOL_SIZE];
		bool derived = c->derived[s->file], known;

		whole.len = strlen(whole.data);
		if (!name_split(whole, &symbol, &stream) || symbol.len >= sizeof(text) ||
			stream.len >= sizeof(kind))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)symbol.len, symbol.data);
		snprintf(kind, sizeof(kind), "%.*s", (int)stream.len, stream.data);
		upper(text);
		if (derived && strcmp(kind, "trade") != 0)
			continue;
		known = stream_find(kind) != NULL;
		n = name_put(&c->symbols, &c->symbol_count, (struct slice){text, strlen(text)});
		if (!n || stream_put(c, kind, known))
			return err_set(g->e, "no memory");
		n->traded |= derived;
		n->collectable |= known;
	}
	for (size_t i = 0; c->any_derived && i < sizeof(derivable) / sizeof(*derivable); i++) {
		if (stream_put(c, stream_table[derivable[i]].name, true))
			return err_set(g->e, "no memory");
	}
	return 0;
}

static int lines_gather(struct gathering *g, struct recording *r, int64_t *first_us)
{
	struct recording_catalog *c = g->c;
	struct recording_line *line;
	size_t file;
	int rc;

	while ((rc = recording_next(r, &line, &file, g->e)) > 0) {
		struct slice symbol, stream;

		c->lines++;
		for (int derived = 0; derived < 2; derived++) {
			int64_t t = recording_catalog_time(derived, line);

			if (first_us[2 * file + (size_t)derived] < 0)
				first_us[2 * file + (size_t)derived] = t;
		}
		if (name_plain(line->name) && seen_put(g, file, line->name) < 0)
			return -1;
		if (slice_is(line->event, "trade") && name_split(line->name, &symbol, &stream) &&
			slice_is(stream, "trade"))
			c->derived[file] = true;
	}
	c->bad_lines = recording_bad_lines(r);
	return rc;
}

int recording_catalog_read(struct recording_catalog *out, const char *path, struct err *e)
{
	struct recording_catalog c = {.first_us = -1};
	struct gathering g = {.c = &c, .e = e};
	struct recording *r = recording_open(path, e);
	int64_t *first_us = NULL;
	struct seen *s, *next;
	int rc = -1;

	if (!r)
		return -1;
	c.files = recording_files(r);
	c.derived = calloc(c.files, sizeof(*c.derived));
	first_us = malloc(2 * c.files * sizeof(*first_us));
	if (!c.derived || !first_us) {
		err_set(e, "no memory");
		goto out;
	}
	memset(first_us, 0xff, 2 * c.files * sizeof(*first_us));
	if (lines_gather(&g, r, first_us))
		goto out;
	for (size_t i = 0; i < c.files; i++) {
		int64_t t = first_us[2 * i + c.derived[i]];

		c.any_derived |= c.derived[i];
		c.any_frames |= !c.derived[i];
		if (t >= 0 && (c.first_us < 0 || t < c.first_us))
			c.first_us = t;
	}
	rc = names_conclude(&g);
out:
	s = g.seen;
	HASH_CLEAR(hh, g.seen);
	for (; s; s = next) {
		next = s->hh.next;
		free(s->name);
		free(s);
	}
	free(first_us);
	recording_free(r);
	if (rc == 0)
		*out = c;
	else
		recording_catalog_done(&c);
	return rc;
}

void recording_catalog_done(struct recording_catalog *c)
{
	free(c->derived);
	free(c->symbols);
	free(c->streams);
	memset(c, 0, sizeof(*c));
}

int64_t recording_catalog_time(bool derived, const struct recording_line *line)
{
	return derived ? line->event_us : line->received_us;
}

void recording_venue(char out[RECORDING_VENUE_SIZE], const char *path)
{
	size_t end = strlen(path), start,
	       n = (size_t)snprintf(out, RECORDING_VENUE_SIZE, "replay-");
	bool other = false;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		continue;
	for (; start < end && n < RECORDING_VENUE_SIZE - 1; start++) {
		char c = (char)tolower((unsigned char)path[start]);
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (plain || !other)
			out[n++] = plain ? c : '-';
		other = !plain;
	}
	out[n] = '\0';
}

static void list_print(
	struct buf *out, const char *key, const struct catalog_name *list, size_t count, int which)
{
	const char *comma = "";

	buf_printf(out, "%s=", key);
	for (size_t i = 0; i < count; i++) {
		if (which >= 0 && list[i].collectable != which)
			continue;
		buf_printf(out, "%s%s", comma, list[i].name);
		comma = ",";
	}
	buf_add_char(out, '\n');
}

void recording_catalog_print(const struct recording_catalog *c, const char *path, struct buf *out)
{
	char venue[RECORDING_VENUE_SIZE];
	bool any = false;

	for (size_t i = 0; i < c->symbol_count; i++)
		any |= c->symbols[i].collectable;
	recording_venue(venue, path);
	buf_printf(out, "venue=%s\nmode=%s\n", venue,
		c->any_derived ? (c->any_frames ? "mixed" : "derived") : "frames");
	list_print(out, "symbols", c->symbols, c->symbol_count, any ? 1 : -1);
	list_print(out, "streams", c->streams, c->stream_count, 1);
	list_print(out, "other", c->streams, c->stream_count, 0);
	buf_printf(out, "lines=%lld\nstart=%lld\n", (long long)c->lines,
		(long long)(c->first_us < 0 ? -1 : c->first_us / MS_US));
}
