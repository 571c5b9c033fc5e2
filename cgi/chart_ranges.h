/*
 * chart_ranges: a set of half-open spans of time, for coverage.
 *
 * Built by additions in any order; every other function wants the set in order (chart_ranges_order). Like a buf it does not fail visibly:
 * without memory `failed` is set, and the builder checks it once. One owning thread. A zeroed set is empty.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chart_range {
	int64_t from_us, to_us;
};

struct chart_ranges {
	struct chart_range *v; /* in order: ascending, disjoint, not touching */
	size_t count, room;
	bool failed;
};

void chart_ranges_done(struct chart_ranges *r);
/* Empty spans (to <= from) are ignored. */
void chart_ranges_add(struct chart_ranges *r, int64_t from_us, int64_t to_us);
void chart_ranges_add_all(struct chart_ranges *r, const struct chart_ranges *more);
/* Sorts and joins what overlaps or touches. */
void chart_ranges_order(struct chart_ranges *r);
/* Takes [from, to) out of the set. */
void chart_ranges_cut(struct chart_ranges *r, int64_t from_us, int64_t to_us);
void chart_ranges_cut_all(struct chart_ranges *r, const struct chart_ranges *less);
/* Leaves of each span the whole multiples of `width` within it. */
void chart_ranges_shrink(struct chart_ranges *r, int64_t width_us);
/* Whether one span holds all of [from, to). */
bool chart_ranges_hold(const struct chart_ranges *r, int64_t from_us, int64_t to_us);
