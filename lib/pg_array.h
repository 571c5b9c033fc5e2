/*
 * pg_array: PostgreSQL's text form of one-dimensional arrays, as parameters of statements. One owning thread.
 *
 * Begin, add elements, end; `text` of the buf is then the parameter. `_reset` of the buf keeps the memory.
 */
#pragma once
#include "buf.h"

void pg_array_begin(struct buf *b);
void pg_array_int(struct buf *b, int64_t value);
void pg_array_float(struct buf *b, double value);
void pg_array_bool(struct buf *b, bool value);
void pg_array_null(struct buf *b);
/* Any bytes but '\0'; quoted. */
void pg_array_text(struct buf *b, const char *text);
/* bytea in hex form. */
void pg_array_bytes(struct buf *b, const void *bytes, size_t len);
void pg_array_end(struct buf *b);
