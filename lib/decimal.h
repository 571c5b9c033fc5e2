/*
 * decimal: exact decimal numbers, for prices and volumes end to end (never double).
 *
 * value = units / 10^scale, 0 <= scale <= DECIMAL_SCALE_MAX. 128 bits, because 24 h
 * base volumes pass 2.6e22 at 8 places (Binance's documentation). Canonical form: scale 8 if
 * the value fits 8 places, else the least scale that holds it; every function here
 * returns canonical values, so equal numbers are equal structs and equal texts.
 * Passive values, any thread, no allocation.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>

#define DECIMAL_SCALE_MAX 18
#define DECIMAL_PLACES 8
#define DECIMAL_TEXT_SIZE 64
#define DECIMAL_PG_SIZE 40

struct decimal {
	__int128 units;
	int scale;
};

extern const struct decimal decimal_zero; /* 0.00000000 */

/* Parses [-]digits[.digits], the whole of `len` bytes; no exponent, no blanks, any number
 * of places up to DECIMAL_SCALE_MAX after trailing zeros are dropped. -1: not a decimal or too
 * large; `out` untouched. */
must_check int decimal_parse(struct decimal *out, const char *text, size_t len);
/* Writes at least 8 places and a '\0'; returns the length without it. */
size_t decimal_format(const struct decimal *d, char out[DECIMAL_TEXT_SIZE]);
/* -1 on overflow; `out` untouched. `out` may be one of the operands. */
must_check int decimal_add(struct decimal *out, const struct decimal *a, const struct decimal *b);
must_check int decimal_sub(struct decimal *out, const struct decimal *a, const struct decimal *b);
must_check int decimal_mul(struct decimal *out, const struct decimal *a, const struct decimal *b);
int decimal_cmp(const struct decimal *a, const struct decimal *b); /* <0 0 >0 */
/* PostgreSQL's binary numeric (numeric_send: ndigits, weight, sign, dscale, base-10000
 * digits), without the length word. Returns the bytes written. */
size_t decimal_to_pg(const struct decimal *d, unsigned char out[DECIMAL_PG_SIZE]);
/* The reverse. -1: NaN, infinity, truncated or out of range. */
must_check int decimal_from_pg(struct decimal *out, const unsigned char *bytes, size_t len);
