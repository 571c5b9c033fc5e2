/*
 * fault_frames: what faults do to data frames on their way to a connection, as the hub's filter.
 *
 * Each frame that does not reach a connection once, whole and in its turn gets a line in the truth
 * file: `lost` never sent, `twice`, `late`, `moved` or `held` sent later (if the connection ends
 * before, `lost` follows), `altered` sent so that it cannot be read, `extra` such a one and then
 * the right one, `form` sent whole in an unusual form. One owning thread.
 */
#pragma once
#include "fault_plan.h"
#include "hub.h"
#include "truth.h"

struct fault_frames;
/* Lends all; `truth` may be NULL. NULL: no memory. */
struct fault_frames *fault_frames_new(struct hub *h, struct fault_plan *plan, struct truth *truth);
void fault_frames_free(struct fault_frames *f);
/* For hub_filter_set. */
struct hub_filter fault_frames_filter(struct fault_frames *f);
/* Lets go what was held back long enough; all that `done`, if it is not NULL, held back. */
void fault_frames_release(struct fault_frames *f, int64_t market_us, const struct fault *done);
/* A connection ends: what was held back for it is lost. */
void fault_frames_leave(struct fault_frames *f, struct hub_client *c);
