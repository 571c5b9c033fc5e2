/*
 * feed_symbols_file: the file of [feed] symbols_file, edited: its lines in memory, written in one step that readers see whole.
 *
 * Comments and the order of lines stay. Who opens it to write holds a lock on it until it is closed, so that two edits follow
 * each other. One owning thread; blocks on the disk and on the lock.
 */
#pragma once
#include "err.h"
#include "feed_choice.h"
#include <stdbool.h>

struct feed_symbols_file;
/* "" and a file that is not there are empty; `edit`: it is made and locked. NULL: `e` says why. `path` is lent. */
struct feed_symbols_file *feed_symbols_file_open(const char *path, bool edit, struct err *e);
void feed_symbols_file_close(struct feed_symbols_file *f);
/* Appends the entries of its lines to the choice. -1: `e` names the line. */
must_check int feed_symbols_file_add_to(
	const struct feed_symbols_file *f, struct feed_choice *c, struct err *e);
/* Drops the lines that say exactly this. */
void feed_symbols_file_drop(struct feed_symbols_file *f, const struct feed_choice_entry *entry);
must_check int feed_symbols_file_append(
	struct feed_symbols_file *f, const struct feed_choice_entry *entry, struct err *e);
/* In the place of the former file, durable. -1: `e` says why, and the former one stands. */
must_check int feed_symbols_file_write(struct feed_symbols_file *f, struct err *e);
