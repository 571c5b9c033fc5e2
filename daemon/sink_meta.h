/*
 * sink_meta: committed facts → the compacted meta topic: the epoch, and per symbol the newest revision that changed something settled.
 *
 * State, not events: published after the commit, at most once a second, again from the start whenever it can't be known
 * that a record arrived. Consumers take the greater value. Sink thread.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include "sink_state.h"

struct sink_meta;
struct sink_meta *sink_meta_new(const struct settings *s, struct err *e);
/* Waits at most a second for what is under way. NULL is fine. */
void sink_meta_free(struct sink_meta *m);
/* All is to be published again (after sink_load). */
void sink_meta_reset(struct sink_meta *m);
/* Publishes what is new, if a second has passed. Never blocks. */
void sink_meta_run(struct sink_meta *m, struct sink_state *st);
