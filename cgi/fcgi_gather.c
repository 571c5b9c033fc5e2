#include "fcgi_gather.h"
#include <string.h>

#define VERSION 1
#define END_REQUEST 3
#define STDOUT 6
#define CONTENT_MAX 65528 /* a multiple of 8: no padding needed */

static void add(struct fcgi_gather *g, const void *bytes, size_t len)
{
	g->v[g->count++] = (struct iovec){(void *)(uintptr_t)bytes, len};
	g->len += len;
}

static void set_header(unsigned char *out, int type, uint16_t request_id, size_t len)
{
	memcpy(out,
		(unsigned char[8]){VERSION, (unsigned char)type, (unsigned char)(request_id >> 8),
			(unsigned char)request_id, (unsigned char)(len >> 8), (unsigned char)len, 0,
			0},
		8);
}

int fcgi_gather(struct fcgi_gather *g, uint16_t request_id, const struct iovec *pieces, int count)
{
	size_t left = 0, in_record = 0;
	int records = 0;

	g->count = 0;
	g->len = 0;
	for (int i = 0; i < count; i++)
		left += pieces[i].iov_len;
	if (left > (size_t)FCGI_GATHER_RECORDS * CONTENT_MAX || count > FCGI_GATHER_PIECES)
		return -1;
	for (int i = 0; i < count; i++) {
		for (size_t done = 0; done < pieces[i].iov_len;) {
			size_t part = pieces[i].iov_len - done;

			if (in_record == 0) {
				in_record = left < CONTENT_MAX ? left : CONTENT_MAX;
				set_header(g->headers[records], STDOUT, request_id, in_record);
				add(g, g->headers[records++], 8);
			}
			if (part > in_record)
				part = in_record;
			add(g, (const char *)pieces[i].iov_base + done, part);
			done += part;
			left -= part;
			in_record -= part;
		}
	}
	memset(g->tail, 0, sizeof(g->tail));
	set_header(g->tail, STDOUT, request_id, 0);
	set_header(g->tail + 8, END_REQUEST, request_id, 8); /* status 0, REQUEST_COMPLETE */
	add(g, g->tail, sizeof(g->tail));
	return 0;
}
