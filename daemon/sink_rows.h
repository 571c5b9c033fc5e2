/*
 * sink_rows: a batch's raw rows and seconds → COPY, within the open transaction.
 *
 * Fast rows go by sorted binary COPY straight into the tables; rows that may be repeats go by a temp table and
 * ON CONFLICT. When a fast row turns out to be a repeat (PG_CONFLICT) the whole batch runs again with `all_slow`. Writer's thread.
 */
#pragma once
#include "pg_copy.h"
#include "sink_write.h"

struct sink_rows {
	struct pg_copy fast, slow;
};

void sink_rows_init(struct sink_rows *w, size_t max_bytes);
void sink_rows_done(struct sink_rows *w);

must_check enum pg_failure sink_rows_trades(
	struct sink_rows *w, const struct sink_write *to, struct err *e);
must_check enum pg_failure sink_rows_agg_trades(
	struct sink_rows *w, const struct sink_write *to, struct err *e);
must_check enum pg_failure sink_rows_tickers(
	struct sink_rows *w, const struct sink_write *to, struct err *e);
/* `candles` holds struct batch_candle, sorted. For each row by the slow way that was really written, `changed(arg, symbol, open_us)`. */
struct sink_changed {
	void (*changed)(void *arg, struct sink_symbol *sy, int64_t open_us);
	void *arg;
};
must_check enum pg_failure sink_rows_candles(struct sink_rows *w, const struct sink_write *to,
	struct buf *candles, const struct sink_changed *changed, struct err *e);
