#include "fcgi_block.h"

#define FCGI_VERSION 1
#define FCGI_END_REQUEST_TYPE 3
#define FCGI_STDOUT_TYPE 6
#define CONTENT_MAX                                                                                \
	65528 /* the greatest multiple of 8 that a record holds: no padding needed before the last one */

static void add_header(struct buf *out, int type, uint16_t request_id, size_t len)
{
	buf_add_char(out, FCGI_VERSION);
	buf_add_char(out, (char)type);
	buf_add_be16(out, request_id);
	buf_add_be16(out, (uint16_t)len);
	buf_add_be16(out, 0); /* padding and reserved */
}

void fcgi_block_add(struct buf *out, uint16_t request_id, const char *data, size_t len)
{
	while (len > 0) {
		size_t part = len < CONTENT_MAX ? len : CONTENT_MAX;
		add_header(out, FCGI_STDOUT_TYPE, request_id, part);
		buf_add(out, data, part);
		data += part;
		len -= part;
	}
	add_header(out, FCGI_STDOUT_TYPE, request_id, 0);
	add_header(out, FCGI_END_REQUEST_TYPE, request_id, 8);
	buf_add_be64(out, 0); /* application status 0, protocol status 0 = REQUEST_COMPLETE */
}
