/*
 * correct_stretch: a stretch of a symbol's past taken away, or computed anew from its raw rows, chunk by chunk (change_write). main's thread of
 * pricegraphctl; blocks on PostgreSQL.
 */
#pragma once
#include "correct_work.h"

/* Seconds, as far as they are kept, then the bars that have nothing finer beneath them and lie within. -1: also if such a bar reaches beyond the
 * stretch; nothing was changed then. */
must_check int correct_stretch_remove(struct change_write *w, const struct correct_bounds *bounds,
	int64_t from_us, int64_t to_us, struct err *e);
/* The partitions of all levels, before a rebuild. */
must_check int correct_stretch_ensure(
	struct change_write *w, int64_t from_us, int64_t to_us, struct err *e);
/* The bars above too. */
must_check int correct_stretch_rebuild(
	struct change_write *w, int64_t from_us, int64_t to_us, struct err *e);
