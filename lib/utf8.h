/*
 * utf8: the one place that knows what UTF-8 is (RFC 3629; Unicode table 3-7). No state.
 */
#pragma once
#include <stddef.h>

/* Bytes of the character at `p`, of which `left` > 0 bytes are there. 0: none; overlong forms and
 * surrogates are none. */
size_t utf8_len(const unsigned char *p, size_t left);
