#include "correct_kafka.h"
#include "kafka_seconds.h"
#include "second_source.h"
#include "sink_raw.h"
#include <inttypes.h>
#include <stdio.h>

#define SOURCE_BYTES_MAX (1 << 20)
#define ROWS_BYTES_MAX ((size_t)1 << 28)

struct piece {
	const struct kafka_seconds *kafka;
	size_t at, count; /* of its seconds: a chunk */
	int64_t raw_us;   /* raw rows are kept from here on */
	int64_t replaced; /* seconds whose raw rows were */
	struct second_source source;
	struct sink_rows rows;
	struct sink_batch batch; /* raw rows to be written */
};

static bool sums_equal(const struct second_trades *a, const struct second_trades *b)
{
	return a->count == b->count &&
	       (a->count == 0 || (a->first_key == b->first_key && a->last_key == b->last_key &&
					 decimal_cmp(&a->volume, &b->volume) == 0 &&
					 decimal_cmp(&a->quote, &b->quote) == 0 &&
					 decimal_cmp(&a->taker_quote, &b->taker_quote) == 0 &&
					 decimal_cmp(&a->high, &b->high) == 0 &&
					 decimal_cmp(&a->low, &b->low) == 0 &&
					 decimal_cmp(&a->open, &b->open) == 0 &&
					 decimal_cmp(&a->close, &b->close) == 0));
}

static bool samples_equal(const struct second_sample *a, const struct second_sample *b)
{
	return a->any == b->any &&
	       (!a->any || (a->first_us == b->first_us && a->last_us == b->last_us &&
				   decimal_cmp(&a->high, &b->high) == 0 &&
				   decimal_cmp(&a->low, &b->low) == 0 &&
				   decimal_cmp(&a->open, &b->open) == 0 &&
				   decimal_cmp(&a->close, &b->close) == 0));
}

/* Whether the raw rows say the same as the topics. */
static bool raw_equal(const struct second *a, const struct second *b)
{
	return sums_equal(&a->trades, &b->trades) && sums_equal(&a->agg_trades, &b->agg_trades) &&
	       samples_equal(&a->sample, &b->sample);
}

/* The column of the stream's raw table that holds market time. */
static const char *time_column(enum stream_kind k)
{
	const struct event_form *f = &event_forms[k];

	for (const struct event_member *m = f->members; m->name; m++)
		if (m->at == f->time_at && m->column)
			return m->column;
	return "event_us"; /* of the event itself, no member of its own */
}

static enum pg_failure delete_rows(
	const struct change_write *w, enum stream_kind k, int64_t second_us, struct err *e)
{
	char name[64], sql[256], from[24], to[24];
	const char *params[] = {w->venue, w->symbol, from, to};
	int64_t end_us = second_us + SECOND_US;

	snprintf(name, sizeof(name), "correct_delete_%s", stream_table[k].name);
	snprintf(sql, sizeof(sql),
		"DELETE FROM %s WHERE venue = $1 AND symbol = $2 AND %s >= $3::bigint AND %s < "
		"$4::bigint",
		stream_table[k].raw_table, time_column(k), time_column(k));
	snprintf(from, sizeof(from), "%" PRId64, second_us);
	snprintf(to, sizeof(to), "%" PRId64, end_us);
	return pg_query(w->pg, name, sql, 4, params, NULL, e);
}

/* Its rows in the topics are put by; those in the tables go. */
static enum pg_failure replace_rows(
	struct piece *p, const struct change_write *w, int64_t second_us, struct err *e)
{
	enum pg_failure f = PG_OK;

	p->replaced++;
	for (int k = 0; k < STREAM_COUNT && f == PG_OK; k++) {
		enum stream_kind kind = (enum stream_kind)k;

		if (stream_table[k].says == SAYS_KLINE || stream_table[k].says == SAYS_NOTHING)
			continue;
		f = delete_rows(w, kind, second_us, e);
		for (size_t i = 0; i < sink_batch_raw_count(&p->kafka->batch, kind); i++) {
			const struct batch_raw *row = sink_batch_raw_at(&p->kafka->batch, kind, i);

			if (row->time_us >= second_us && row->time_us < second_us + SECOND_US)
				buf_add(&p->batch.raws[k], row, BATCH_RAW_BYTES(k));
		}
	}
	return f;
}

