/*
 * history_load: a load of the past by hand, of a stretch from REST or of a file: how far it has come, kept in the database and shown to the
 * person who waits for it.
 *
 * What is saved is what Kafka has acknowledged: after an interruption, however it came, the same command goes on behind it. main's thread of
 * pricegraphctl; blocks.
 */
#pragma once
#include "given_run.h"
#include "history_write.h"

#define HISTORY_LOAD_WHAT_SIZE 1200

struct history_load {
	const struct settings *settings; /* lent */
	struct history_write write;
	const char *none; /* why there is nothing where it brings no bars; lent */
	char what[HISTORY_LOAD_WHAT_SIZE];
	char symbol[SYMBOL_SIZE];
	struct given_run run;
	int64_t epoch;
	int64_t stated_us;
	int64_t saved; /* as given to _save; -1: nothing yet */
	int64_t began_us, shown_us, rows, rows_shown;
	double began_share; /* of the whole, done before */
};

/* Sees to the topics and to the venue's row. `source` as in history_write. */
must_check int history_load_init(
	struct history_load *l, const struct settings *s, const char *source, struct err *e);
void history_load_done(struct history_load *l);
/* Begins `what`, of one symbol, or goes on with it: then `saved` and `stated_us` are as they were saved; else they are -1 and `stated_us`. */
must_check int history_load_begin(struct history_load *l, const char *what, const char *symbol,
	int64_t stated_us, struct err *e);
/* Waits until the sink has room for a page. */
must_check int history_load_room(struct history_load *l, enum stream_kind kind, struct err *e);
/* Rows in the order of time, or of ids. Tells the sink behind them what stretches they make up, and where bars are missing between them. */
must_check int history_load_row(
	struct history_load *l, const struct history_row *row, struct err *e);
/* A row that was saved before an interruption: what comes next follows on it. */
void history_load_passed(struct history_load *l, const struct history_row *row);
/* Something was passed over that could not be read: nothing is said of it. */
must_check int history_load_break(struct history_load *l, struct err *e);
/* Waits until Kafka has all rows, then saves that the work is done up to `done`. */
must_check int history_load_save(struct history_load *l, int64_t done, struct err *e);
/* It is complete: waits likewise, and forgets it. */
must_check int history_load_end(struct history_load *l, struct err *e);
/* Shows once a second, to stderr, what is done, the rate and the time left. `share` of the whole: 0 to 1. */
void history_load_show(struct history_load *l, double share);
