/*
 * buf: a growing run of bytes with a maximum, for building JSON, SQL and COPY data.
 *
 * Appending never fails visibly: the first append that would exceed `max_bytes` or
 * meets no memory sets `failed`, and later appends do nothing. The builder checks
 * `failed` once at the end. `data` stays terminated by '\0' (not counted) once
 * anything was appended. One owning thread. `_reset` keeps the memory.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NULL until the first append */
	size_t len;
	size_t room;
	size_t max_bytes;
	bool failed;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t len);
/* Appends `len` bytes that the caller writes at once. NULL: the buffer has failed. */
void *buf_extend(struct buf *b, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends `text` as a JSON string with its quotes, escaped as RFC 8259 asks. Bytes that
 * are not UTF-8 become U+FFFD, so the output is always valid. */
void buf_add_json(struct buf *b, const char *text, size_t len);
/* Appends `"name":"text",`, a member of a JSON object and the comma behind it. */
void buf_add_json_member(struct buf *b, const char *name, const char *text);
/* Big-endian, as PostgreSQL's binary formats want them. */
void buf_add_be16(struct buf *b, uint16_t value);
void buf_add_be32(struct buf *b, uint32_t value);
void buf_add_be64(struct buf *b, uint64_t value);
