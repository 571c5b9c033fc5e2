#include "sink_facts.h"

#include "pg_array.h"
#include "pg_queries.h"
#include "sink_bars.h"
#include "sink_fill.h"

#include <stdlib.h>
#include <string.h>

void sink_facts_init(struct sink_facts *f, size_t max_bytes)
{
	for (int i = 0; i < SINK_ARRAYS; i++)
		buf_init(&f->arrays[i], max_bytes);
}

void sink_facts_done(struct sink_facts *f)
{
	for (int i = 0; i < SINK_ARRAYS; i++)
		buf_done(&f->arrays[i]);
}

struct buf *sink_facts_begin(struct sink_facts *f)
{
	for (int i = 0; i < SINK_ARRAYS; i++)
		pg_array_begin(&f->arrays[i]);
	return f->arrays;
}

enum pg_failure sink_facts_run(struct sink_facts *f, const struct sink_write *to,
	const char *const name_sql[2], int count, PGresult **result, struct err *e)
{
	const char *params[1 + SINK_ARRAYS] = {to->st->venue};

	for (int i = 0; i < count; i++) {
		pg_array_end(&f->arrays[i]);
		if (f->arrays[i].failed) {
			err_set(e, "no memory for the parameters of %s", name_sql[0]);
			return PG_BUG;
		}
		params[1 + i] = f->arrays[i].data;
	}
	return pg_query(to->pg, name_sql[0], name_sql[1], 1 + count, params, result, e);
}

#define STATEMENT(x) ((const char *const[2]){#x, sql_##x})

void sink_write_changed(const struct sink_write *to, struct sink_symbol *sy, int64_t open_us)
{
	if (!sy->changed) {
		buf_add(to->changed, &sy, sizeof sy);
		sy->changed = true;
		sy->changed_us = INT64_MAX;
	}
	if (open_us < sy->changed_us)
		sy->changed_us = open_us;
}

static enum pg_failure fence(
	struct sink_facts *f, struct sink_write *to, bool *fenced, struct err *e)
{
	struct buf *a = sink_facts_begin(f);
	PGresult *r = NULL;
	const char *params[3] = {to->st->venue, to->token};
	enum pg_failure done;
	int wanted = 0;

	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		bool touched = false;

		for (int k = 0; k < STREAM_COUNT; k++)
			touched = touched || to->batch->touched[k][i];
		if (touched) {
			pg_array_int(&a[0], i);
			wanted++;
		}
	}
	pg_array_end(&a[0]);
	params[2] = a[0].data;
	done = pg_query(to->pg, "sink_fence", sql_sink_fence, 3, params, &r, e);
	for (int row = 0; done == PG_OK && row < PQntuples(r); row++) {
		to->revisions[pg_int(r, row, 0)] = pg_int(r, row, 1);
		for (int h = 0; h < HORIZON_COUNT; h++)
			to->horizons_us[h] = PQgetisnull(r, row, 2 + h) ? 0 : pg_int(r, row, 2 + h);
	}
	*fenced = done == PG_OK && PQntuples(r) != wanted;
	PQclear(r);
	return done;
}

static enum pg_failure move_offsets(
	struct sink_facts *f, const struct sink_write *to, bool *fenced, struct err *e)
{
	const struct batch_offset *o = BATCH_ROWS(to->batch->offsets, const struct batch_offset);
	int wanted = (int)BATCH_COUNT(to->batch->offsets, struct batch_offset);
	struct buf *a = sink_facts_begin(f);
	PGresult *r = NULL;
	enum pg_failure done;

	for (int i = 0; i < wanted; i++) {
		pg_array_text(&a[0], sink_batch_stream(to->batch->of_history, o[i].stream));
		pg_array_int(&a[1], o[i].partition);
		pg_array_int(&a[2], o[i].expected);
		pg_array_int(&a[3], o[i].next);
		pg_array_int(&a[4], o[i].replay_from);
		pg_array_int(&a[5], o[i].identity);
	}
	done = sink_facts_run(f, to, STATEMENT(sink_offsets), 6, &r, e);
	*fenced = done == PG_OK && strtol(PQcmdTuples(r), NULL, 10) != wanted;
	PQclear(r);
	return done;
}

