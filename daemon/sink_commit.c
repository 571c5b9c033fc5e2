#include "sink_commit.h"

#include "metrics.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "sink_bars.h"
#include "sink_facts.h"
#include "sink_given.h"
#include "sink_horizon.h"
#include "sink_late.h"
#include "sink_raw.h"
#include "sink_settle.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(metric_commits, "pricegraph_sink_commits_total", "Transactions committed");
METRIC_COUNTER(metric_staying, "pricegraph_sink_bars_staying_total",
	"Seconds rewritten after their minute was folded that left the bars above them as they "
	"were");
METRIC_COUNTER(metric_conflicts, "pricegraph_sink_conflicts_total",
	"Transactions run again because a row was there already");

struct sink_commit {
	struct sink_rows rows;
	struct sink_bars bars;
	struct sink_facts facts;
	struct buf late;      /* struct batch_candle */
	struct buf changed;   /* struct sink_symbol * */
	struct sink_write to; /* the transaction under way */
};

struct sink_commit *sink_commit_new(
	struct pg *pg, const char *token, size_t max_bytes, struct err *e)
{
	struct sink_commit *c = calloc(1, sizeof *c);

	if (!c) {
		err_set(e, "no memory for the sink's transaction");
		return NULL;
	}
	c->to.pg = pg;
	c->to.token = token;
	sink_rows_init(&c->rows, max_bytes);
	sink_bars_init(&c->bars, max_bytes);
	sink_bars_forget(&c->to);
	sink_facts_init(&c->facts, max_bytes);
	buf_init(&c->late, max_bytes);
	buf_init(&c->changed, max_bytes);
	c->to.changed = &c->changed;
	return c;
}

void sink_commit_free(struct sink_commit *c)
{
	if (!c)
		return;
	sink_rows_done(&c->rows);
	sink_bars_done(&c->bars);
	sink_facts_done(&c->facts);
	buf_done(&c->late);
	buf_done(&c->changed);
	free(c);
}

void sink_commit_forget(struct sink_commit *c)
{
	sink_bars_forget(&c->to);
}

/* A settled second was rewritten: the bars above it follow, and the symbol's readers must hear of it. */
static void second_changed(void *arg, struct sink_symbol *sy, int64_t open_us, bool bars_stay)
{
	struct sink_commit *c = arg;

	if (open_us >= sy->sealed_us)
		return;
	if (bars_stay)
		metric_add(&metric_staying, 1);
	else
		sink_settle_refold(c->to.batch, sy, open_us);
	sink_write_changed(&c->to, sy, open_us);
}

static enum pg_failure write_rows(struct sink_commit *c, struct err *e)
{
	const struct sink_write *to = &c->to;
	struct sink_changed changed = {second_changed, c};
	enum pg_failure f;

	buf_reset(&c->late);
	f = sink_raw_write(&c->rows, to, e);
	if (f == PG_OK)
		f = sink_rows_candles(&c->rows, to, &to->batch->candles, &changed, e);
	if (f == PG_OK)
		f = sink_late_compute(to, &c->late, e);
	if (f == PG_OK && c->late.len)
		f = sink_rows_candles(&c->rows, to, &c->late, &changed, e);
	if (f == PG_OK)
		f = sink_bars_minutes(&c->bars, to, e);
	if (f == PG_OK)
		f = sink_given_write(&c->facts, to, e);
	return f;
}

/* The transaction up to its COMMIT. *fenced when another sink is there. */
static enum pg_failure write_all(struct sink_commit *c, bool *fenced, struct err *e)
{
	enum pg_failure f = pg_exec(c->to.pg, "BEGIN", e);

	if (f == PG_OK)
		f = sink_facts_fence(&c->facts, &c->to, fenced, e);
	if (f != PG_OK || *fenced)
		return f;
	sink_horizon_cut(&c->to);
	f = sink_bars_foreign(&c->to, e);
	if (f == PG_OK)
		f = write_rows(c, e);
	if (f == PG_OK && sink_batch_failed(c->to.batch)) {
		err_set(e, "no memory for the bars to be folded");
		f = PG_BUG;
	}
	sink_batch_sort(c->to.batch);
	if (f == PG_OK)
		f = sink_facts_write(&c->facts, &c->to, e);
	return f;
}

static void rollback(struct sink_commit *c)
{
	struct err ignored;

	/* Also when the connection is gone: it says that what follows does not belong to the transaction. */
	if (pg_exec(c->to.pg, "ROLLBACK", &ignored) != PG_OK)
		pg_disconnect(c->to.pg);
}

static enum sink_done outcome(enum pg_failure f)
{
	switch (f) {
	case PG_OK:
		return SINK_COMMITTED;
	case PG_RETRY:
		return SINK_LATER;
	case PG_NO_PARTITION:
		return SINK_NO_PARTITION;
	case PG_BAD_DATA:
		return SINK_REFUSED;
	case PG_CONFLICT:
	case PG_BUG:
		return SINK_BROKEN;
	}
	return SINK_BROKEN;
}

/* The answer to a COMMIT was lost: the stored offsets tell whether it took place. */
static enum sink_done resolve_commit(struct sink_commit *c, bool *committed, struct err *e)
{
	const struct batch_offset *o = BATCH_ROWS(c->to.batch->offsets, const struct batch_offset);
	const char *params[] = {c->to.st->venue};
	PGresult *r = NULL;
	enum pg_failure f =
		pg_query(c->to.pg, "sink_load_offsets", sql_sink_load_offsets, 1, params, &r, e);

	*committed = false;
	for (int i = 0; f == PG_OK && i < PQntuples(r); i++) {
		const char *stream = sink_batch_stream(c->to.batch->of_history, o->stream);

		if (strcmp(PQgetvalue(r, i, 0), stream) != 0 || pg_int(r, i, 1) != o->partition)
			continue;
		*committed = pg_int(r, i, 2) == o->next;
		break;
	}
	PQclear(r);
	return outcome(f);
}

static void mark_committed(struct sink_commit *c)
{
	sink_facts_committed(&c->to);
	sink_bars_committed(&c->to);
	metric_add(&metric_commits, 1);
}

static enum sink_done run_once(
	struct sink_commit *c, bool all_slow, enum pg_failure *failure, struct err *e)
{
	bool fenced = false;
	enum pg_failure f;

	c->to.all_slow = all_slow;
	f = write_all(c, &fenced, e);

	if (f == PG_OK && !fenced) {
		f = pg_exec(c->to.pg, "COMMIT", e);
		c->to.batch->commit_unsure = f != PG_OK;
	}
	*failure = f;
	if (f == PG_OK && !fenced) {
		mark_committed(c);
		return SINK_COMMITTED;
	}
	rollback(c);
	return fenced ? SINK_FENCED : outcome(f);
}

enum sink_done sink_commit_run(
	struct sink_commit *c, const struct sink_state *st, struct sink_batch *b, struct err *e)
{
	enum pg_failure f;
	enum sink_done done;

	c->to.st = st;
	c->to.batch = b;
	sink_batch_sort(b);
	if (b->commit_unsure) {
		bool committed;

		done = resolve_commit(c, &committed, e);
		if (done != SINK_COMMITTED)
			return done;
		b->commit_unsure = false;
		if (committed) {
			mark_committed(c);
			return SINK_COMMITTED;
		}
	}
	done = run_once(c, false, &f, e);
	if (f == PG_CONFLICT) {
		metric_add(&metric_conflicts, 1);
		done = run_once(c, true, &f, e);
	}
	return done;
}
