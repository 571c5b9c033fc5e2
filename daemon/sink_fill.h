/*
 * sink_fill: what a transaction writes of what is missing: holes in ids, how repairs stand, and up to where nothing is missing.
 * Writer's thread.
 */
#pragma once
#include "sink_facts.h"

/* Holes and repairs. Raises the revision of their symbols, so before these are written. */
must_check enum pg_failure sink_fill_gaps(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
/* Marks. After the symbols, which they belong to. */
must_check enum pg_failure sink_fill_marks(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
