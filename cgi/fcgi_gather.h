/*
 * fcgi_gather: the records of a whole FastCGI answer laid around bytes that lie elsewhere, so that an answer that is there already
 * leaves in one send without being copied (FastCGI 1.0, 3.3 and 5.3-5.5).
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define FCGI_GATHER_RECORDS 24 /* the greatest answer is about 1.5 MB */
#define FCGI_GATHER_PIECES 8

struct fcgi_gather {
	unsigned char headers[FCGI_GATHER_RECORDS][8];
	unsigned char tail[24];
	struct iovec v[2 * FCGI_GATHER_RECORDS + FCGI_GATHER_PIECES + 1];
	int count;
	size_t len; /* bytes of all */
};

/* The pieces are lent as long as `g` is used; at most FCGI_GATHER_PIECES. -1: too many bytes. */
int fcgi_gather(struct fcgi_gather *g, uint16_t request_id, const struct iovec *pieces, int count);
