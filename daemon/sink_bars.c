#include "sink_bars.h"

#include "metrics.h"
#include "pg_array.h"
#include "pg_queries.h"

#include <string.h>

METRIC_COUNTER(metric_minutes, "pricegraph_sink_bars_written_total",
	"Minutes written at their end as they were folded in memory");
METRIC_COUNTER(metric_folded, "pricegraph_sink_bars_folded_total",
	"Minutes folded in the database, at their end or again");

void sink_bars_init(struct sink_bars *w, size_t max_bytes)
{
	pg_copy_init(&w->minutes, max_bytes);
}

void sink_bars_done(struct sink_bars *w)
{
	pg_copy_done(&w->minutes);
}

void sink_bars_forget(struct sink_write *to)
{
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		to->known_revisions[i] = REVISION_UNKNOWN;
		to->foreign_us[i] = INT64_MIN;
	}
}

static bool is_touched(const struct sink_batch *b, int partition)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (b->touched[k][partition])
			return true;
	return false;
}

static bool others_wrote(const struct sink_write *to, int partition)
{
	return is_touched(to->batch, partition) &&
	       (to->known_revisions[partition] == REVISION_UNKNOWN ||
		       to->revisions[partition] != to->known_revisions[partition] + 1);
}

enum pg_failure sink_bars_foreign(struct sink_write *to, struct err *e)
{
	const char *params[] = {to->st->venue};
	PGresult *r = NULL;
	enum pg_failure f;
	bool any = false;

	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		any = any || others_wrote(to, i);
	if (!any)
		return PG_OK;
	f = pg_query(to->pg, "sink_newest", sql_sink_newest, 1, params, &r, e);
	for (int i = 0; f == PG_OK && i < TOPIC_PARTITIONS; i++)
		if (others_wrote(to, i) && !PQgetisnull(r, 0, 0) &&
			pg_int(r, 0, 0) > to->foreign_us[i])
			to->foreign_us[i] = pg_int(r, 0, 0);
	PQclear(r);
	return f;
}

void sink_bars_committed(struct sink_write *to)
{
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		if (is_touched(to->batch, i))
			to->known_revisions[i] = to->revisions[i];
}

static bool is_known(const struct sink_write *to, const struct batch_minute *m)
{
	return !to->all_slow && m->symbol->rewritten_us < m->open_us &&
	       to->foreign_us[m->symbol->partition] < m->open_us;
}

static void add_minute(struct pg_copy *c, const struct sink_write *to, const struct batch_minute *m)
{
	pg_copy_row(c, 15);
	pg_copy_int64(c, m->open_us);
	pg_copy_text(c, m->symbol->name, m->symbol->name_len);
	pg_copy_text(c, to->st->venue, strlen(to->st->venue));
	pg_copy_bar(c, &m->bar);
	pg_copy_int16(c, (int16_t)m->bar.origin);
	pg_copy_int64(c, to->revisions[m->symbol->partition]);
	pg_copy_int16(c, (int16_t)m->made);
}

enum pg_failure sink_bars_minutes(struct sink_bars *w, const struct sink_write *to, struct err *e)
{
	const struct batch_minute *m = BATCH_ROWS(to->batch->minutes, const struct batch_minute);
	enum pg_failure f;

	pg_copy_reset(&w->minutes);
	for (size_t i = 0; i < BATCH_COUNT(to->batch->minutes, struct batch_minute); i++)
		if (!is_known(to, &m[i]) || m[i].is_out_of_range)
			sink_batch_fold(to->batch, LADDER_1M, m[i].symbol, m[i].open_us);
		else if (m[i].has_bar)
			add_minute(&w->minutes, to, &m[i]);
	f = pg_copy_send(&w->minutes, to->pg,
		"COPY candle_1m (open_us, symbol, venue, open, high, low, close, volume, quote, "
		"trades, taker_volume, taker_quote, origin, revision, made) FROM STDIN (FORMAT "
		"binary)",
		e);
	if (f == PG_OK)
		metric_add(&metric_minutes, (int64_t)w->minutes.rows);
	return f;
}

static enum pg_failure fold(
	struct sink_facts *f, const struct sink_write *to, enum ladder level, struct err *e)
{
	static const char *const names[LADDER_COUNT][2] = {
		[LADDER_1M] = {"fold_1m", "SELECT fold_1m($1, $2, $3, $4)"},
		[LADDER_1H] = {"fold_1h", "SELECT fold_1h($1, $2, $3, $4)"},
		[LADDER_1D] = {"fold_1d", "SELECT fold_1d($1, $2, $3, $4)"},
	};
	const struct batch_fold *fold =
		BATCH_ROWS(to->batch->folds[level], const struct batch_fold);
	size_t n = BATCH_COUNT(to->batch->folds[level], struct batch_fold);
	struct buf *a = sink_facts_begin(f);

	if (!n)
		return PG_OK;
	if (level == LADDER_1M)
		metric_add(&metric_folded, (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], fold[i].symbol->name);
		pg_array_int(&a[1], fold[i].open_us);
		pg_array_int(&a[2], to->revisions[fold[i].symbol->partition]);
	}
	return sink_facts_run(f, to, names[level], 3, NULL, e);
}

enum pg_failure sink_bars_fold(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	enum pg_failure done = PG_OK;

	for (enum ladder level = LADDER_1M; level < LADDER_COUNT && done == PG_OK; level++)
		done = fold(f, to, level, e);
	return done;
}
