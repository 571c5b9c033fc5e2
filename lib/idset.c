#include "idset.h"
#include <stdlib.h>
#include <string.h>

void idset_done(struct idset *s)
{
	if (!s)
		return;
	free(s->runs);
	*s = (struct idset){0};
}

/* The first run that ends at `id` or behind it; count if there is none. Ids mostly come in order:
 * look at the end first. */
static size_t position(const struct idset *s, int64_t id)
{
	size_t low = 0, high = s->count;

	if (high && s->runs[high - 1].last < id)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->runs[middle].last < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool idset_has(const struct idset *s, int64_t id)
{
	size_t i = position(s, id);

	return i < s->count && s->runs[i].first <= id;
}

static int insert(struct idset *s, size_t i, struct idset_run run)
{
	if (s->count >= IDSET_RUNS_MAX)
		return -1;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 4;
		struct idset_run *runs = realloc(s->runs, room * sizeof(*runs));
		if (!runs)
			return -1;
		s->runs = runs;
		s->room = room;
	}
	memmove(s->runs + i + 1, s->runs + i, (s->count - i) * sizeof(*s->runs));
	s->runs[i] = run;
	s->count++;
	return 1;
}

int idset_add(struct idset *s, int64_t id)
{
	size_t i = position(s, id);

	if (i < s->count && s->runs[i].first <= id)
		return 0;
	/* No overflow: a run before `i` ends below id, and run `i` begins above it. */
	bool grows_before = i > 0 && s->runs[i - 1].last == id - 1;
	bool grows_after = i < s->count && s->runs[i].first == id + 1;
	if (!grows_before && !grows_after)
		return insert(s, i, (struct idset_run){id, id});
	if (!grows_before) {
		s->runs[i].first = id;
		return 1;
	}
	s->runs[i - 1].last = id;
	if (grows_after) {
		s->runs[i - 1].last = s->runs[i].last;
		s->count--;
		memmove(s->runs + i, s->runs + i + 1, (s->count - i) * sizeof(*s->runs));
	}
	return 1;
}

int idset_add_range(struct idset *s, int64_t first, int64_t last)
{
	/* The first run that the range overlaps or touches. */
	size_t i = position(s, first - 1), behind = i + 1;

	if (i == s->count || (last < INT64_MAX && s->runs[i].first > last + 1))
		return insert(s, i, (struct idset_run){first, last});
	struct idset_run *run = &s->runs[i];
	if (run->first <= first && run->last >= last)
		return 0;
	if (first < run->first)
		run->first = first;
	if (last > run->last)
		run->last = last;
	while (behind < s->count && s->runs[behind].first - 1 <= run->last) {
		if (s->runs[behind].last > run->last)
			run->last = s->runs[behind].last;
		behind++;
	}
	memmove(run + 1, s->runs + behind, (s->count - behind) * sizeof(*run));
	s->count -= behind - i - 1;
	return 1;
}
