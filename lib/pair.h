/*
 * pair: base and quote asset of a spot symbol's name, for where nobody states them. Constant table.
 */
#pragma once
#include <stddef.h>

/* How many bytes of `symbol` are the base asset; the rest is the quote asset: the longest known one that it ends in, else
 * its last three bytes. */
size_t pair_base_len(const char *symbol);
