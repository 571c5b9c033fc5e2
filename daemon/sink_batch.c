#include "sink_batch.h"

#include "metrics.h"
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#define OTHER_BUFS 21
#define BATCH_BUFS (OTHER_BUFS + STREAM_COUNT)

/* All arrays, so that init, reset and done can't forget one. */
static void each_buf(struct sink_batch *b, struct buf *out[BATCH_BUFS])
{
	struct buf *others[OTHER_BUFS] = {&b->candles, &b->minutes, &b->lates, &b->subscriptions,
		&b->gaps, &b->holes, &b->id_marks, &b->fills, &b->givens, &b->given_spans, &b->days,
		&b->years, &b->quarantines, &b->bytes, &b->received, &b->folds[LADDER_1M],
		&b->folds[LADDER_1H], &b->folds[LADDER_1D], &b->offsets, &b->spans, &b->symbols};

	memcpy(out, others, sizeof others);
	for (int i = 0; i < STREAM_COUNT; i++)
		out[OTHER_BUFS + i] = &b->raws[i];
}

void sink_batch_init(struct sink_batch *b, size_t max_bytes)
{
	struct buf *all[BATCH_BUFS];

	memset(b, 0, sizeof *b);
	each_buf(b, all);
	for (int i = 0; i < BATCH_BUFS; i++)
		buf_init(all[i], max_bytes);
}

const char *sink_batch_stream(bool of_history, enum stream_kind kind)
{
	return of_history ? stream_table[kind].history : stream_table[kind].name;
}

void sink_batch_done(struct sink_batch *b)
{
	struct buf *all[BATCH_BUFS];

	each_buf(b, all);
	for (int i = 0; i < BATCH_BUFS; i++)
		buf_done(all[i]);
}

void sink_batch_reset(struct sink_batch *b)
{
	struct buf *all[BATCH_BUFS];

	each_buf(b, all);
	for (int i = 0; i < BATCH_BUFS; i++)
		buf_reset(all[i]);
	memset(b->touched, 0, sizeof b->touched);
	memset(b->produced_ms, 0, sizeof b->produced_ms);
	b->records = 0;
	b->began_mono_us = 0;
	b->commit_unsure = false;
}

size_t sink_batch_bytes(const struct sink_batch *b)
{
	struct buf *all[BATCH_BUFS];
	size_t bytes = 0;

	each_buf((struct sink_batch *)b, all);
	for (int i = 0; i < BATCH_BUFS; i++)
		bytes += all[i]->len;
	return bytes;
}

bool sink_batch_failed(const struct sink_batch *b)
{
	struct buf *all[BATCH_BUFS];
	bool failed = false;

	each_buf((struct sink_batch *)b, all);
	for (int i = 0; i < BATCH_BUFS; i++)
		failed = failed || all[i]->failed;
	return failed;
}

_Static_assert(sizeof(struct batch_raw) % _Alignof(struct event) == 0 &&
		       EVENT_PART_AT % _Alignof(struct event) == 0,
	"the event stands behind its row as it stands in memory");

void sink_batch_raw(struct sink_batch *b, const struct sink_symbol *sy, const struct event *ev,
	int64_t received_us, bool slow)
{
	struct batch_raw *row = buf_extend(&b->raws[ev->kind], BATCH_RAW_BYTES(ev->kind));

	if (!row)
		return;
	*row = (struct batch_raw){.symbol = sy,
		.time_us = event_time_us(ev),
		.order = event_order(ev),
		.event_us = ev->event_us,
		.received_us = received_us,
		.slow = slow};
	memcpy(row + 1, (const char *)ev + EVENT_PART_AT,
		event_forms[ev->kind].bytes - EVENT_PART_AT);
	sink_batch_day(b, row->time_us);
}

size_t sink_batch_raw_count(const struct sink_batch *b, enum stream_kind stream)
{
	return b->raws[stream].len / BATCH_RAW_BYTES(stream);
}

const struct batch_raw *sink_batch_raw_at(
	const struct sink_batch *b, enum stream_kind stream, size_t i)
{
	return (const void *)(b->raws[stream].data + i * BATCH_RAW_BYTES(stream));
}

/* The newest is most often the same again. */
static void add_distinct(struct buf *to, int64_t time_us)
{
	const int64_t *known = BATCH_ROWS(*to, const int64_t);

	for (size_t i = BATCH_COUNT(*to, int64_t); i-- > 0;)
		if (known[i] == time_us)
			return;
	buf_add(to, &time_us, sizeof time_us);
}

