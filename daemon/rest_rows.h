/*
 * rest_rows: walks the rows of an answer to /api/v3/klines (arrays) or /api/v3/aggTrades (objects; Binance's documentation).
 *
 * Passive; lends the answer. One owning thread.
 */
#pragma once
#include "err.h"
#include "history_row.h"

struct rest_rows {
	struct given_kind kind;
	const char *at, *end;
	struct history_text columns[HISTORY_COLUMNS_MAX];
	int number; /* rows read */
};

/* -1: the answer is no JSON array. */
must_check int rest_rows_begin(
	struct rest_rows *r, struct given_kind kind, const char *json, size_t len, struct err *e);
/* 1: the next row, lent until the next call; 0: there is none; -1: a row that is not what it should be, `e` counts it from 1. */
must_check int rest_rows_next(struct rest_rows *r, struct history_row *row, struct err *e);
