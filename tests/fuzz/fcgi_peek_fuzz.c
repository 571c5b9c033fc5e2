/* Whatever lies on a connection is understood whole or not at all, and every text that it gave lies within what came. */
#include "cgi/fcgi_peek.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fcgi_peek p;
	size_t bytes = 0;

	if (len > FCGI_PEEK_BYTES || fcgi_peek_parse(&p, data, len) != 0)
		return 0;
	if (p.len > len || p.pairs > FCGI_PEEK_PAIRS)
		abort();
	for (size_t i = 0; i < p.pairs; i++) {
		bytes += strlen(p.names[i]) + strlen(p.values[i]) + 2;
		if (fcgi_peek_get(&p, p.names[i]) == NULL)
			abort();
	}
	/* Each text has a byte of length before it. */
	if (bytes > len)
		abort();
	/* The same bytes without the last are no whole request. */
	if (fcgi_peek_parse(&p, data, p.len - 1) == 0)
		abort();
	return 0;
}
