#include "binance_rest.h"
#include "ctl_command.h"
#include "feed_catalog.h"
#include "feed_choice.h"
#include "feed_symbols_file.h"
#include "feed_wants.h"
#include <stdio.h>
#include <string.h>

#define LIST_BYTES_MAX (32U << 20)

/* What one call works with. */
struct change {
	const struct settings *settings;
	const char *path;
	struct feed_catalog *catalog;
	struct feed_symbols_file *file;
	struct feed_choice *before, *after;
};

static int fetch_catalog(struct change *c, struct err *e)
{
	struct binance_rest *rest = binance_rest_new(c->settings, "pricegraphctl", e);
	struct buf body;

	if (!rest)
		return -1;
	buf_init(&body, LIST_BYTES_MAX);
	if (binance_rest_get(rest, "/api/v3/exchangeInfo", REST_WEIGHT_EXCHANGE_INFO, &body, e) ==
		REST_OK)
		c->catalog = feed_catalog_new(body.data, body.len, e);
	if (!c->catalog)
		err_wrap(e, "the exchange's list of symbols is not to be had from %s",
			binance_rest_base(rest));
	buf_done(&body);
	binance_rest_free(rest);
	return c->catalog ? 0 : -1;
}

/* How many traded symbols match, and how many of them are wanted. */
static size_t count_matches(const struct change *c, const char *pattern, size_t *wanted)
{
	size_t count = 0;

	*wanted = 0;
	for (size_t i = 0; i < c->catalog->count; i++) {
		const struct feed_catalog_symbol *s = &c->catalog->symbols[i];
		if (!feed_catalog_is_listed(s) || !feed_choice_matches(pattern, s->name))
			continue;
		count++;
		*wanted += feed_choice_wants(c->after, s->name);
	}
	return count;
}

static int check_traded(
	const struct change *c, const struct feed_choice_entry *entry, struct err *e)
{
	const struct feed_catalog_symbol *s = feed_catalog_find(c->catalog, entry->name);
	size_t wanted = 0;

	if (entry->pattern)
		return count_matches(c, entry->name, &wanted)
			       ? 0
			       : err_set(e, "'%s' matches no symbol that is traded", entry->name);
	if (!s)
		return err_set(e, "the exchange has no symbol '%s'", entry->name);
	return feed_catalog_is_listed(s)
		       ? 0
		       : err_set(e, "symbol '%s' is not traded: %s", entry->name, s->status);
}

/* What the file says now, behind the settings' list. */
static int look(struct change *c, struct err *e)
{
	struct feed_choice *choice = feed_choice_of_settings(c->settings, e);

	if (!choice)
		return -1;
	if (feed_symbols_file_add_to(c->file, choice, e) < 0) {
		feed_choice_free(choice);
		return err_wrap(e, "%s", c->path);
	}
	feed_choice_free(c->after);
	c->after = choice;
	return 0;
}

static bool is_all_wanted(const struct change *c, const struct feed_choice_entry *entry)
{
	size_t wanted = 0;

	return entry->pattern ? count_matches(c, entry->name, &wanted) == wanted
			      : feed_choice_wants(c->after, entry->name);
}

static bool is_any_wanted(const struct change *c, const struct feed_choice_entry *entry)
{
	size_t wanted = 0;

	if (!entry->pattern)
		return feed_choice_wants(c->after, entry->name);
	count_matches(c, entry->name, &wanted);
	return wanted > 0;
}

static int add_one(struct change *c, struct feed_choice_entry *entry, struct err *e)
{
	if (check_traded(c, entry, e) < 0)
		return -1;
	if (is_all_wanted(c, entry)) {
		printf("%s: is collected already\n", entry->name);
		return 0;
	}
	entry->out = true;
	feed_symbols_file_drop(c->file, entry);
	entry->out = false;
	if (look(c, e) < 0)
		return -1;
	if (!is_all_wanted(c, entry) && feed_symbols_file_append(c->file, entry, e) < 0)
		return -1;
	return look(c, e);
}

