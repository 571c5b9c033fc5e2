/*
 * history_ahead: how many records of a history topic the sink has not taken yet, so that whoever writes them stays within a bound and the sink,
 * which takes history only while the live topics do not lag, sets the pace.
 *
 * Asks Kafka for the high watermarks and the database for the stored offsets; in between it counts what the owner has sent. Blocking; one owning
 * thread.
 */
#pragma once
#include "err.h"
#include "pg.h"
#include "settings.h"
#include "stream.h"
#include <stdint.h>

#define HISTORY_AHEAD_MAX 100000 /* records of a topic, all its partitions together */
#define HISTORY_PAGE 1000

struct history_ahead;
/* `s` is lent for its life. */
struct history_ahead *history_ahead_new(const struct settings *s, struct err *e);
void history_ahead_free(struct history_ahead *a);
struct history_sent { /* by the owner, in all, of any kind */
	int64_t sent, acknowledged;
};
/* Is there room for a page (HISTORY_PAGE records) in the history of `kind`? `out` was read before the call. 1: yes; 0: not now; -1: `e` says why
 * it can't be told. */
must_check int history_ahead_room(struct history_ahead *a, struct pg *pg, enum stream_kind kind,
	const struct history_sent *out, struct err *e);
/* Asks now. */
must_check int history_ahead_count(struct history_ahead *a, struct pg *pg, enum stream_kind kind,
	int64_t *count, struct err *e);
