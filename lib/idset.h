/*
 * idset: ids that were seen, of a second or of a repair, as sorted runs; trades are nearly always contiguous, so
 * a dense second is one run. Memory: 16 bytes a run, at most `IDSET_RUNS_MAX` runs. One owning
 * thread.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDSET_RUNS_MAX 65536

struct idset_run {
	int64_t first, last;
};

struct idset {
	struct idset_run *runs; /* ascending, disjoint, not adjacent */
	size_t count, room;
};

void idset_done(struct idset *s); /* a zeroed idset is empty */
/* 1: added; 0: was there; -1: no memory or too many runs, unchanged. */
must_check int idset_add(struct idset *s, int64_t id);
/* All of first..last, first <= last, first not the least of all. 1: some were added; else as idset_add. */
must_check int idset_add_range(struct idset *s, int64_t first, int64_t last);
bool idset_has(const struct idset *s, int64_t id);
