/*
 * pg_copy: rows for COPY ... (FORMAT binary), gathered in memory and sent in one go. One owning
 * thread.
 *
 * Begin a row with its field count, then append its fields in column order. `_send` runs the COPY
 * within the open transaction; `_reset` keeps the memory for the next batch.
 */
#pragma once
#include "buf.h"
#include "candle.h"
#include "decimal.h"
#include "pg.h"

struct pg_copy {
	struct buf data;
	size_t rows;
	int fields_left; /* of the row begun; others than it was begun with are a bug and assert */
};

void pg_copy_init(struct pg_copy *c, size_t max_bytes);
void pg_copy_done(struct pg_copy *c);
void pg_copy_reset(struct pg_copy *c);
void pg_copy_row(struct pg_copy *c, int fields);
void pg_copy_null(struct pg_copy *c);
void pg_copy_int64(struct pg_copy *c, int64_t value);
void pg_copy_int16(struct pg_copy *c, int16_t value);
void pg_copy_bool(struct pg_copy *c, bool value);
void pg_copy_text(struct pg_copy *c, const char *text, size_t len);
void pg_copy_decimal(struct pg_copy *c, const struct decimal *d);
/* Nine fields: open, high, low, close, volume, quote, trades, taker_volume, taker_quote. */
void pg_copy_bar(struct pg_copy *c, const struct candle *bar);
/* `sql`: COPY <table> (<columns>) FROM STDIN (FORMAT binary). No rows: PG_OK at once. */
must_check enum pg_failure pg_copy_send(
	struct pg_copy *c, struct pg *pg, const char *sql, struct err *e);
