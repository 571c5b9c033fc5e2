/*
 * truth: the file that says what the market did and what of it was sent, for audits.
 *
 * One line an event, in order: `<sent|unsent> <market time us> <stream name> <event object>`; a
 * frame without a name has `-`, one that is no object is given whole. `sent`: at least one
 * connection was to get it. Notices of the model itself (replayEnded, replayJumped) are not in it.
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
void truth_flush(struct truth *t);
