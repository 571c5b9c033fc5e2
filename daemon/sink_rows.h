/*
 * sink_rows: rows → a table, within the open transaction; and a batch's seconds.
 *
 * Fast rows go by sorted binary COPY straight into the table; rows that may be repeats go by a temp table and
 * ON CONFLICT. When a fast row turns out to be a repeat (PG_CONFLICT) the whole batch runs again with `all_slow`. Writer's thread.
 */
#pragma once
#include "pg_copy.h"
#include "sink_write.h"

struct sink_rows {
	struct pg_copy fast, slow;
};

/* The statements that bring rows into one table; `merge` takes them over from the temp table. */
struct sink_table {
	const char *copy_fast, *make_slow, *copy_slow, *merge_name, *merge;
};

void sink_rows_init(struct sink_rows *w, size_t max_bytes);
void sink_rows_done(struct sink_rows *w);
void sink_rows_reset(struct sink_rows *w);
/* Sends both; *merged is what `merge` answered, the caller's (PQclear); untouched if there were no slow rows. */
must_check enum pg_failure sink_rows_send(struct sink_rows *w, struct pg *pg,
	const struct sink_table *into, PGresult **merged, struct err *e);

/* `candles` holds struct batch_candle, sorted. `changed` is called for each row by the slow way that was really written; `bars_stay`: those above
 * are the same with it. */
struct sink_changed {
	void (*changed)(void *arg, struct sink_symbol *sy, int64_t open_us, bool bars_stay);
	void *arg;
};
must_check enum pg_failure sink_rows_candles(struct sink_rows *w, const struct sink_write *to,
	struct buf *candles, const struct sink_changed *changed, struct err *e);
