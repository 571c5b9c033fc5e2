#include "sink_history.h"

#include "log.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "sink_bisect.h"
#include "sink_history_take.h"
#include "sink_seal.h"
#include "sink_settle.h"
#include "topic.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_FIRST 200
#define RECORDS_LEAST                                                                              \
	50 /* fewer make no transaction shorter: where these take long, the machine is busy */
#define LONG_US (80 * MS_US)   /* a transaction that others wait for too long */
#define SHORT_US (30 * MS_US)  /* one that could do more */
#define AGAIN_US (500 * MS_US) /* between two looks at held records */
#define KAFKA_TIMEOUT_MS 2000

struct sink_history {
	const struct settings *settings;
	struct kafka_consumer *consumer;
	struct event_parser *parser;
	struct sink_batch batch;
	struct sink_bisect bisect; /* outlives the state */
	struct history_place places[STREAM_COUNT]
				   [TOPIC_PARTITIONS]; /* of streams that have a history */
	size_t records; /* of a batch: as many as can be written quickly */
	bool given;     /* the batch is with the writer */
	bool loaded;
	bool held; /* some place is */
	int64_t again_mono_us;
};

struct sink_history *sink_history_new(const struct settings *s, size_t max_bytes, struct err *e)
{
	struct sink_history *h = calloc(1, sizeof *h);

	if (!h) {
		err_set(e, "no memory for the history topics");
		return NULL;
	}
	h->settings = s;
	sink_batch_init(&h->batch, max_bytes);
	h->batch.of_history = true;
	sink_bisect_init(&h->bisect, HISTORY_RECORDS_MAX);
	h->consumer = kafka_consumer_new(s, e);
	h->parser = h->consumer ? event_parser_new(e) : NULL;
	if (h->parser)
		return h;
	sink_history_free(h);
	return NULL;
}

static void forget(struct sink_history *h)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			sink_repairs_done(&h->places[k][i].repairs);
			h->places[k][i] = (struct history_place){0};
		}
	sink_batch_reset(&h->batch);
	h->records = RECORDS_FIRST;
	h->given = h->loaded = h->held = false;
}

void sink_history_free(struct sink_history *h)
{
	if (!h)
		return;
	forget(h);
	sink_batch_done(&h->batch);
	sink_bisect_done(&h->bisect);
	event_parser_free(h->parser);
	kafka_consumer_free(h->consumer);
	free(h);
}

void sink_history_stop(struct sink_history *h)
{
	struct err e = {""};

	forget(h);
	if (kafka_consumer_assign(h->consumer, NULL, 0, &e) != 0)
		log_warn("sink_history", "reason=\"%s\"", e.text);
}

static const char *topic_of(const struct sink_history *h, enum stream_kind kind, char *out)
{
	topic_of_history(out, settings_text(h->settings, "topics", "prefix"),
		settings_text(h->settings, "venue", "name"), kind);
	return out;
}

/* Reads on from where the places stand; what is held comes again. */
static int assign(struct sink_history *h, bool repairs_too, struct err *e)
{
	char topics[STREAM_COUNT][TOPIC_NAME_SIZE];
	struct kafka_place places[STREAM_COUNT * TOPIC_PARTITIONS];
	size_t n = 0;

	for (int k = 0; k < STREAM_COUNT; k++) {
		if (!stream_table[k].history)
			continue;
		topic_of(h, (enum stream_kind)k, topics[k]);
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			struct history_place *p = &h->places[k][i];

			places[n++] = (struct kafka_place){.topic = topics[k],
				.partition = i,
				.offset = repairs_too ? p->sealed : p->next,
				.tag = k};
			if (repairs_too)
				p->sealed = p->next;
			p->held = false;
		}
	}
	h->held = false;
	return kafka_consumer_assign(h->consumer, places, n, e);
}

static int stream_of_history(const char *name)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (stream_table[k].history && strcmp(stream_table[k].history, name) == 0)
			return k;
	return -1;
}

enum pg_failure sink_history_load(
	struct sink_history *h, struct pg *pg, const struct sink_state *st, struct err *e)
{
	struct buf names;
	const char *params[2] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f;

	forget(h);
	buf_init(&names, 4096);
	pg_array_begin(&names);
	for (int k = 0; k < STREAM_COUNT; k++)
		if (stream_table[k].history)
			pg_array_text(&names, stream_table[k].history);
	pg_array_end(&names);
	params[1] = names.data;
	f = pg_query(pg, "sink_history_offsets", sql_sink_history_offsets, 2, params, NULL, e);
	buf_done(&names);
	if (f == PG_OK)
		f = pg_query(pg, "sink_load_offsets", sql_sink_load_offsets, 1, params, &r, e);
	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		int k = stream_of_history(PQgetvalue(r, row, 0));
		int64_t i = pg_int(r, row, 1);

		if (k < 0 || i < 0 || i >= TOPIC_PARTITIONS)
			continue;
		/* `sealed` is where to read from until the assignment. */
		h->places[k][i] = (struct history_place){.next = pg_int(r, row, 2),
			.committed = pg_int(r, row, 2),
			.sealed = pg_int(r, row, 3)};
	}
	PQclear(r);
	if (f == PG_OK && assign(h, true, e) != 0)
		f = PG_RETRY;
	h->loaded = f == PG_OK;
	return f;
}

