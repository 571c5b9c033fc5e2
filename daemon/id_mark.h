/*
 * id_mark: up to which id everything of one symbol has come, and what came beyond: the holes between are the ids that did not.
 *
 * Ids rise by one from trade to trade, so a hole is known as soon as something behind it comes; it closes by itself when its ids
 * come after all, in any order, and is told of once, when who asks says that nothing more will come. In order and without a hole
 * taking an id costs two comparisons. Memory: 32 bytes a range beyond a hole, at most ID_RANGES_MAX. One owning thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_RANGES_MAX 4096
#define ID_NONE (-1)

struct id_range {
	int64_t first, last;       /* ids, ascending, >= 0 */
	int64_t first_us, last_us; /* market time of the first and of the last */
};

struct id_mark {
	int64_t id,
		at_us; /* everything up to here has come, or was told of; ID_NONE: nothing is settled yet */
	struct id_range *beyond; /* ascending, disjoint, none adjacent */
	size_t count, room;
};

void id_mark_init(struct id_mark *m);
void id_mark_done(struct id_mark *m);
/* What came so far is of no meaning any more. Keeps the memory. */
void id_mark_forget(struct id_mark *m);
/* -1: no memory or too many holes; nothing changed. */
__attribute__((warn_unused_result)) int id_mark_take(struct id_mark *m, const struct id_range *r);
/* Something came. */
bool id_mark_is_begun(const struct id_mark *m);
/* Takes up the first range beyond a hole if it begins before `settled_us`: true, and `hole` is what is missing before it, with the times
 * of the record before and of the record behind. Again until false. Before the first range that is settled nothing is missing. */
bool id_mark_settle(struct id_mark *m, int64_t settled_us, struct id_range *hole);
