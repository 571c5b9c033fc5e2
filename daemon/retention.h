/*
 * retention: what is older than it is to be kept goes: the stored horizons first, then the partitions below them; sessions of long ago are
 * joined to stretches.
 *
 * Every writer looks at the horizons, so nothing is written any more to what is dropped next. A partition is detached concurrently, so nobody
 * waits for it; a lock that is not had within 200 ms is tried for again. One at a time per venue, by an advisory lock. As the owner, whose
 * tables they are. Maintenance's thread; blocks on PostgreSQL.
 */
#pragma once
#include "err.h"
#include "settings.h"

enum retention_done {
	RETENTION_DONE,
	RETENTION_AGAIN,  /* something was in use: soon again */
	RETENTION_REFUSED /* the owner's connection can't do it: someone must act */
};

struct retention;
/* NULL: no memory. */
struct retention *retention_new(const struct settings *s);
void retention_free(struct retention *r);
must_check enum retention_done retention_run(struct retention *r, struct err *e);
