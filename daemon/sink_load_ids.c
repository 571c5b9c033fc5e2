#include "sink_load_ids.h"

#include "pg_queries.h"
#include "sink_holes.h"

#include <stdio.h>

#define IDS_READ_US (15 * MINUTE_US)

static enum pg_failure load_id_marks(struct pg *pg, struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f =
		pg_query(pg, "sink_load_id_marks", sql_sink_load_id_marks, 1, params, &r, e);

	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		int ids = sink_ids_find(PQgetvalue(r, row, 1));
		struct sink_symbol *sy;

		HASH_FIND(
			hh, st->symbols, PQgetvalue(r, row, 0), (size_t)PQgetlength(r, row, 0), sy);
		if (!sy || ids < 0)
			continue;
		sy->ids[ids].mark.id = sy->ids[ids].stored_id = pg_int(r, row, 2);
		sy->ids[ids].mark.at_us = pg_int(r, row, 3);
		/* It may be old already: if it has moved on it is stored at once. */
		sy->ids[ids].stored_us = sy->ids[ids].mark.at_us;
	}
	PQclear(r);
	return f;
}

/* Since when ids may be stored that no mark knows of. */
static int64_t ids_since_us(const struct sink_state *st)
{
	int64_t least_us = INT64_MAX, greatest_us = INT64_MIN;

	for (const struct sink_symbol *sy = st->symbols; sy; sy = sy->hh.next) {
		if (sy->settled_us == INT64_MIN)
			continue;
		if (sy->settled_us < least_us)
			least_us = sy->settled_us;
		if (sy->settled_us > greatest_us)
			greatest_us = sy->settled_us;
	}
	if (greatest_us == INT64_MIN)
		return INT64_MAX;
	/* A symbol that has long not been heard of is not worth the reading of all others. */
	if (least_us < greatest_us - IDS_READ_US)
		least_us = greatest_us - IDS_READ_US;
	return least_us - SINK_IDS_STORE_US - SECOND_US;
}

static enum pg_failure take_ids(struct sink_state *st, const PGresult *r, int row, struct err *e)
{
	const struct id_range run = {
		pg_int(r, row, 2), pg_int(r, row, 3), pg_int(r, row, 4), pg_int(r, row, 5)};
	int ids = sink_ids_find(PQgetvalue(r, row, 0));
	struct sink_symbol *sy;

	HASH_FIND(hh, st->symbols, PQgetvalue(r, row, 1), (size_t)PQgetlength(r, row, 1), sy);
	if (!sy || ids < 0 || sink_holes_load(sy, (enum sink_ids_of)ids, &run) == 0)
		return PG_OK;
	err_set(e, "no memory for the ids of %s", sy->name);
	return PG_RETRY;
}

enum pg_failure sink_load_ids(struct pg *pg, struct sink_state *st, struct err *e)
{
	int64_t since_us = ids_since_us(st);
	char since[24];
	const char *params[] = {st->venue, since};
	PGresult *r = NULL;
	enum pg_failure f = load_id_marks(pg, st, e);

	if (f != PG_OK || since_us == INT64_MAX)
		return f;
	snprintf(since, sizeof since, "%lld", (long long)since_us);
	f = pg_query(pg, "sink_load_ids", sql_sink_load_ids, 2, params, &r, e);
	for (int row = 0; f == PG_OK && row < PQntuples(r); row++)
		f = take_ids(st, r, row, e);
	PQclear(r);
	return f;
}
