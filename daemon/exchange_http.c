#include "exchange_http.h"
#include <stdio.h>
#include <string.h>

int exchange_http_header(
	struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
		(const unsigned char *)value, (int)strlen(value), p, end);
}

void exchange_http_params(struct lws *wsi, struct rest_request *r, char text[HTTP_URL_BYTES_MAX])
{
	size_t used = 0;

	for (int i = 0; r->count < REST_PARAMS_MAX && used < HTTP_URL_BYTES_MAX - 2; i++) {
		char *fragment = text + used, *equals;
		int len = lws_hdr_copy_fragment(wsi, fragment, (int)(HTTP_URL_BYTES_MAX - used - 1),
			WSI_TOKEN_HTTP_URI_ARGS, i);

		if (len < 0)
			return;
		if (len == 0)
			continue;
		fragment[len] = '\0';
		used += (size_t)len + 1;
		equals = strchr(fragment, '=');
		if (equals)
			*equals = '\0';
		r->params[r->count++] =
			(struct rest_param){fragment, equals ? equals + 1 : fragment + len};
	}
}

bool exchange_http_micro(struct lws *wsi)
{
	char value[16] = "";

	lws_hdr_custom_copy(wsi, value, sizeof(value), "x-mbx-time-unit:", 16);
	return strcasecmp(value, "MICROSECOND") == 0;
}

bool exchange_http_loopback(struct lws *wsi)
{
	char address[64] = "";

	lws_get_peer_simple(wsi, address, sizeof(address));
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       strncmp(address, "::ffff:127.", 11) == 0;
}

int exchange_http_refuse(struct lws *wsi, int status, int retry_after)
{
	unsigned char headers[LWS_PRE + HTTP_HEADERS_BYTES], *start = headers + LWS_PRE, *p = start;
	unsigned char *end = headers + sizeof(headers);
	char wait[16];

	snprintf(wait, sizeof(wait), "%d", retry_after);
	if (lws_add_http_common_headers(wsi, (unsigned)status, "text/html", 0, &p, end) ||
		(retry_after > 0 && exchange_http_header(wsi, "retry-after:", wait, &p, end)) ||
		lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	return 1;
}
