#include "id_mark.h"
#include <stdlib.h>
#include <string.h>

void id_mark_init(struct id_mark *m)
{
	*m = (struct id_mark){.id = ID_NONE};
}

void id_mark_done(struct id_mark *m)
{
	free(m->beyond);
	id_mark_init(m);
}

void id_mark_forget(struct id_mark *m)
{
	m->id = ID_NONE;
	m->at_us = 0;
	m->count = 0;
}

static void advance(struct id_mark *m, const struct id_range *r)
{
	if (r->last <= m->id)
		return;
	m->id = r->last;
	m->at_us = r->last_us;
}

/* What the mark has reached is beyond it no more. */
static void absorb(struct id_mark *m)
{
	size_t n = 0;

	while (n < m->count && m->beyond[n].first <= m->id + 1)
		advance(m, &m->beyond[n++]);
	m->count -= n;
	memmove(m->beyond, m->beyond + n, m->count * sizeof(*m->beyond));
}

/* Makes one range of those that `r` touches, from index `i` on, and of `r`. */
static void join(struct id_mark *m, size_t i, const struct id_range *r)
{
	struct id_range *at = &m->beyond[i];
	size_t behind = i + 1;

	if (r->first < at->first) {
		at->first = r->first;
		at->first_us = r->first_us;
	}
	if (r->last > at->last) {
		at->last = r->last;
		at->last_us = r->last_us;
	}
	while (behind < m->count && m->beyond[behind].first <= at->last + 1) {
		if (m->beyond[behind].last > at->last) {
			at->last = m->beyond[behind].last;
			at->last_us = m->beyond[behind].last_us;
		}
		behind++;
	}
	memmove(at + 1, m->beyond + behind, (m->count - behind) * sizeof(*at));
	m->count -= behind - i - 1;
}

static int insert(struct id_mark *m, size_t i, const struct id_range *r)
{
	if (m->count >= ID_RANGES_MAX)
		return -1;
	if (m->count == m->room) {
		size_t room = m->room ? m->room * 2 : 4;
		struct id_range *more = realloc(m->beyond, room * sizeof(*more));

		if (!more)
			return -1;
		m->beyond = more;
		m->room = room;
	}
	memmove(m->beyond + i + 1, m->beyond + i, (m->count - i) * sizeof(*m->beyond));
	m->beyond[i] = *r;
	m->count++;
	return 0;
}

int id_mark_take(struct id_mark *m, const struct id_range *r)
{
	size_t i = m->count;

	if (m->id != ID_NONE && r->first <= m->id + 1) {
		advance(m, r);
		if (m->count)
			absorb(m);
		return 0;
	}
	/* They mostly come in order: look from the end. */
	while (i > 0 && m->beyond[i - 1].last + 1 >= r->first)
		i--;
	if (i == m->count || r->last + 1 < m->beyond[i].first)
		return insert(m, i, r);
	join(m, i, r);
	return 0;
}

bool id_mark_is_begun(const struct id_mark *m)
{
	return m->id != ID_NONE || m->count > 0;
}

bool id_mark_settle(struct id_mark *m, int64_t settled_us, struct id_range *hole)
{
	while (m->count && m->beyond[0].first_us < settled_us) {
		bool first = m->id == ID_NONE;

		*hole = (struct id_range){
			m->id + 1, m->beyond[0].first - 1, m->at_us, m->beyond[0].first_us};
		m->id = m->beyond[0].first - 1;
		absorb(m);
		if (!first)
			return true;
	}
	return false;
}
