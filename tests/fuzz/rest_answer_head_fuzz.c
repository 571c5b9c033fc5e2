/* Whatever header lines come: the weight and the pause that they ask for stay within their bounds. */
#include "daemon/rest_answer_head.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rest_answer_head h;

	rest_answer_head_reset(&h);
	for (const uint8_t *at = data, *end = data + len; at < end;) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		size_t line_len = stop ? (size_t)(stop - at) + 1 : (size_t)(end - at);
		char *line = malloc(line_len); /* ends where the line ends, for the sanitizer */
		memcpy(line, at, line_len);
		rest_answer_head_line(&h, line, line_len);
		free(line);
		if (h.used_weight < -1 || h.retry_after_s < 0 || h.retry_after_s > 30LL * 86400)
			abort();
		at += line_len;
	}
	return 0;
}
