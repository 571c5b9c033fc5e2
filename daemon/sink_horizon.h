/*
 * sink_horizon: what lies below the horizons is not written: it leaves the batch, counted.
 *
 * Below the raw horizon events are refused, and their seconds are not computed anew, since what else was known of them is gone; a closed kline is taken
 * down to the horizon of 1s. Horizons never move back, so a batch that has to be written again has lost nothing that could be written. Writer's
 * thread.
 */
#pragma once
#include "sink_write.h"

void sink_horizon_cut(const struct sink_write *to);
