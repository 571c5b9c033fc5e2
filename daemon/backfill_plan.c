#include "backfill_plan.h"
#include "clock.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int backfill_plan_init(struct backfill_plan *p, struct err *e)
{
	*p = (struct backfill_plan){.gaps = calloc(BACKFILL_GAPS_MAX, sizeof(*p->gaps)),
		.jobs = calloc(BACKFILL_GAPS_MAX, sizeof(*p->jobs))};
	if (p->gaps && p->jobs)
		return 0;
	backfill_plan_done(p);
	return err_set(e, "no memory for %d gaps", BACKFILL_GAPS_MAX);
}

void backfill_plan_done(struct backfill_plan *p)
{
	free(p->gaps);
	free(p->jobs);
	*p = (struct backfill_plan){NULL, NULL, 0, 0};
}

static bool read_gap(const PGresult *r, int row, struct backfill_gap *g)
{
	const struct stream *stream = stream_find(PQgetvalue(r, row, 1));

	if (!stream || strlen(PQgetvalue(r, row, 0)) >= sizeof(g->symbol) ||
		strlen(PQgetvalue(r, row, 4)) >= sizeof(g->cause))
		return false;
	*g = (struct backfill_gap){
		.stream = stream->kind,
		.from_us = pg_int(r, row, 2),
		.to_us = pg_int(r, row, 3),
		.first_id = pg_int(r, row, 5),
		.last_id = pg_int(r, row, 6),
		.rows_from_us = pg_int(r, row, 7),
		.rows_to_us = pg_int(r, row, 8),
	};
	snprintf(g->symbol, sizeof(g->symbol), "%s", PQgetvalue(r, row, 0));
	snprintf(g->cause, sizeof(g->cause), "%s", PQgetvalue(r, row, 4));
	return true;
}

int64_t backfill_due_us(int64_t clock_us)
{
	return clock_floor(clock_us - BACKFILL_AGE_US, SECOND_US);
}

enum pg_failure backfill_plan_read(
	struct backfill_plan *p, struct pg *pg, const char *venue, int64_t before_us, struct err *e)
{
	char before[24], most[24];
	const char *params[] = {venue, before, most};
	PGresult *r;

	snprintf(before, sizeof(before), "%" PRId64, before_us);
	snprintf(most, sizeof(most), "%d", BACKFILL_GAPS_MAX);
	enum pg_failure f = pg_query(pg, "backfill_gaps", sql_backfill_gaps, 3, params, &r, e);
	if (f != PG_OK)
		return f;
	p->gap_count = p->job_count = 0;
	for (int row = 0; row < PQntuples(r); row++)
		p->gap_count += read_gap(r, row, &p->gaps[p->gap_count]);
	PQclear(r);
	return PG_OK;
}

static int by_place(const void *left, const void *right)
{
	const struct backfill_gap *a = left, *b = right;
	int order = strcmp(a->symbol, b->symbol);

	if (order == 0)
		order = (int)fill_through(a->stream) - (int)fill_through(b->stream);
	if (order == 0)
		order = (a->rows_from_us > b->rows_from_us) - (a->rows_from_us < b->rows_from_us);
	return order ? order : (int)a->stream - (int)b->stream;
}

static int newest_first(const void *left, const void *right)
{
	const struct backfill_job *a = left, *b = right;
	int order = (a->to_us < b->to_us) - (a->to_us > b->to_us);

	return order ? order : (a->first > b->first) - (a->first < b->first);
}

const char *backfill_gap_lost(const struct backfill_gap *g)
{
	if (strcmp(g->cause, "recording") == 0)
		return "the recording holds nothing here";
	if (stream_table[g->stream].says == SAYS_NOTHING)
		return "the exchange does not tell the past of this stream";
	return NULL;
}

/* A gap that holds nothing to fetch is not to lengthen the fetch of others. */
static bool joins(
	const struct backfill_plan *p, const struct backfill_job *j, const struct backfill_gap *g)
{
	const struct backfill_gap *first = &p->gaps[j->first];

	return strcmp(first->symbol, g->symbol) == 0 && fill_through(g->stream) == j->through &&
	       g->rows_from_us <= j->to_us && backfill_gap_lost(first) == backfill_gap_lost(g);
}

void backfill_plan_make(struct backfill_plan *p)
{
	struct backfill_job *j = NULL;

	qsort(p->gaps, p->gap_count, sizeof(*p->gaps), by_place);
	p->job_count = 0;
	for (size_t i = 0; i < p->gap_count; i++) {
		const struct backfill_gap *g = &p->gaps[i];
		if (j && joins(p, j, g)) {
			j->count++;
			if (g->rows_to_us > j->to_us)
				j->to_us = g->rows_to_us;
			continue;
		}
		j = &p->jobs[p->job_count++];
		*j = (struct backfill_job){
			fill_through(g->stream), g->rows_from_us, g->rows_to_us, i, 1};
	}
	qsort(p->jobs, p->job_count, sizeof(*p->jobs), newest_first);
}

void backfill_gap_seconds(const struct backfill_gap *g, int64_t *first_us, int64_t *end_us)
{
	*first_us = clock_floor(g->rows_from_us, SECOND_US);
	*end_us = g->rows_to_us > g->rows_from_us ? g->rows_to_us : g->rows_from_us + 1;
}

bool backfill_gap_holds(const struct backfill_gap *g, enum stream_kind through, int64_t time_us)
{
	int64_t first_us, end_us;

	if (through != STREAM_KLINE_1S)
		return time_us >= g->rows_from_us && time_us <= g->rows_to_us;
	backfill_gap_seconds(g, &first_us, &end_us);
	return time_us >= first_us && time_us < end_us;
}

void backfill_gap_fill(const struct backfill_gap *g, enum fill_state state, struct fill *out)
{
	*out = (struct fill){
		.stream = g->stream,
		.from_us = g->from_us,
		.to_us = g->to_us,
		.state = state,
		.rows = state == FILL_DONE ? g->rows : 0,
		.first_id = g->first_id,
		.last_id = g->last_id,
		.rows_from_us = g->rows_from_us,
		.rows_to_us = g->rows_to_us,
	};
	snprintf(out->symbol, sizeof(out->symbol), "%s", g->symbol);
	snprintf(out->cause, sizeof(out->cause), "%s", g->cause);
}
