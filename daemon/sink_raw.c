#include "sink_raw.h"

#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(metric_raw, "pricegraph_sink_raw_rows_total", "Raw rows written");
METRIC_COUNTER(metric_repeats, "pricegraph_sink_repeats_total", "Raw rows that were there already");

#define SQL_SIZE 1024
#define NAME_SIZE 64
#define COMMON "symbol, venue, event_us, received_us" /* columns of every raw table */
#define COMMON_COUNT 4

/* Made from the stream's tables: so a new stream needs no statements of its own. */
struct statements {
	char copy_fast[SQL_SIZE], make_slow[SQL_SIZE], copy_slow[SQL_SIZE], merge_name[NAME_SIZE],
		merge[SQL_SIZE];
};

static void make_statements(enum stream_kind stream, struct statements *out)
{
	const char *table = stream_table[stream].raw_table;
	char columns[SQL_SIZE / 2] = COMMON;
	size_t len = sizeof COMMON - 1;

	for (const struct event_member *m = event_forms[stream].members; m->name; m++)
		if (m->column && len < sizeof columns)
			len += (size_t)snprintf(
				columns + len, sizeof columns - len, ", %s", m->column);
	snprintf(out->copy_fast, SQL_SIZE, "COPY %s (%s) FROM STDIN (FORMAT binary)", table,
		columns);
	snprintf(out->copy_slow, SQL_SIZE, "COPY slow_%s (%s) FROM STDIN (FORMAT binary)", table,
		columns);
	snprintf(out->make_slow, SQL_SIZE,
		"CREATE TEMP TABLE IF NOT EXISTS slow_%s (LIKE %s) ON COMMIT DELETE ROWS", table,
		table);
	snprintf(out->merge_name, NAME_SIZE, "merge_%s", table);
	/* The columns of the key come first in each of the tables. */
	snprintf(out->merge, SQL_SIZE,
		"INSERT INTO %s SELECT * FROM slow_%s ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING",
		table, table);
}

static void add_member(struct pg_copy *c, enum event_member_type type, const void *value)
{
	switch (type) {
	case EVENT_DECIMAL:
		pg_copy_decimal(c, value);
		break;
	case EVENT_COUNT:
	case EVENT_INTEGER:
	case EVENT_TIME:
		pg_copy_int64(c, *(const int64_t *)value);
		break;
	case EVENT_TRUTH:
		pg_copy_bool(c, *(const bool *)value);
		break;
	case EVENT_OWN: /* is no column */
		abort();
	}
}

struct columns { /* of a stream's events */
	const struct event_member *members;
	int count;
	const char *venue;
	size_t venue_len;
};

static struct columns columns_of(enum stream_kind stream, const char *venue)
{
	struct columns all = {event_forms[stream].members, COMMON_COUNT, venue, strlen(venue)};

	for (const struct event_member *m = all.members; m->name; m++)
		all.count += m->column != NULL;
	return all;
}

static void add_row(struct pg_copy *c, const struct columns *columns, const struct batch_raw *row)
{
	const char *event = (const char *)(row + 1) - EVENT_PART_AT;

	pg_copy_row(c, columns->count);
	pg_copy_text(c, row->symbol->name, row->symbol->name_len);
	pg_copy_text(c, columns->venue, columns->venue_len);
	/* History does not know when an event was sent. */
	if (row->event_us)
		pg_copy_int64(c, row->event_us);
	else
		pg_copy_null(c);
	pg_copy_int64(c, row->received_us);
	for (const struct event_member *m = columns->members; m->name; m++)
		if (m->column)
			add_member(c, m->type, event + m->at);
}

static enum pg_failure send(
	struct sink_rows *w, const struct sink_write *to, enum stream_kind stream, struct err *e)
{
	struct statements s;
	const struct sink_table into = {
		s.copy_fast, s.make_slow, s.copy_slow, s.merge_name, s.merge};
	PGresult *merged = NULL;

	make_statements(stream, &s);
	enum pg_failure f = sink_rows_send(w, to->pg, &into, &merged, e);
	int64_t inserted = merged ? strtoll(PQcmdTuples(merged), NULL, 10) : 0;

	PQclear(merged);
	if (f != PG_OK)
		return f;
	metric_add(&metric_raw, (int64_t)w->fast.rows + inserted);
	metric_add(&metric_repeats, (int64_t)w->slow.rows - inserted);
	return PG_OK;
}

enum pg_failure sink_raw_write(struct sink_rows *w, const struct sink_write *to, struct err *e)
{
	enum pg_failure f = PG_OK;

	for (int k = 0; k < STREAM_COUNT && f == PG_OK; k++) {
		enum stream_kind stream = (enum stream_kind)k;
		size_t n = sink_batch_raw_count(to->batch, stream);
		struct columns columns = columns_of(stream, to->st->venue);

		const char *at = to->batch->raws[k].data;

		sink_rows_reset(w);
		for (size_t i = 0; i < n; i++, at += BATCH_RAW_BYTES(stream)) {
			const struct batch_raw *row = (const void *)at;

			add_row(to->all_slow || row->slow ? &w->slow : &w->fast, &columns, row);
		}
		if (n)
			f = send(w, to, stream, e);
	}
	return f;
}