enum pg_failure sink_facts_fence(
	struct sink_facts *f, struct sink_write *to, bool *fenced, struct err *e)
{
	struct sink_symbol *const *changed = BATCH_ROWS(*to->changed, struct sink_symbol *);
	enum pg_failure done;

	for (size_t i = 0; i < BATCH_COUNT(*to->changed, struct sink_symbol *); i++)
		changed[i]->changed = false;
	buf_reset(to->changed);
	done = fence(f, to, fenced, e);
	if (done == PG_OK && !*fenced)
		done = move_offsets(f, to, fenced, e);
	return done;
}

static enum pg_failure write_spans(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct sink_session *se = BATCH_ROWS(to->batch->spans, const struct sink_session);
	size_t n = BATCH_COUNT(to->batch->spans, struct sink_session);
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], stream_table[se[i].stream].name);
		pg_array_int(&a[1], se[i].partition);
		pg_array_text(&a[2], se[i].id);
		pg_array_int(&a[3], se[i].from_us);
		pg_array_int(&a[4], se[i].t_us);
		pg_array_bool(&a[5], se[i].ended);
		pg_array_int(&a[6], se[i].clock_us);
		pg_array_float(&a[7], se[i].speed);
		pg_array_int(&a[8], se[i].alive_us);
	}
	return n ? sink_facts_run(f, to, STATEMENT(sink_spans), 9, NULL, e) : PG_OK;
}

static enum pg_failure write_subscriptions(
	struct sink_facts *f, const struct sink_write *to, bool closed, struct err *e)
{
	const struct batch_subscription *s =
		BATCH_ROWS(to->batch->subscriptions, const struct batch_subscription);
	struct buf *a = sink_facts_begin(f);
	int n = 0;

	for (size_t i = 0; i < BATCH_COUNT(to->batch->subscriptions, struct batch_subscription);
		i++) {
		if ((s[i].to_us >= 0) != closed)
			continue;
		pg_array_text(&a[0], s[i].symbol->name);
		pg_array_text(&a[1], stream_table[s[i].stream].name);
		pg_array_text(&a[2], s[i].session);
		pg_array_int(&a[3], s[i].from_us);
		pg_array_int(&a[4], s[i].to_us);
		n++;
	}
	if (!n)
		return PG_OK;
	return closed ? sink_facts_run(f, to, STATEMENT(sink_subscriptions_close), 5, NULL, e)
		      : sink_facts_run(f, to, STATEMENT(sink_subscriptions_open), 4, NULL, e);
}

static enum pg_failure write_gaps(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_gap *g = BATCH_ROWS(to->batch->gaps, const struct batch_gap);
	size_t n = BATCH_COUNT(to->batch->gaps, struct batch_gap);
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < n; i++) {
		pg_array_text(&a[0], g[i].symbol->name);
		pg_array_text(&a[1], stream_table[g[i].stream].name);
		pg_array_int(&a[2], g[i].from_us);
		pg_array_int(&a[3], g[i].to_us);
		pg_array_text(&a[4], g[i].cause);
		pg_array_int(&a[5], to->revisions[g[i].symbol->partition]);
		sink_write_changed(to, g[i].symbol, INT64_MAX);
	}
	return n ? sink_facts_run(f, to, STATEMENT(sink_gaps), 6, NULL, e) : PG_OK;
}

static void add_symbol(
	struct buf *a, const struct sink_write *to, const struct sink_symbol *sy, int64_t first_us)
{
	if (sy->changed && sy->changed_us < first_us)
		first_us = sy->changed_us;
	pg_array_text(&a[0], sy->name);
	pg_array_int(&a[1], sy->partition);
	if (first_us == INT64_MAX)
		pg_array_null(&a[2]);
	else
		pg_array_int(&a[2], first_us);
	pg_array_int(&a[3], sy->changed ? to->revisions[sy->partition] : sy->settled_revision);
}

