/*
 * backfill_plan: which gaps are to be repaired, in which order, and which of them by one and the same fetch.
 *
 * Newest first. Gaps of several streams of a symbol that touch or overlap are filled through the same history by one job. Passive values, one
 * owning thread; at most BACKFILL_GAPS_MAX gaps are held at once, the rest comes when these are done.
 */
#pragma once
#include "control.h"
#include "event.h"
#include "fill.h"
#include "pg.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKFILL_GAPS_MAX 10000
/* Of what is fetched: before, REST may lack the last trades. */
#define BACKFILL_AGE_US (10 * 1000000LL)

struct backfill_gap {
	char symbol[SYMBOL_SIZE];
	enum stream_kind stream;
	char cause[CAUSE_SIZE];
	int64_t from_us, to_us;
	int64_t first_id, last_id;        /* of a hole in ids; else -1 */
	int64_t rows_from_us, rows_to_us; /* all of it, and where these ids may lie beyond it */
	int64_t rows;                     /* found for it */
};

struct backfill_job {
	enum stream_kind through; /* whose history fills it */
	int64_t from_us, to_us;   /* where the rows of all its gaps lie together */
	size_t first, count;      /* its gaps in the plan */
};

struct backfill_plan {
	struct backfill_gap *gaps; /* of one symbol and history side by side */
	struct backfill_job *jobs; /* newest first */
	size_t gap_count, job_count;
};

must_check int backfill_plan_init(struct backfill_plan *p, struct err *e);
void backfill_plan_done(struct backfill_plan *p);
/* Up to where gaps may end that can be filled when the venue's clock shows `clock_us`: all seconds that they touch are old enough. */
int64_t backfill_due_us(int64_t clock_us);
/* Reads the gaps of the venue that end at `before_us` or before, all that they lack included. Gaps of streams that this program does not know are left alone. */
must_check enum pg_failure backfill_plan_read(struct backfill_plan *p, struct pg *pg,
	const char *venue, int64_t before_us, struct err *e);
/* Makes the jobs of the gaps that are there. */
void backfill_plan_make(struct backfill_plan *p);

/* Why there is nothing to fetch for it; NULL: there may be. */
const char *backfill_gap_lost(const struct backfill_gap *g);
/* The seconds of a gap's rows are those that these touch: a bar that opens in [first, end). */
void backfill_gap_seconds(const struct backfill_gap *g, int64_t *first_us, int64_t *end_us);
/* Does a row of the history that fills it, of that time, count for the gap? */
bool backfill_gap_holds(const struct backfill_gap *g, enum stream_kind through, int64_t time_us);
void backfill_gap_fill(const struct backfill_gap *g, enum fill_state state, struct fill *out);
