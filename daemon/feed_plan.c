#include "feed_plan.h"
#include <stdlib.h>
#include <string.h>

struct place {
	struct feed_want want; /* zero behind the symbol's end, so that bytes compare */
	bool held;
};

struct planning {
	struct place *places; /* sorted */
	size_t count;
};

static int by_want(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct feed_want));
}

static struct place *find(const struct planning *g, const struct feed_want *want)
{
	return bsearch(want, g->places, g->count, sizeof(*g->places), by_want);
}

static int look_up(struct planning *g, const struct feed_want *wants, size_t count)
{
	g->places = calloc(count + 1, sizeof(*g->places));
	if (!g->places)
		return -1;
	g->count = count;
	for (size_t i = 0; i < count; i++)
		g->places[i].want = wants[i];
	qsort(g->places, count, sizeof(*g->places), by_want);
	return 0;
}

static void keep_held(struct planning *g, const struct feed_slot *old, struct feed_slot *slot)
{
	for (size_t i = 0; i < old->count; i++) {
		struct place *place = find(g, &old->wants[i]);
		if (place) {
			place->held = true;
			slot->wants[slot->count++] = old->wants[i];
		}
	}
	slot->changed = slot->count != old->count;
}

static void place_new(struct planning *g, struct feed_plan *p, const struct feed_want *wants)
{
	size_t at = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (find(g, &wants[i])->held)
			continue;
		while (p->slots[at].count == FEED_STREAMS_MAX)
			at++;
		/* There are slots for all wants, which the analyzer does not work out. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		p->slots[at].wants[p->slots[at].count++] = wants[i];
		p->slots[at].changed = true;
	}
}

int feed_plan_set(struct feed_plan *p, const struct feed_want *wants, size_t count)
{
	struct feed_plan next = {.used = (count + FEED_STREAMS_MAX - 1) / FEED_STREAMS_MAX};
	struct planning g = {NULL, 0};
	int result = -1;

	if (next.used < p->used)
		next.used = p->used;
	if (look_up(&g, wants, count) < 0)
		goto out;
	for (size_t i = 0; i < next.used; i++) {
		next.slots[i].wants = malloc(FEED_STREAMS_MAX * sizeof(struct feed_want));
		if (!next.slots[i].wants)
			goto out;
		keep_held(&g, &p->slots[i], &next.slots[i]);
	}
	place_new(&g, &next, wants);
	struct feed_plan old = *p;
	*p = next;
	next = old;
	result = 0;
out:
	free(g.places);
	feed_plan_done(&next);
	return result;
}

void feed_plan_done(struct feed_plan *p)
{
	for (size_t i = 0; i < FEED_CONNECTIONS_MAX; i++)
		free(p->slots[i].wants);
	*p = (struct feed_plan){.used = 0};
}
