/*
 * sink_fill: what a transaction writes of what is missing: holes in ids, how repairs stand, and up to where nothing is missing.
 * Writer's thread.
 */
#pragma once
#include "sink_facts.h"

/* Holes; raises the revision of their symbols, and of those of repairs, so before these are written. */
must_check enum pg_failure sink_fill_holes(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
/* Marks. After the symbols, which they belong to. */
must_check enum pg_failure sink_fill_marks(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
/* How repairs stand, judged by what is stored: after the folds. */
must_check enum pg_failure sink_fill_repairs(const struct sink_write *to, struct err *e);
