/*
 * ctl_options: what stands behind the name of a command that loads or changes the past: words, and options of the form --name or --name VALUE (or
 * --name=VALUE), in any order. Also the times that people write. main's thread.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stdint.h>

struct ctl_options {
	char **words; /* then NULL; lent, as all of it */
	int word_count;
	const char *from, *reason, *interval, *inverse, *symbol, *kind; /* NULL: not given */
	bool dry_run, from_kafka;
};

/* `arguments` end with NULL; the words are moved to their front. `allowed`: the options of the command, as "from reason dry-run". -1: one is
 * unknown, given twice or lacks its value. */
must_check int ctl_options_read(
	struct ctl_options *out, char **arguments, const char *allowed, struct err *e);
/* ms or µs since the epoch, or 2024-01-02, 2024-01-02T03:04 or ...:05, blank or T, with or without Z: UTC. */
must_check int ctl_time_read(const char *text, int64_t *us, struct err *e);
