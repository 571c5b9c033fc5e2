/*
 * sink_late: settled seconds that something came for late → computed anew from their raw rows, within the transaction.
 *
 * The same lib/second that computed them in time; so a late, repeated or disordered event gives the candle that
 * the sorted sequence gives. Writer's thread.
 */
#pragma once
#include "sink_rows.h"

/* Appends a struct batch_candle (slow) to `out` for every late second of the batch. Raw rows must be in already. */
must_check enum pg_failure sink_late_compute(
	const struct sink_write *to, struct buf *out, struct err *e);
