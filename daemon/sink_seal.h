/*
 * sink_seal: closes a batch: copies into it what its transaction needs of the state, which then counts as written. If the batch is not
 * committed in the end, the state is thrown away and rebuilt. Sink thread, while no batch is with the writer.
 */
#pragma once
#include "sink_batch.h"

void sink_seal(struct sink_state *st, struct sink_batch *b);
/* The symbols' part of it alone: for a batch of history, while another one of live records is gathered. */
void sink_seal_symbols(struct sink_state *st, struct sink_batch *b);
/* The sealed batch is in the database. */
void sink_seal_committed(struct sink_state *st, const struct sink_batch *b);
