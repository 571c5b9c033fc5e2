/*
 * fault_plan: the faults that wait, that are active and that are done, and which of them strikes next.
 *
 * Chance is a function of the seed and of what was asked before. What begins and ends is told to
 * its owner, who acts and keeps the truth. Done faults are kept for the list, the oldest go. One
 * owning thread.
 */
#pragma once
#include "fault_read.h"

#define FAULT_PLAN_MAX 100000

struct fault_plan;
struct fault_plan_owner {
	void *ctx;
	/* It has just begun, or just ended (state DONE). */
	void (*turned)(void *ctx, struct fault *f);
};

struct fault_plan *fault_plan_new(
	uint64_t seed, struct fault_plan_owner owner); /* NULL: no memory */
void fault_plan_free(struct fault_plan *p);
/* Takes over what a text or a file asks for (fault_read.h); `ids`: the first's and the last's. What
 * is to begin at once begins. -1: `e` says why, nothing was taken. */
must_check int fault_plan_add(
	struct fault_plan *p, const char *text, size_t len, int64_t ids[2], struct err *e);
must_check int fault_plan_add_file(struct fault_plan *p, const char *path, struct err *e);
/* The market was started at this market time: `at` counts from here. */
void fault_plan_start(struct fault_plan *p, int64_t market_us);
/* It is this market time: what is due begins, what is over ends. */
void fault_plan_tick(struct fault_plan *p, int64_t market_us);
/* One more data frame was made. */
void fault_plan_frame(struct fault_plan *p);
/* The next active fault of this seam that strikes connection `number` (0 = none yet) and `name`
 * (stream or path; absent if it has none); it is counted as a hit and ends with its last one. NULL:
 * none. */
struct fault *fault_plan_strike(
	struct fault_plan *p, enum fault_seam seam, int64_t number, struct slice name);
/* The active fault of this kind for this connection, chance aside; the caller counts its hits. */
struct fault *fault_plan_active(const struct fault_plan *p, enum fault_kind kind, int64_t number);
/* Is the connection one of those that `f` is meant for? */
bool fault_chosen(const struct fault_plan *p, const struct fault *f, int64_t number);
void fault_plan_newest(struct fault_plan *p, int64_t number); /* a connection was made */
bool fault_plan_idle(const struct fault_plan *p);             /* nothing waits or is active */
/* Ends one, or all (id 0) that wait or are active. How many. */
size_t fault_plan_end(struct fault_plan *p, int64_t id);
void fault_plan_print(const struct fault_plan *p, struct buf *out); /* a JSON array */
