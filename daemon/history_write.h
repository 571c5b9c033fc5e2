/*
 * history_write: writes the past into the history topics at the pace at which the sink takes it: never more than HISTORY_AHEAD_MAX records ahead.
 *
 * Wires history_out and history_ahead with a database connection. Its calls wait until there is room or the owner wants to stop. One owning
 * thread.
 */
#pragma once
#include "history_ahead.h"
#include "history_out.h"

enum history_written {
	HISTORY_WRITTEN,
	HISTORY_STOPPED,
	HISTORY_FAILED, /* Kafka or the database: `e` says why; later again */
	HISTORY_DEAD, /* the producer: what is unacknowledged is lost; history_write_revive, then begin anew */
};

struct history_write {
	struct history_out *out;
	struct history_ahead *ahead;
	struct pg *pg;
	bool (*stopping)(void *arg);
	void *arg;
};

/* `source` and `s` are lent. `w` may hold NULL in `stopping`: it never stops. Does not connect yet. */
must_check int history_write_init(
	struct history_write *w, const struct settings *s, const char *source, struct err *e);
void history_write_done(struct history_write *w);
/* Waits until the sink has room for a page of HISTORY_PAGE more records. */
must_check enum history_written history_write_room(
	struct history_write *w, enum stream_kind kind, struct err *e);
must_check enum history_written history_write_row(struct history_write *w, const char *symbol,
	const struct history_row *row, int64_t stated_us, struct err *e);
must_check enum history_written history_write_fill(
	struct history_write *w, const struct fill *f, struct err *e);
must_check enum history_written history_write_given(
	struct history_write *w, const struct given *g, struct err *e);
/* Waits until Kafka has everything. */
must_check enum history_written history_write_flush(struct history_write *w, struct err *e);
must_check int history_write_revive(struct history_write *w, struct err *e);
