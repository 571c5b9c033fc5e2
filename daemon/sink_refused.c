#include "sink_refused.h"

#include <stdlib.h>
#include <string.h>

void sink_refused_done(struct sink_refused *s)
{
	free(s->records);
	*s = (struct sink_refused){0};
}

static int order(const struct refused_record *a, const struct refused_record *b)
{
	if (a->stream != b->stream)
		return a->stream < b->stream ? -1 : 1;
	if (a->partition != b->partition)
		return a->partition < b->partition ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* The first one that is not below `r`. */
static size_t position(const struct sink_refused *s, const struct refused_record *r)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&s->records[middle], r) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool sink_refused_has(const struct sink_refused *s, const struct refused_record *r)
{
	size_t i = position(s, r);

	return i < s->count && order(&s->records[i], r) == 0;
}

int sink_refused_add(struct sink_refused *s, const struct refused_record *r, struct err *e)
{
	size_t i = position(s, r);

	if (i < s->count && order(&s->records[i], r) == 0)
		return 0;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct refused_record *records = realloc(s->records, room * sizeof *records);

		if (!records)
			return err_set(e, "no memory for %zu refused records", room);
		s->records = records;
		s->room = room;
	}
	memmove(s->records + i + 1, s->records + i, (s->count - i) * sizeof *s->records);
	s->records[i] = *r;
	s->count++;
	return 0;
}
