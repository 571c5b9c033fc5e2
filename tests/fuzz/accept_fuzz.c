/* Whatever a client says in Accept and If-None-Match: an answer, and what takes everything takes each. */
#include "cgi/accept.h"
#include "cgi/chart_etag.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1),
	     tag[CHART_ETAG_SIZE]; /* ends where the header ends, for the sanitizer */

	memcpy(text, data, len);
	text[len] = '\0';
	bool json = accept_one(text, "application/json"), csv = accept_one(text, "text/csv");
	if (accept_any(text, "application/json|text/csv") != (json || csv))
		abort();
	chart_etag_of(text, len, tag);
	if (!chart_etag_matches(tag, tag))
		abort();
	chart_etag_matches(text, tag);
	free(text);
	return 0;
}
