/*
 * archive_name: what a file of the exchange's archive holds, by its name (Binance's public data: BTCUSDT-1s-2024-01-02.zip,
 * BTCUSDT-trades-2024-01.zip, BTCUSDT-aggTrades-2024-01-02.csv). Plain values, no state.
 */
#pragma once
#include "err.h"
#include "given.h"

struct archive_name {
	char symbol[SYMBOL_SIZE]; /* "": not told */
	char kind[16];            /* "trades", "aggTrades", or a bar's interval; "": not told */
};

void archive_name_read(const char *path, struct archive_name *out);
/* What files of `kind` give. -1: nothing that is stored, `e` says why. */
must_check int archive_name_kind(const char *kind, struct given_kind *out, struct err *e);