static enum pg_failure write_symbols(
	struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_symbol *rows = BATCH_ROWS(to->batch->symbols, const struct batch_symbol);
	struct sink_symbol *const *changed = BATCH_ROWS(*to->changed, struct sink_symbol *);
	size_t row_count = BATCH_COUNT(to->batch->symbols, struct batch_symbol), n = row_count;
	struct buf *a = sink_facts_begin(f);

	for (size_t i = 0; i < row_count; i++)
		add_symbol(a, to, rows[i].symbol, rows[i].first_us);
	for (size_t i = 0; i < BATCH_COUNT(*to->changed, struct sink_symbol *); i++)
		if (!changed[i]->sealed_row) {
			add_symbol(a, to, changed[i], INT64_MAX);
			n++;
		}
	return n ? sink_facts_run(f, to, STATEMENT(sink_symbols), 4, NULL, e) : PG_OK;
}

/* A reason may quote the bad record's bytes, which need not be UTF-8. */
static void keep_ascii(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static enum pg_failure write_quarantine(
	struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	const struct batch_quarantine *q =
		BATCH_ROWS(to->batch->quarantines, const struct batch_quarantine);
	size_t n = BATCH_COUNT(to->batch->quarantines, struct batch_quarantine);
	struct buf *a = sink_facts_begin(f);
	const char *params[9] = {to->st->venue};
	char epoch[24], now[24];

	if (!n)
		return PG_OK;
	for (size_t i = 0; i < n; i++) {
		const char *bytes = to->batch->bytes.data + q[i].at;
		size_t key_len = q[i].key_len == SIZE_MAX ? 0 : q[i].key_len;
		char reason[ERR_TEXT_SIZE];

		snprintf(reason, sizeof reason, "%.*s", (int)q[i].reason_len,
			bytes + key_len + q[i].value_len);
		keep_ascii(reason);
		pg_array_text(&a[0], sink_batch_stream(to->batch->of_history, q[i].stream));
		pg_array_int(&a[1], q[i].partition);
		pg_array_int(&a[2], q[i].offset);
		pg_array_text(&a[3], reason);
		if (q[i].key_len == SIZE_MAX)
			pg_array_null(&a[4]);
		else
			pg_array_bytes(&a[4], bytes, key_len);
		pg_array_bytes(&a[5], bytes + key_len, q[i].value_len);
	}
	snprintf(epoch, sizeof epoch, "%lld", (long long)to->st->epoch);
	snprintf(now, sizeof now, "%lld", (long long)clock_wall_us());
	params[1] = epoch;
	params[8] = now;
	for (int i = 0; i < 6; i++) {
		pg_array_end(&a[i]);
		params[2 + i] = a[i].data;
	}
	return pg_query(to->pg, "sink_quarantine", sql_sink_quarantine, 9, params, NULL, e);
}

enum pg_failure sink_facts_write(struct sink_facts *f, const struct sink_write *to, struct err *e)
{
	enum pg_failure done = write_spans(f, to, e);

	if (done == PG_OK)
		done = write_gaps(f, to, e);
	if (done == PG_OK)
		done = sink_fill_holes(f, to, e);
	if (done == PG_OK)
		done = write_symbols(f, to, e);
	if (done == PG_OK)
		done = sink_fill_marks(f, to, e);
	if (done == PG_OK)
		done = sink_bars_fold(f, to, e);
	if (done == PG_OK)
		done = sink_fill_repairs(to, e);
	if (done == PG_OK)
		done = write_subscriptions(f, to, false, e);
	if (done == PG_OK)
		done = write_subscriptions(f, to, true, e);
	if (done == PG_OK)
		done = write_quarantine(f, to, e);
	return done;
}

void sink_facts_committed(const struct sink_write *to)
{
	struct sink_symbol *const *changed = BATCH_ROWS(*to->changed, struct sink_symbol *);

	for (size_t i = 0; i < BATCH_COUNT(*to->changed, struct sink_symbol *); i++) {
		changed[i]->settled_revision = to->revisions[changed[i]->partition];
		changed[i]->changed = false;
	}
	buf_reset(to->changed);
}