/* The offset is gone: goes on at what is there. The gaps that it would have filled are still to be repaired. */
static int skip_to_low(struct sink_history *h, struct err *e)
{
	char topic[TOPIC_NAME_SIZE];
	struct history_place *p;
	int64_t low, high;
	int kind, partition;

	kafka_consumer_failed_place(h->consumer, &kind, &partition);
	p = &h->places[kind][partition];
	if (kafka_consumer_watermarks(h->consumer, topic_of(h, (enum stream_kind)kind, topic),
		    partition, KAFKA_TIMEOUT_MS, &low, &high, e) != 0)
		return -1;
	log_error("sink_history_offsets_expired", "topic=%s partition=%d next=%lld low=%lld", topic,
		partition, (long long)p->next, (long long)low);
	/* Below the next offset only repairs are missed; above the topic's end it is another topic. */
	sink_repairs_done(&p->repairs);
	if (p->next < low || p->next > high) {
		p->next = p->committed = low;
		h->batch.touched[kind][partition] = true;
	}
	return assign(h, false, e);
}

static int take_all(struct sink_history *h, struct sink_state *st,
	const struct kafka_record *records, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const struct kafka_record *r = &records[i];
		struct history_place *p = &h->places[r->tag][r->partition];
		const struct history_into to = {st, &h->batch, h->parser, &h->bisect.refused, p};

		if (p->held)
			continue;
		switch (sink_history_take(&to, r, e)) {
		case HISTORY_TAKEN:
			break;
		case HISTORY_HELD:
			p->held = h->held = true;
			break;
		case HISTORY_NO_MEMORY:
			return -1;
		}
	}
	return 0;
}

/* The last bar of each symbol first: what it settles, it settles at once. */
static void settle_given(struct sink_batch *b)
{
	const struct batch_given *g = BATCH_ROWS(b->givens, const struct batch_given);

	for (size_t i = BATCH_COUNT(b->givens, struct batch_given); i-- > 0;)
		if (g[i].settles)
			sink_settle_symbol(
				b, g[i].symbol, g[i].bar.open_us + ladder_width_us[g[i].level]);
}

static void seal(struct sink_history *h, struct sink_state *st)
{
	settle_given(&h->batch);
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			struct history_place *p = &h->places[k][i];
			struct batch_offset row = {.stream = (enum stream_kind)k,
				.partition = i,
				.expected = p->sealed,
				.next = p->next};

			if (!h->batch.touched[k][i])
				continue;
			row.replay_from = sink_repairs_replay_from(&p->repairs, p->next);
			buf_add(&h->batch.offsets, &row, sizeof row);
			p->sealed = p->next;
		}
	sink_seal_symbols(st, &h->batch);
}

static bool is_touched(const struct sink_batch *b)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++)
			if (b->touched[k][i])
				return true;
	return false;
}

/* 0: polled, whatever came of it. */
static int poll_and_take(struct sink_history *h, struct sink_state *st, struct err *e)
{
	const struct kafka_record *records = NULL;
	size_t count = 0, most = h->records < h->bisect.limit ? h->records : h->bisect.limit;
	struct err why = {""};

	switch (kafka_consumer_poll(h->consumer, 0, most, &records, &count, &why)) {
	case KAFKA_RECORDS:
		return take_all(h, st, records, count, e);
	case KAFKA_OUT_OF_RANGE:
		if (skip_to_low(h, &why) != 0)
			log_warn("sink_history", "reason=\"%s\"", why.text);
		return 0;
	case KAFKA_ERROR:
		log_warn("sink_history", "reason=\"%s\"", why.text);
		return 0;
	case KAFKA_NOTHING:
		break;
	}
	return 0;
}

int sink_history_run(
	struct sink_history *h, struct sink_state *st, struct sink_batch **out, struct err *e)
{
	int64_t now_us = clock_mono_us();

	if (!h->loaded || h->given)
		return 0;
	if (h->held && now_us - h->again_mono_us >= AGAIN_US) {
		h->again_mono_us = now_us;
		if (assign(h, false, e) != 0)
			return -1;
	}
	if (poll_and_take(h, st, e) != 0)
		return -1;
	if (!is_touched(&h->batch))
		return 0;
	seal(h, st);
	if (sink_batch_failed(&h->batch))
		return err_set(e, "no memory for a batch of history");
	h->given = true;
	*out = &h->batch;
	return 1;
}

void sink_history_committed(struct sink_history *h, int64_t took_us)
{
	sink_bisect_committed(&h->bisect, h->batch.records);
	sink_batch_reset(&h->batch);
	h->given = false;
	if (took_us > LONG_US && h->records >= 2 * RECORDS_LEAST)
		h->records /= 2;
	else if (took_us < SHORT_US && h->records < HISTORY_RECORDS_MAX / 2)
		h->records *= 2;
}

int sink_history_refused(struct sink_history *h, const char *reason, struct err *e)
{
	return sink_bisect_refused(&h->bisect, &h->batch, reason, e);
}
