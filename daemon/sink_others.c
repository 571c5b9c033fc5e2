#include "sink_others.h"

#include "metrics.h"
#include "pg_array.h"
#include "pg_queries.h"

#include <string.h>

METRIC_COUNTER(metric_others, "pricegraph_sink_foreign_changes_total",
	"Symbols whose past another writer changed (corrections, rebuilds)");

#define EVERY_US SECOND_US

void sink_others_reset(struct sink_others *o)
{
	o->last_mono_us = 0;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		o->seen[i] = -1;
}

static void take(struct sink_others *o, struct sink_state *st, const PGresult *r, int row)
{
	int64_t revision = pg_int(r, row, 1);
	struct sink_symbol *sy;

	HASH_FIND(hh, st->symbols, PQgetvalue(r, row, 0), (size_t)PQgetlength(r, row, 0), sy);
	if (!sy)
		return;
	if (revision > o->seen[sy->partition])
		o->seen[sy->partition] = revision;
	if (revision > sy->settled_revision) {
		sy->settled_revision = revision;
		metric_add(&metric_others, 1);
	}
}

enum pg_failure sink_others_look(
	struct sink_others *o, struct pg *pg, struct sink_state *st, struct err *e)
{
	struct buf seen;
	const char *params[2] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f = PG_OK;

	if (clock_mono_us() - o->last_mono_us < EVERY_US)
		return PG_OK;
	o->last_mono_us = clock_mono_us();
	buf_init(&seen, 1024);
	pg_array_begin(&seen);
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		pg_array_int(&seen, o->seen[i]);
	pg_array_end(&seen);
	params[1] = seen.data;
	if (seen.failed)
		f = PG_RETRY;
	else
		f = pg_query(pg, "sink_others", sql_sink_others, 2, params, &r, e);
	for (int row = 0; f == PG_OK && row < PQntuples(r); row++)
		take(o, st, r, row);
	PQclear(r);
	buf_done(&seen);
	return f;
}
