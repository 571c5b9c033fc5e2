#include "correct_natural.h"
#include "pg_array.h"
#include "pg_queries.h"
#include <stdlib.h>

#define STARTS_BYTES_MAX (1 << 20)

/* What was displaced, by second. */
struct displaced {
	bool any;
	struct candle candle;
};

static void add_change(struct change_write *w, int64_t open_us, const struct candle *known)
{
	struct candle_change change = {.has_taker = true, .removed = !known};

	if (known)
		change.candle = *known;
	else
		change.candle = (struct candle){.open_us = open_us, .origin = ORIGIN_SAMPLE};
	change_write_add(w, &change);
}

enum pg_failure correct_natural_rebuild(
	struct change_write *w, struct second_source *s, struct err *e)
{
	enum pg_failure f = second_source_read(s, w->pg, w->venue, true, e);
	struct candle c;

	for (size_t i = 0; i < s->count && f == PG_OK; i++)
		add_change(
			w, s->v[i].second.open_us, second_visible(&s->v[i].second, &c) ? &c : NULL);
	second_source_reset(s);
	return f;
}

static enum pg_failure query_displaced(
	const struct change_write *w, const struct second_source *s, PGresult **r, struct err *e)
{
	struct buf starts;
	const char *params[3] = {w->venue, w->symbol};
	enum pg_failure f = PG_BUG;

	buf_init(&starts, STARTS_BYTES_MAX);
	pg_array_begin(&starts);
	for (size_t i = 0; i < s->count; i++)
		pg_array_int(&starts, s->v[i].second.open_us);
	pg_array_end(&starts);
	params[2] = starts.data;
	if (starts.failed)
		err_set(e, "no memory for %zu seconds", s->count);
	else
		f = pg_query(w->pg, "correct_displaced", sql_correct_displaced, 3, params, r, e);
	buf_done(&starts);
	return f;
}

static enum pg_failure read_displaced(const struct change_write *w, const struct second_source *s,
	struct displaced *out, struct err *e)
{
	PGresult *r = NULL;
	enum pg_failure f = query_displaced(w, s, &r, e);

	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		size_t k = (size_t)pg_int(r, row, 0) - 1;

		out[k].any = true;
		if (second_source_candle(r, row, 1, s->v[k].second.open_us, &out[k].candle) != 0) {
			err_set(e, "a second in the audit is out of range");
			f = PG_BUG;
		}
	}
	PQclear(r);
	return f;
}

static void add_withdrawal(
	struct change_write *w, struct second *s, const struct displaced *d, int64_t raw_us)
{
	struct candle c;

	if (d->any)
		second_add_stored(s, &d->candle);
	if (s->open_us >= raw_us && second_visible(s, &c))
		add_change(w, s->open_us, &c);
	else
		add_change(w, s->open_us, d->any ? &d->candle : NULL);
}

enum pg_failure correct_natural_withdraw(
	struct change_write *w, struct second_source *s, int64_t raw_us, struct err *e)
{
	struct displaced *displaced;
	enum pg_failure f = PG_OK;

	if (!s->count)
		return f;
	displaced = calloc(s->count, sizeof(*displaced));
	if (!displaced) {
		err_set(e, "no memory for %zu seconds", s->count);
		return PG_BUG;
	}
	f = read_displaced(w, s, displaced, e);
	if (f == PG_OK)
		f = second_source_read(s, w->pg, w->venue, false, e);
	for (size_t i = 0; i < s->count && f == PG_OK; i++)
		add_withdrawal(w, &s->v[i].second, &displaced[i], raw_us);
	free(displaced);
	second_source_reset(s);
	return f;
}
