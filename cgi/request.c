#include "request.h"

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 406:
		return "Not Acceptable";
	case 429:
		return "Too Many Requests";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Other";
	}
}

void answer_print_head(const struct answer *a, size_t body_len, struct buf *out)
{
	buf_printf(out, "Status: %d %s\r\n", a->status, reason_of(a->status));
	/* A 304 has no body and describes none (RFC 9110, 15.4.5). */
	if (a->status != 304)
		buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", a->content_type,
			body_len);
	if (a->etag[0] != '\0')
		buf_printf(out, "ETag: %s\r\n", a->etag);
	buf_printf(out, "%s\r\n", a->headers);
}

void answer_print(const struct answer *a, bool head_only, struct buf *out)
{
	answer_print_head(a, a->body.len, out);
	if (a->status != 304 && !head_only)
		buf_add(out, a->body.data, a->body.len);
}
