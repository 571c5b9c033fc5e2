/*
 * feed_choice: what the operator asks for: streams, and the names and patterns of the symbols.
 *
 * Entries come from [feed] symbols, then from the lines of feed.symbols_file. `NAME` and a pattern (`*` stands for any
 * characters, also none) take symbols in, `-NAME` and `-PATTERN` take them out; of the entries that match a symbol the last one
 * decides. Own copies of everything; read-only once made, then any thread.
 */
#pragma once
#include "err.h"
#include "event.h"
#include "settings.h"
#include "stream.h"
#include <stdbool.h>
#include <stddef.h>

#define FEED_CHOICE_ENTRIES_MAX 10000
#define FEED_CHOICE_FILE_BYTES_MAX (1 << 20)
#define FEED_CHOICE_LINE_BYTES 256 /* with its end */

struct feed_choice_entry {
	char name[SYMBOL_SIZE]; /* or pattern; without '-' */
	bool out, pattern;
	bool in_file;
};

struct feed_choice {
	bool streams[STREAM_COUNT]; /* one subscription for each symbol */
	bool whole;                 /* the miniTicker of the whole exchange in one stream */
	struct feed_choice_entry *entries;
	size_t count;
};

/* Reads the file, too; one that does not exist is empty. NULL: no stream or no symbol is asked for, an unknown stream, an entry
 * that is no text of 1 to 63 bytes, or a file that can't be read or whose path does not begin with '/'; `e` names it. Blocks on the file. */
struct feed_choice *feed_choice_new(const struct settings *s, struct err *e);
struct feed_choice *feed_choice_copy(const struct feed_choice *c); /* NULL: no memory */
/* Without the file. */
struct feed_choice *feed_choice_of_settings(const struct settings *s, struct err *e);
void feed_choice_free(struct feed_choice *c);
bool feed_choice_is_equal(const struct feed_choice *a, const struct feed_choice *b);

/* The last entry that matches the symbol takes it in. */
bool feed_choice_wants(const struct feed_choice *c, const char *symbol);
/* The streams that are asked for, `miniTicker` also where it comes as the whole exchange. */
bool feed_choice_has_stream(const struct feed_choice *c, enum stream_kind stream);
/* `*` stands for any characters. */
bool feed_choice_matches(const char *pattern, const char *symbol);
/* One entry from its text, blanks around it gone. -1: it is no text of 1 to 63 bytes, or holds blanks or control characters. */
must_check int feed_choice_entry_read(
	struct feed_choice_entry *out, const char *text, struct err *e);
/* Appends an entry. -1: too many or no memory. */
must_check int feed_choice_add(
	struct feed_choice *c, const struct feed_choice_entry *entry, struct err *e);
/* One line of the file, which it changes; `#` begins a comment. 1: an entry; 0: the line says nothing; -1: as of an entry. */
must_check int feed_choice_line_read(struct feed_choice_entry *out, char *line, struct err *e);
