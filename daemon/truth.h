/*
 * truth: the file that says what the market did and what of it was sent, for audits.
 *
 * One line an event, in order: `<sent|unsent> <market time us> <stream name> <event object>`; a
 * frame without a name has `-`, one that is no object is given whole. `sent`: at least one
 * connection was to get it. Notices of the model itself (replayEnded, replayJumped) are not in it.
 * Other lines tell of connections and faults, `<word> <market time us> <#connection|-> <object>`:
 * connect, streams (all that it gets from here on), disconnect (`unsent`: of the events that were
 * for it the last so many were never written), fault and healed (a fault began, ended), and what
 * faults did to single frames (fault_frames.h).
 * One owning thread.
 */
#pragma once
#include "err.h"
#include "market.h"
#include <stdbool.h>

struct truth;
/* Creates or empties `path`. NULL: `e` says why. */
struct truth *truth_open(const char *path, struct err *e);
/* Flushes and closes. -1: some lines could not be written. NULL is nothing. */
int truth_close(struct truth *t, struct err *e);
void truth_write(struct truth *t, const struct market_event *ev, bool sent);
/* `connection` 0: of none. */
void truth_record(
	struct truth *t, const char *word, int64_t at_us, int64_t connection, struct slice object);
void truth_flush(struct truth *t);
