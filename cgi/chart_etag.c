#include "chart_etag.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t chart_etag_hash(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return hash;
}

void chart_etag_of(const char *text, size_t len, char out[CHART_ETAG_SIZE])
{
	snprintf(out, CHART_ETAG_SIZE, "W/\"%016" PRIx64 "\"",
		chart_etag_hash(CHART_ETAG_EMPTY, text, len));
}

static const char *opaque(const char *tag)
{
	return strncmp(tag, "W/", 2) == 0 ? tag + 2 : tag;
}

bool chart_etag_matches(const char *if_none_match, const char *etag)
{
	const char *p = if_none_match;

	etag = opaque(etag);
	while (*p != '\0') {
		const char *end;

		p += strspn(p, " \t,");
		if (*p == '*')
			return true;
		p = opaque(p);
		if (*p != '"')
			return false;
		end = strchr(p + 1, '"');
		if (end == NULL)
			return false;
		end++;
		if ((size_t)(end - p) == strlen(etag) && memcmp(p, etag, (size_t)(end - p)) == 0)
			return true;
		p = end;
	}
	return false;
}
