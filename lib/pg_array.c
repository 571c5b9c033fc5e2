#include "pg_array.h"

void pg_array_begin(struct buf *b)
{
	buf_reset(b);
	buf_add_char(b, '{');
}

static void separate(struct buf *b)
{
	if (b->len > 1)
		buf_add_char(b, ',');
}

void pg_array_int(struct buf *b, int64_t value)
{
	separate(b);
	buf_add_int(b, value);
}

void pg_array_float(struct buf *b, double value)
{
	separate(b);
	buf_printf(b, "%.17g", value);
}

void pg_array_bool(struct buf *b, bool value)
{
	separate(b);
	buf_add_char(b, value ? 't' : 'f');
}

void pg_array_null(struct buf *b)
{
	separate(b);
	buf_add_str(b, "NULL");
}

void pg_array_text(struct buf *b, const char *text)
{
	separate(b);
	buf_add_char(b, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, *text);
	}
	buf_add_char(b, '"');
}

void pg_array_bytes(struct buf *b, const void *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	separate(b);
	buf_add_str(b, "\"\\\\x");
	for (size_t i = 0; i < len; i++) {
		buf_add_char(b, hex[p[i] >> 4]);
		buf_add_char(b, hex[p[i] & 15]);
	}
	buf_add_char(b, '"');
}

void pg_array_end(struct buf *b)
{
	buf_add_char(b, '}');
}
