/*
 * recording_to_market: a recording as a source of market items.
 *
 * Of files with trades the trades go on, at their event time E, repeats of an id left out; of
 * other files every frame, at its receive time. Market time never steps back. A pause of more than
 * 60 s between received lines becomes a jump to the second in which the recording goes on. The end
 * is that of the last second, so whoever listened has that second whole. One owning thread.
 */
#pragma once
#include "clock.h"
#include "err.h"
#include "market_item.h"
#include "recording_catalog.h"

#define RECORDING_PAUSE_US (60 * SECOND_US)

struct recording_to_market;
/* Lends `catalog` (of this path) until it is freed; symbols of trades are its indices. */
struct recording_to_market *recording_to_market_new(
	const char *path, const struct recording_catalog *catalog, struct err *e);
void recording_to_market_free(struct recording_to_market *r);
struct market_source recording_to_market_source(struct recording_to_market *r);
/* Trades left out so far: because their id was not above the one before, or because they could
 * not be read. */
int64_t recording_to_market_repeats(const struct recording_to_market *r);
int64_t recording_to_market_bad(const struct recording_to_market *r);