static enum pg_failure mend_raw(struct piece *p, const struct change_write *w, struct err *e)
{
	const struct second *kafka = &p->kafka->seconds[p->at];
	const struct sink_write to = {
		.pg = w->pg, .st = &p->kafka->state, .batch = &p->batch, .all_slow = true};
	enum pg_failure f = PG_OK;

	second_source_reset(&p->source);
	sink_batch_reset(&p->batch);
	for (size_t i = 0; i < p->count; i++)
		if (kafka[i].open_us >= p->raw_us &&
			!second_source_add(&p->source, w->symbol, kafka[i].open_us, e))
			return PG_BUG;
	f = second_source_read(&p->source, w->pg, w->venue, false, e);
	for (size_t i = 0; i < p->source.count && f == PG_OK; i++) {
		const struct second *known = &p->source.v[i].second;
		size_t k = (size_t)((known->open_us - p->kafka->from_us) / SECOND_US);

		if (!raw_equal(known, &p->kafka->seconds[k]))
			f = replace_rows(p, w, known->open_us, e);
	}
	if (f == PG_OK && sink_batch_failed(&p->batch)) {
		err_set(e, "no memory for the raw rows");
		f = PG_BUG;
	}
	return f == PG_OK ? sink_raw_write(&p->rows, &to, e) : f;
}

static enum pg_failure fill(void *arg, struct change_write *w, struct err *e)
{
	struct piece *p = arg;
	enum pg_failure f = change_write_lock(w, e);

	if (f == PG_OK)
		f = mend_raw(p, w, e);
	for (size_t i = 0; i < p->count && f == PG_OK; i++) {
		const struct second *s = &p->kafka->seconds[p->at + i];
		struct candle_change change = {.has_taker = true};

		change.removed = !second_visible(s, &change.candle);
		if (change.removed)
			change.candle =
				(struct candle){.open_us = s->open_us, .origin = ORIGIN_SAMPLE};
		change_write_add(w, &change);
	}
	return f;
}

static int write_piece(struct change_write *w, const struct kafka_seconds *k,
	const struct correct_bounds *bounds, struct err *e)
{
	struct piece p = {.kafka = k, .raw_us = bounds->raw_us};
	int rc = 0;

	second_source_init(&p.source, SOURCE_BYTES_MAX);
	sink_rows_init(&p.rows, ROWS_BYTES_MAX);
	sink_batch_init(&p.batch, ROWS_BYTES_MAX);
	for (; p.at < k->count && rc == 0; p.at += p.count) {
		p.count = k->count - p.at < CHANGE_CHUNK ? k->count - p.at : CHANGE_CHUNK;
		rc = change_write_chunk(w, fill, &p, e);
	}
	if (p.replaced)
		printf("raw rows of %" PRId64 " seconds %s\n", p.replaced,
			w->dry ? "would be replaced" : "replaced");
	sink_batch_done(&p.batch);
	sink_rows_done(&p.rows);
	second_source_done(&p.source);
	return rc;
}

int correct_kafka_rebuild(struct change_write *w, const struct settings *s,
	const struct correct_bounds *bounds, int64_t from_us, int64_t to_us, struct err *e)
{
	const int64_t most_us = KAFKA_SECONDS_MAX * SECOND_US;
	int rc = 0;

	for (int64_t at_us = from_us; at_us < to_us && rc == 0; at_us += most_us) {
		int64_t end_us = at_us + most_us < to_us ? at_us + most_us : to_us;
		struct kafka_seconds k;

		rc = kafka_seconds_read(&k, s, w->symbol, at_us, end_us, e);
		if (rc == 0) {
			fprintf(stderr, "%" PRId64 " records in Kafka\n", k.records);
			rc = write_piece(w, &k, bounds, e);
		}
		kafka_seconds_done(&k);
	}
	return rc;
}
