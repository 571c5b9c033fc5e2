#include "pg_copy.h"
#include <assert.h>

#define SIGNATURE "PGCOPY\n\377\r\n\0" /* its own terminator is the last byte but one */
#define SIGNATURE_SIZE 11
#define CHUNK_BYTES (256 * 1024)

void pg_copy_init(struct pg_copy *c, size_t max_bytes)
{
	*c = (struct pg_copy){0};
	buf_init(&c->data, max_bytes);
}

void pg_copy_done(struct pg_copy *c)
{
	if (!c)
		return;
	buf_done(&c->data);
	c->rows = 0;
	c->fields_left = 0;
}

void pg_copy_reset(struct pg_copy *c)
{
	buf_reset(&c->data);
	c->rows = 0;
	c->fields_left = 0;
}

void pg_copy_row(struct pg_copy *c, int fields)
{
	assert(c->fields_left == 0);
	if (c->data.len == 0) {
		buf_add(&c->data, SIGNATURE, SIGNATURE_SIZE);
		buf_add_be32(&c->data, 0); /* flags */
		buf_add_be32(&c->data, 0); /* bytes of header extension */
	}
	buf_add_be16(&c->data, (uint16_t)fields);
	c->rows++;
	c->fields_left = fields;
}

static void length(struct pg_copy *c, size_t bytes)
{
	assert(c->fields_left > 0);
	c->fields_left--;
	buf_add_be32(&c->data, (uint32_t)bytes);
}

void pg_copy_null(struct pg_copy *c)
{
	length(c, UINT32_MAX);
}

void pg_copy_int64(struct pg_copy *c, int64_t value)
{
	length(c, sizeof(value));
	buf_add_be64(&c->data, (uint64_t)value);
}

void pg_copy_int16(struct pg_copy *c, int16_t value)
{
	length(c, sizeof(value));
	buf_add_be16(&c->data, (uint16_t)value);
}

void pg_copy_bool(struct pg_copy *c, bool value)
{
	length(c, 1);
	buf_add_char(&c->data, value ? 1 : 0);
}

void pg_copy_text(struct pg_copy *c, const char *text, size_t len)
{
	assert(len <= INT32_MAX);
	length(c, len);
	buf_add(&c->data, text, len);
}

void pg_copy_decimal(struct pg_copy *c, const struct decimal *d)
{
	unsigned char bytes[DECIMAL_PG_SIZE];
	size_t len = decimal_to_pg(d, bytes);

	length(c, len);
	buf_add(&c->data, bytes, len);
}

/* What the server answers to the end of the data; its last word counts. */
void pg_copy_bar(struct pg_copy *c, const struct candle *bar)
{
	pg_copy_decimal(c, &bar->open);
	pg_copy_decimal(c, &bar->high);
	pg_copy_decimal(c, &bar->low);
	pg_copy_decimal(c, &bar->close);
	if (!bar->has_volume) {
		for (int i = 0; i < 5; i++)
			pg_copy_null(c);
		return;
	}
	pg_copy_decimal(c, &bar->volume);
	pg_copy_decimal(c, &bar->quote);
	pg_copy_int64(c, bar->trades);
	pg_copy_decimal(c, &bar->taker_volume);
	pg_copy_decimal(c, &bar->taker_quote);
}

static enum pg_failure outcome(struct pg *pg, struct err *e)
{
	enum pg_failure f = PG_OK;
	PGresult *r;

	while (pg_connected(pg) && (r = PQgetResult(pg_raw(pg)))) {
		if (f == PG_OK)
			f = pg_classify(pg, r, e);
		PQclear(r);
	}
	return f;
}

static int put(PGconn *conn, const char *bytes, size_t len)
{
	static const char trailer[] = {'\377', '\377'};

	/* In pieces, because libpq takes a whole piece into its own buffer. */
	for (size_t at = 0; at < len; at += CHUNK_BYTES) {
		size_t piece = len - at < CHUNK_BYTES ? len - at : CHUNK_BYTES;
		if (PQputCopyData(conn, bytes + at, (int)piece) != 1)
			return -1;
	}
	if (PQputCopyData(conn, trailer, sizeof(trailer)) != 1)
		return -1;
	return PQputCopyEnd(conn, NULL) == 1 ? 0 : -1;
}

enum pg_failure pg_copy_send(struct pg_copy *c, struct pg *pg, const char *sql, struct err *e)
{
	assert(c->fields_left == 0);
	if (c->rows == 0)
		return PG_OK;
	if (c->data.failed) {
		err_set(e, "rows for COPY exceed %zu bytes, or no memory", c->data.max_bytes);
		return PG_BUG;
	}
	if (!pg_connected(pg)) {
		err_set(e, "the transaction was lost with its connection");
		return PG_RETRY;
	}
	PGresult *r = PQexec(pg_raw(pg), sql);
	bool copying = PQresultStatus(r) == PGRES_COPY_IN;
	enum pg_failure f = pg_classify(pg, r, e);
	PQclear(r);
	if (f != PG_OK)
		return f;
	if (!copying) {
		err_set(e, "no COPY FROM STDIN: %s", sql);
		return PG_BUG;
	}
	if (put(pg_raw(pg), c->data.data, c->data.len) != 0)
		return pg_classify(pg, NULL, e);
	return outcome(pg, e);
}