static int remove_one(struct change *c, struct feed_choice_entry *entry, struct err *e)
{
	if (!is_any_wanted(c, entry))
		return err_set(e, "'%s' is not collected", entry->name);
	feed_symbols_file_drop(c->file, entry);
	if (look(c, e) < 0)
		return -1;
	entry->out = true;
	if (is_any_wanted(c, entry) && feed_symbols_file_append(c->file, entry, e) < 0)
		return -1;
	return look(c, e);
}

/* Says who comes and who goes; returns how many. */
static size_t print_changes(const struct change *c)
{
	size_t changes = 0;

	for (size_t i = 0; i < c->catalog->count; i++) {
		const struct feed_catalog_symbol *s = &c->catalog->symbols[i];
		bool before = feed_choice_wants(c->before, s->name);
		bool after = feed_choice_wants(c->after, s->name);
		if (before == after || (after && !feed_catalog_is_listed(s)))
			continue;
		printf("%s %s\n", after ? "added" : "removed", s->name);
		changes++;
	}
	return changes;
}

static int change(struct change *c, char **names, bool add, struct err *e)
{
	struct feed_choice_entry entry;

	for (; *names; names++) {
		if (feed_choice_entry_read(&entry, *names, e) < 0)
			return -1;
		if (entry.out)
			return err_set(e, "'%s': the name without '-'", *names);
		if ((add ? add_one(c, &entry, e) : remove_one(c, &entry, e)) < 0)
			return -1;
	}
	if (feed_symbols_file_write(c->file, e) < 0)
		return -1;
	if (print_changes(c) > 0)
		printf("written to %s: a running collector with this file changes its "
		       "subscriptions "
		       "within about two seconds\n",
			c->path);
	else
		printf("%s: the symbols that are collected stay the same\n", c->path);
	return 0;
}

static void print_entry(const struct change *c, const struct feed_choice_entry *entry)
{
	const struct feed_catalog_symbol *s = feed_catalog_find(c->catalog, entry->name);
	size_t wanted = 0;

	printf("asked for in %s: %s%s", entry->in_file ? c->path : "feed.symbols",
		entry->out ? "-" : "", entry->name);
	if (entry->pattern)
		printf(" (%zu symbols traded)", count_matches(c, entry->name, &wanted));
	else if (!entry->out && !s)
		printf(" (the exchange has no such symbol)");
	else if (!entry->out && !feed_catalog_is_listed(s))
		printf(" (not traded: %s)", s->status);
	printf("\n");
}

static int list(const struct change *c, struct err *e)
{
	struct feed_wants *wants = feed_wants_new(c->after, c->catalog, false, e);

	if (!wants)
		return -1;
	for (size_t i = 0; i < c->after->count; i++)
		print_entry(c, &c->after->entries[i]);
	printf("to be collected: %zu symbols, %zu subscriptions\n", wants->symbol_count,
		wants->count);
	for (size_t i = 0; i < wants->symbol_count; i++)
		printf("%s\n", wants->symbols[i]);
	feed_wants_free(wants);
	return 0;
}

int ctl_symbols(const struct settings *s, char **arguments, struct err *e)
{
	bool add = strcmp(arguments[0], "add") == 0, remove = strcmp(arguments[0], "remove") == 0;
	struct change c = {.settings = s, .path = settings_text(s, "feed", "symbols_file")};
	int result = -1;

	if (!add && !remove && strcmp(arguments[0], "list") != 0)
		return err_set(e, "'%s' is none of add, remove, list", arguments[0]);
	if ((add || remove) != (arguments[1] != NULL))
		return err_set(e, add || remove ? "which symbols?" : "list takes no names");
	if ((add || remove) && !*c.path)
		return err_set(e, "feed.symbols_file is not set: there is no file to keep it in");
	c.file = feed_symbols_file_open(c.path, add || remove, e);
	if (c.file && look(&c, e) == 0 && c.after && (c.before = feed_choice_copy(c.after)) &&
		fetch_catalog(&c, e) == 0)
		result = add || remove ? change(&c, arguments + 1, add, e) : list(&c, e);
	feed_symbols_file_close(c.file);
	feed_choice_free(c.before);
	feed_choice_free(c.after);
	feed_catalog_free(c.catalog);
	return result;
}
