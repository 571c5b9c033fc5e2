/*
 * fcgi_reader: reads one FastCGI request from a connection through libfcgi. The only file that sees libfcgi.
 *
 * Owned by one worker thread. Reading blocks; the descriptor's SO_RCVTIMEO bounds each read.
 */
#pragma once
#include "err.h"
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

struct fcgi_read {
	struct request rq; /* lent until fcgi_reader_release */
	uint16_t request_id;
	bool keep; /* the peer asked to keep the connection (FCGI_KEEP_CONN) */
};

struct fcgi_reader;
/* Once per process, before any reader: lets libfcgi initialise itself. The signals' dispositions stay as they are. */
must_check int fcgi_reader_start(struct err *e);
/* `prefix` must live as long as the reader. NULL: no memory. */
struct fcgi_reader *fcgi_reader_new(const char *prefix);
void fcgi_reader_free(struct fcgi_reader *r);
/* Reads the next request with its (ignored) body. -1: the peer left, was silent too long, or spoke no FastCGI: `fd` is closed then, else it
 * stays the caller's. */
must_check int fcgi_reader_read(struct fcgi_reader *r, int fd, struct fcgi_read *out);
/* Frees all that the request held, except the descriptor. */
void fcgi_reader_release(struct fcgi_reader *r);
