/*
 * given_run: the rows of a load in their order → which stretches they make up, and between bars where there are none.
 *
 * Bars run on while each begins where the one before ends; trades while each has the next id. Passive; one owning thread.
 */
#pragma once
#include "history_row.h"
#include <stdbool.h>

#define GIVEN_RUN_OUT 2 /* what one row can bring to an end: a stretch, and a hole behind it */

struct given_run {
	bool any;
	struct given_kind kind;
	int64_t from_us, to_us; /* bars: what is not told yet; to_us: where the next one is due */
	int64_t first_id, last_id;
};

/* Takes a row in. What it brings to an end goes to `out`, whose symbol is left as it is; how many there are is returned. A hole has a reason of one
 * blank, for the owner to replace. A row that was there already (a repeat) changes nothing. */
int given_run_add(
	struct given_run *r, const struct history_row *row, struct given out[GIVEN_RUN_OUT]);
/* Tells what there is up to now and goes on behind it. False: nothing new. */
bool given_run_tell(struct given_run *r, struct given *out);
/* What comes next follows on nothing: something was passed over. Behind given_run_tell. */
void given_run_break(struct given_run *r);
