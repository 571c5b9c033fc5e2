#include "sink_late.h"

#include "metrics.h"
#include "second_source.h"

#include <stdlib.h>

METRIC_COUNTER(metric_decided, "pricegraph_sink_late_decided_total",
	"Late seconds that a closed kline or a correction decided, without a look at the raw rows");

static int by_second(const void *pa, const void *pb)
{
	const struct batch_late *a = pa, *b = pb;

	return sink_batch_order(a->symbol->name, a->second_us, b->symbol->name, b->second_us);
}

/* One entry a second, and the late klines taken in. first: where what came of it begins. */
static int gather(struct second_source *s, const struct batch_late **first,
	const struct batch_late *late, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_second(&late[i - 1], &late[i]) != 0) {
			first[s->count] = &late[i];
			if (!second_source_add(s, late[i].symbol->name, late[i].second_us, e))
				return -1;
		}
		if (late[i].has_kline &&
			second_add(&s->v[s->count - 1].second, &late[i].kline, e) < 0)
			return -1;
	}
	return 0;
}

/* A kline that is late for a corrected second is not seen, but waits beneath it. */
static int add_waiting(
	struct buf *out, const struct batch_late *late, const struct batch_late *end, struct err *e)
{
	struct batch_candle row = {.symbol = late->symbol, .slow = true};
	struct second klines;
	int rc = 0;

	second_init(&klines, late->second_us);
	for (const struct batch_late *l = late; l < end && rc >= 0 && by_second(late, l) == 0; l++)
		if (l->has_kline)
			rc = second_add(&klines, &l->kline, e);
	if (rc >= 0 && second_visible(&klines, &row.candle))
		buf_add(out, &row, sizeof row);
	second_done(&klines);
	return rc;
}

static int add_row(struct buf *out, const struct second_known *k, const struct batch_late *late,
	const struct batch_late *end, struct err *e)
{
	struct batch_candle row = {.symbol = late->symbol, .slow = true};

	if (k->stored.origin == ORIGIN_CORRECTION)
		return add_waiting(out, late, end, e);
	if (second_visible(&k->second, &row.candle) && !candle_equal(&row.candle, &k->stored))
		buf_add(out, &row, sizeof row);
	return 0;
}

enum pg_failure sink_late_compute(const struct sink_write *to, struct buf *out, struct err *e)
{
	struct buf *lates = &to->batch->lates;
	size_t n = BATCH_COUNT(*lates, struct batch_late);
	const struct batch_late *late, **first;
	struct second_source source;
	enum pg_failure f = PG_BUG;

	if (!n)
		return PG_OK;
	qsort(lates->data, n, sizeof(struct batch_late), by_second);
	late = BATCH_ROWS(*lates, const struct batch_late);
	second_source_init(&source, lates->max_bytes);
	first = calloc(n, sizeof(*first));
	if (!first)
		err_set(e, "no memory for %zu late seconds", n);
	else if (gather(&source, first, late, n, e) == 0)
		f = second_source_read(&source, to->pg, to->st->venue, true, e);
	metric_add(&metric_decided, source.decided);
	for (size_t i = 0; i < source.count && f == PG_OK; i++)
		if (add_row(out, &source.v[i], first[i], late + n, e) < 0)
			f = PG_BUG;
	free(first);
	second_source_done(&source);
	return f;
}
