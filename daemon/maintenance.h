/*
 * maintenance: partitions made ahead, in a thread and a connection of its own, so that the sink's path never makes one.
 *
 * All but recordings get theirs two days ahead by the venue's clock, looked at every ten minutes; then what is too old goes (retention). A batch
 * that still meets a missing one asks for its days and waits (a recording's past, a late event).
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stdint.h>

struct maintenance;
/* Starts the thread "maintenance". NULL: `e` says why. */
struct maintenance *maintenance_start(const struct settings *s, struct err *e);
/* Joins. NULL is fine. */
void maintenance_stop(struct maintenance *m);
enum maintenance_of { MAINTENANCE_ALL, MAINTENANCE_YEARS };
struct maintenance_times {
	enum maintenance_of
		of; /* all tables, or those whose partitions are a year wide: bars above the second */
	const int64_t *us; /* lent */
	size_t count;
};
/* Makes the partitions that hold these times. Any thread; blocks on PostgreSQL. -1: try again later. */
must_check int maintenance_ensure(
	struct maintenance *m, const struct maintenance_times *times, struct err *e);
