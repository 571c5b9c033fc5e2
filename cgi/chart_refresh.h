/*
 * chart_refresh: a thread that makes kept answers anew while those of before are still told, so that nobody who asks waits for it.
 *
 * Keys (chart_key.h) wait in a ring, each once. It has a maximum; policy when full: the key is not taken, and who asks when the answer of before is
 * too old has it made. What waits when it ends is dropped.
 */
#pragma once
#include "err.h"
#include <stddef.h>

struct chart_refresh_owner {
	void (*make)(void *arg, const char *key,
		size_t key_len); /* on the thread; `key` is lent, and ends with '\0' */
	void *arg;
};

struct chart_refresh;
/* The thread starts. NULL: `e` says why. */
struct chart_refresh *chart_refresh_new(const struct chart_refresh_owner *owner, struct err *e);
/* What is being made is finished first. NULL is fine. */
void chart_refresh_free(struct chart_refresh *r);
/* Any thread, never blocks for long: the key is copied, unless it waits or is being made already. key_len < CHART_KEY_SIZE. */
void chart_refresh_want(struct chart_refresh *r, const char *key, size_t key_len);
