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

/* One entry a second, and the late klines taken in. */
static int gather(struct second_source *s, struct sink_symbol **symbols, const struct sink_batch *b,
	struct err *e)
{
	const struct batch_late *late = BATCH_ROWS(b->lates, const struct batch_late);
	size_t n = BATCH_COUNT(b->lates, struct batch_late);

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_second(&late[i - 1], &late[i]) != 0) {
			symbols[s->count] = late[i].symbol;
			if (!second_source_add(s, late[i].symbol->name, late[i].second_us, e))
				return -1;
		}
		if (late[i].has_kline &&
			second_add(&s->v[s->count - 1].second, &late[i].kline, e) < 0)
			return -1;
	}
	return 0;
}

enum pg_failure sink_late_compute(const struct sink_write *to, struct buf *out, struct err *e)
{
	struct buf *lates = &to->batch->lates;
	size_t n = BATCH_COUNT(*lates, struct batch_late);
	struct sink_symbol **symbols;
	struct second_source source;
	enum pg_failure f = PG_BUG;

	if (!n)
		return PG_OK;
	qsort(lates->data, n, sizeof(struct batch_late), by_second);
	second_source_init(&source, lates->max_bytes);
	symbols = calloc(n, sizeof(struct sink_symbol *));
	if (!symbols)
		err_set(e, "no memory for %zu late seconds", n);
	else if (gather(&source, symbols, to->batch, e) == 0)
		f = second_source_read(&source, to->pg, to->st->venue, true, e);
	metric_add(&metric_decided, source.decided);
	for (size_t i = 0; i < source.count && f == PG_OK; i++) {
		const struct second_known *k = &source.v[i];
		struct batch_candle row = {.symbol = symbols[i], .slow = true};

		if (second_visible(&k->second, &row.candle) &&
			!candle_equal(&row.candle, &k->stored))
			buf_add(out, &row, sizeof row);
	}
	free(symbols);
	second_source_done(&source);
	return f;
}
