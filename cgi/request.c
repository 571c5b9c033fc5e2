#include "request.h"

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
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

/* A 204 and a 304 have no body and describe none (RFC 9110, 15.3.5 and 15.4.5). */
static bool has_body(const struct answer *a)
{
	return a->status != 204 && a->status != 304;
}

void answer_print_head(const struct answer *a, size_t body_len, struct buf *out)
{
	buf_printf(out, "Status: %d %s\r\n", a->status, reason_of(a->status));
	if (has_body(a))
		buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", a->content_type,
			body_len);
	if (a->etag[0] != '\0')
		buf_printf(out, "ETag: %s\r\n", a->etag);
	buf_printf(out, "%s%s\r\n", a->headers, a->more != NULL ? a->more : "");
}

void answer_print(const struct answer *a, bool head_only, struct buf *out)
{
	answer_print_head(a, a->body.len, out);
	if (has_body(a) && !head_only)
		buf_add(out, a->body.data, a->body.len);
}
