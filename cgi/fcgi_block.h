/*
 * fcgi_block: the records of a whole FastCGI answer as one run of bytes, so that it leaves in one send (FastCGI 1.0, 3.3 and 5.3-5.5).
 */
#pragma once
#include "buf.h"
#include <stddef.h>
#include <stdint.h>

/* Appends STDOUT records with the `len` bytes, the empty one that ends the stream, and END_REQUEST (exit status 0, REQUEST_COMPLETE). */
void fcgi_block_add(struct buf *out, uint16_t request_id, const char *data, size_t len);
