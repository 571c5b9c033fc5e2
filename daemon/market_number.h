/*
 * market_number: prices and volumes of the model's market as integers: prices and quantities in
 * 10^-8, quote volumes in 10^-16.
 *
 * Exact, and small enough to keep every second of days in memory. Sums of 24 h stay far below 128
 * bits (Binance's documentation). Passive, any thread.
 */
#pragma once
#include "buf.h"
#include "decimal.h"
#include <stdint.h>

#define NUMBER_PLACES 8
#define QUOTE_PLACES 16
#define NUMBER_ONE 100000000LL

/* -1: more than 8 places. */
must_check int number_from_decimal(__int128 *out, const struct decimal *d);
/* Appends the number in canonical form (decimal.h). `places`: NUMBER_PLACES or QUOTE_PLACES. */
void number_add(struct buf *out, __int128 number, int places);
/* Appends by how many percent a price of `open` has changed, with three places; 0.000 if it is 0. */
void number_add_percent(struct buf *out, int64_t change, int64_t open);