void sink_batch_day(struct sink_batch *b, int64_t time_us)
{
	add_distinct(&b->days, clock_floor(time_us, DAY_US));
}

void sink_batch_year(struct sink_batch *b, int64_t time_us)
{
	add_distinct(&b->years, interval_year(time_us));
}

void sink_batch_fold(
	struct sink_batch *b, enum ladder level, const struct sink_symbol *sy, int64_t open_us)
{
	struct batch_fold f = {.symbol = sy, .open_us = open_us};

	buf_add(&b->folds[level], &f, sizeof f);
	sink_batch_year(b, open_us);
}

METRIC_COUNTERS(metric_quarantined, "pricegraph_sink_quarantined_total",
	"Records that could not be understood or stored, by stream.", "stream", STREAM_COUNT);

void sink_batch_quarantine(struct sink_batch *b, const struct kafka_record *r, const char *reason)
{
	struct batch_quarantine q = {.stream = (enum stream_kind)r->tag,
		.partition = r->partition,
		.offset = r->offset,
		.at = b->bytes.len,
		.key_len = r->key ? r->key_len : SIZE_MAX,
		.value_len = r->value ? r->value_len : 0,
		.reason_len = strlen(reason)};

	metric_add(metric_of(&metric_quarantined, (size_t)r->tag, stream_table[r->tag].name), 1);
	if (r->key)
		buf_add(&b->bytes, r->key, r->key_len);
	if (r->value)
		buf_add(&b->bytes, r->value, r->value_len);
	buf_add(&b->bytes, reason, q.reason_len);
	buf_add(&b->quarantines, &q, sizeof q);
}

static int by_time(
	int64_t a_us, int64_t b_us, const struct sink_symbol *a, const struct sink_symbol *b)
{
	if (a_us != b_us)
		return a_us < b_us ? -1 : 1;
	return a == b ? 0 : strcmp(a->name, b->name);
}

static int by_raw(const void *pa, const void *pb)
{
	const struct batch_raw *a = pa, *b = pb;
	int order = by_time(a->time_us, b->time_us, a->symbol, b->symbol);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

int sink_batch_order(const char *a, int64_t a_us, const char *b, int64_t b_us)
{
	int order = a == b ? 0 : strcmp(a, b);

	return order ? order : (a_us > b_us) - (a_us < b_us);
}

static int by_candle(const void *pa, const void *pb)
{
	const struct batch_candle *a = pa, *b = pb;

	return sink_batch_order(
		a->symbol->name, a->candle.open_us, b->symbol->name, b->candle.open_us);
}

static int by_minute(const void *pa, const void *pb)
{
	const struct batch_minute *a = pa, *b = pb;

	return sink_batch_order(a->symbol->name, a->open_us, b->symbol->name, b->open_us);
}

static int by_fold(const void *pa, const void *pb)
{
	const struct batch_fold *a = pa, *b = pb;

	return sink_batch_order(a->symbol->name, a->open_us, b->symbol->name, b->open_us);
}

static int by_given(const void *pa, const void *pb)
{
	const struct batch_given *a = pa, *b = pb;

	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	return sink_batch_order(a->symbol->name, a->bar.open_us, b->symbol->name, b->bar.open_us);
}

static void sort_folds(struct buf *folds)
{
	struct batch_fold *f = BATCH_ROWS(*folds, struct batch_fold);
	size_t n = BATCH_COUNT(*folds, struct batch_fold), kept = 0;

	if (!n)
		return;
	qsort(f, n, sizeof *f, by_fold);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_fold(&f[kept - 1], &f[i]) != 0)
			f[kept++] = f[i];
	folds->len = kept * sizeof *f;
}

void sink_batch_sort(struct sink_batch *b)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		if (b->raws[i].len)
			qsort(b->raws[i].data, sink_batch_raw_count(b, (enum stream_kind)i),
				BATCH_RAW_BYTES((enum stream_kind)i), by_raw);
	if (b->candles.len)
		qsort(b->candles.data, BATCH_COUNT(b->candles, struct batch_candle),
			sizeof(struct batch_candle), by_candle);
	if (b->minutes.len)
		qsort(b->minutes.data, BATCH_COUNT(b->minutes, struct batch_minute),
			sizeof(struct batch_minute), by_minute);
	if (b->givens.len)
		qsort(b->givens.data, BATCH_COUNT(b->givens, struct batch_given),
			sizeof(struct batch_given), by_given);
	for (int level = LADDER_1M; level < LADDER_COUNT; level++)
		sort_folds(&b->folds[level]);
}
