#include "correct_work.h"
#include "clock.h"
#include "correct_bars.h"
#include "correct_natural.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>

#define SOURCE_BYTES_MAX (1 << 20)

int correct_bounds_read(struct pg *pg, const char *venue, const char *symbol,
	struct correct_bounds *out, struct err *e)
{
	const char *params[] = {venue, symbol};
	PGresult *r = NULL;
	int rc = -1;

	if (pg_query(pg, "correct_bounds", sql_correct_bounds, 2, params, &r, e) != PG_OK)
		return -1;
	if (PQntuples(r) == 0) {
		err_set(e, "there is no symbol '%s' at venue '%s'", symbol, venue);
	} else {
		out->settled_us = pg_int(r, 0, 0);
		out->clock_us = pg_int(r, 0, 1);
		for (int i = 0; i < LADDER_COUNT; i++)
			out->horizon_us[i] = pg_int(r, 0, 3 + i);
		out->raw_us = pg_int(r, 0, 2);
		rc = 0;
	}
	PQclear(r);
	return rc;
}

/* How many lines from there on go into one transaction: of one level. */
static size_t chunk_at(const struct correct_file *f, size_t at)
{
	size_t n = 0;

	while (n < CHANGE_CHUNK && at + n < f->count &&
		f->lines[at + n].is.level == f->lines[at].is.level)
		n++;
	return n;
}

/* Why a candle can't be changed, in `out`; false: it can. */
static bool refuses(const struct correct_bounds *b, const struct candle_line *l, struct err *out)
{
	int64_t end_us = l->candle.open_us + ladder_width_us[l->level];
	char limit[CHANGE_TIME_SIZE];

	if (l->candle.open_us >= b->clock_us) {
		change_time_format(b->clock_us, limit);
		err_set(out, "it lies in the future: it is %s at the exchange", limit);
	} else if (end_us > b->settled_us) {
		change_time_format(b->settled_us, limit);
		err_set(out, "it is not settled yet: only what ends by %s is", limit);
	} else if (l->candle.open_us < b->horizon_us[l->level]) {
		change_time_format(b->horizon_us[l->level], limit);
		err_set(out, "candles of %s before %s are not kept any more",
			candle_level_name(l->level), limit);
	} else {
		return false;
	}
	return true;
}

/* Tells of the bars that have finer candles beneath them: they are a function of these. */
static int check_bars(
	struct correct_file *f, struct pg *pg, const char *venue, const char *symbol, struct err *e)
{
	int64_t starts[CHANGE_CHUNK];
	bool over[CHANGE_CHUNK];
	size_t n;

	for (size_t i = 0; i < f->count; i += n) {
		struct correct_bars bars = {pg, venue, symbol, f->lines[i].is.level};

		n = chunk_at(f, i);
		if (bars.level == LADDER_1S)
			continue;
		for (size_t k = 0; k < n; k++)
			starts[k] = f->lines[i + k].is.candle.open_us;
		if (correct_bars_over(&bars, starts, n, over, e) != 0)
			return -1;
		for (size_t k = 0; k < n; k++)
			if (over[k] && f->lines[i + k].is.order != ORDER_WITHDRAW)
				correct_file_tell(f, f->lines[i + k].number,
					"there are finer candles beneath it: correct these");
	}
	return 0;
}

int correct_work_check(struct correct_file *f, struct change_write *w,
	const struct correct_bounds *bounds, struct err *e)
{
	for (size_t i = 0; i < f->count; i++) {
		struct err why = {""};

		if (refuses(bounds, &f->lines[i].is, &why))
			correct_file_tell(f, f->lines[i].number, why.text);
	}
	if (check_bars(f, w->pg, w->venue, w->symbol, e) != 0)
		return -1;
	return f->wrong ? err_set(e, "%" PRId64 " lines can't be: nothing was changed", f->wrong)
			: 0;
}

struct chunk {
	const struct correct_line *lines;
	size_t count;
	int64_t raw_us;
	struct second_source source; /* of those that are withdrawn */
};

static enum pg_failure fill_lines(void *arg, struct change_write *w, struct err *e)
{
	struct chunk *c = arg;
	enum pg_failure f = change_write_lock(w, e);

	second_source_reset(&c->source);
	for (size_t i = 0; i < c->count && f == PG_OK; i++) {
		const struct candle_line *l = &c->lines[i].is;
		struct candle_change change = {.candle = l->candle,
			.has_taker = l->has_taker,
			.removed = l->order == ORDER_REMOVE};

		if (l->order == ORDER_WITHDRAW && l->level != LADDER_1S) {
			change.candle.origin =
				ORIGIN_SAMPLE; /* what the bar becomes is found there */
			change.removed = true;
		}
		if (l->order != ORDER_WITHDRAW || l->level != LADDER_1S)
			change_write_add(w, &change);
		else if (!second_source_add(&c->source, w->symbol, l->candle.open_us, e))
			f = PG_BUG;
	}
	return f == PG_OK ? correct_natural_withdraw(w, &c->source, c->raw_us, e) : f;
}

static int write_lines(struct change_write *w, const struct correct_file *f,
	const struct correct_bounds *bounds, struct err *e)
{
	struct chunk c = {.raw_us = bounds->raw_us};
	int rc = 0;

	second_source_init(&c.source, SOURCE_BYTES_MAX);
	for (size_t i = 0; i < f->count && rc == 0; i += c.count) {
		c.lines = &f->lines[i];
		c.count = chunk_at(f, i);
		change_write_level(w, c.lines->is.level);
		if (change_write_chunk(w, fill_lines, &c, e) != 0)
			rc = i ? err_wrap(e, "after %zu of %zu candles; run it again", i, f->count)
			       : -1;
	}
	second_source_done(&c.source);
	return rc;
}

int correct_work_file(struct change_write *w, const struct correct_file *f,
	const struct correct_bounds *bounds, struct err *e)
{
	int64_t day_us = -1;

	for (size_t i = 0; i < f->count; i++) {
		int64_t open_us = f->lines[i].is.candle.open_us;

		if (clock_floor(open_us, DAY_US) == day_us)
			continue;
		day_us = clock_floor(open_us, DAY_US);
		if (change_write_ensure(w, day_us, e) != 0)
			return -1;
	}
	return write_lines(w, f, bounds, e);
}
