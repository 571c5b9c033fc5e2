#include "backfill_answered.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define AGAIN_MAX_US HOUR_US
#define FORGET_US (3 * HOUR_US)

struct key { /* zeroed before it is filled: it is compared as bytes */
	char symbol[SYMBOL_SIZE];
	char cause[CAUSE_SIZE];
	int64_t stream, from_us, to_us, rows_from_us, rows_to_us;
};

struct entry {
	struct key key;
	int64_t at_us;
	int times;    /* answered */
	bool settled; /* the sink has taken the last answer */
	UT_hash_handle hh;
};

struct backfill_answered {
	struct entry *entries;
};

struct backfill_answered *backfill_answered_new(void)
{
	return calloc(1, sizeof(struct backfill_answered));
}

void backfill_answered_free(struct backfill_answered *a)
{
	if (a)
		backfill_answered_clear(a);
	free(a);
}

static void key_of(const struct backfill_gap *g, struct key *k)
{
	memset(k, 0, sizeof(*k));
	snprintf(k->symbol, sizeof(k->symbol), "%s", g->symbol);
	snprintf(k->cause, sizeof(k->cause), "%s", g->cause);
	k->stream = g->stream;
	k->from_us = g->from_us;
	k->to_us = g->to_us;
	k->rows_from_us = g->rows_from_us;
	k->rows_to_us = g->rows_to_us;
}

static struct entry *find(const struct backfill_answered *a, const struct backfill_gap *g)
{
	struct entry *found = NULL;
	struct key k;

	key_of(g, &k);
	HASH_FIND(hh, a->entries, &k, sizeof(k), found);
	return found;
}

void backfill_answered_add(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us)
{
	struct entry *entry = find(a, g);

	if (entry) {
		entry->at_us = now_us;
		entry->times++;
		entry->settled = false;
		return;
	}
	if (HASH_COUNT(a->entries) >= BACKFILL_GAPS_MAX)
		return;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return; /* it is fetched again, which harms nobody */
	key_of(g, &entry->key);
	entry->at_us = now_us;
	entry->times = 1;
	HASH_ADD(hh, a->entries, key, sizeof(entry->key), entry);
}

bool backfill_answered_has(
	struct backfill_answered *a, const struct backfill_gap *g, int64_t now_us)
{
	const struct entry *entry = find(a, g);
	int64_t pause_us = BACKFILL_AGAIN_US;

	if (!entry)
		return false;
	for (int i = 1; i < entry->times && pause_us < AGAIN_MAX_US; i++)
		pause_us *= 2;
	if (!entry->settled && pause_us < BACKFILL_ANSWER_US)
		pause_us = BACKFILL_ANSWER_US;
	return now_us - entry->at_us < pause_us;
}

void backfill_answered_settled(struct backfill_answered *a, int64_t before_us)
{
	struct entry *entry, *next;

	HASH_ITER(hh, a->entries, entry, next)
	if (entry->at_us < before_us)
		entry->settled = true;
}

static void forget(struct backfill_answered *a, int64_t before_us)
{
	struct entry *entry, *next;

	HASH_ITER(hh, a->entries, entry, next)
	{
		if (entry->at_us > before_us)
			continue;
		/* The analyzer loses sight of the list that HASH_ITER keeps a step ahead. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		HASH_DEL(a->entries, entry);
		free(entry);
	}
}

void backfill_answered_clear(struct backfill_answered *a)
{
	forget(a, INT64_MAX);
}

void backfill_answered_tidy(struct backfill_answered *a, int64_t now_us)
{
	forget(a, now_us - FORGET_US);
}

size_t backfill_answered_count(const struct backfill_answered *a)
{
	return HASH_COUNT(a->entries);
}
