/*
 * fcgi_peek: understands a FastCGI request (1.0, 3.3 to 5.2) that lies whole in memory, so that the epoll thread can see, without taking it from the
 * socket and without libfcgi, whether it has the answer already. Strict: whatever is unusual is left to libfcgi.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FCGI_PEEK_BYTES 16384 /* of the greatest request that is looked at */
#define FCGI_PEEK_PAIRS 96

struct fcgi_peek {
	uint16_t request_id;
	bool keep;
	size_t len; /* bytes of the request */
	size_t pairs;
	const char *names[FCGI_PEEK_PAIRS], *values[FCGI_PEEK_PAIRS]; /* within `text` */
	char text[FCGI_PEEK_BYTES];
};

/* 0; -1: not a whole request of a responder without a body, or too big. */
int fcgi_peek_parse(struct fcgi_peek *p, const unsigned char *bytes, size_t len);
/* The variable's value, NULL if it is not set. For struct fcgi_env; `arg` is the struct fcgi_peek. */
const char *fcgi_peek_get(void *arg, const char *name);
