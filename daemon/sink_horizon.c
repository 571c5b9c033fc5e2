#include "sink_horizon.h"

#include "metrics.h"

#include <stddef.h>
#include <string.h>

METRIC_COUNTER(metric_below, "pricegraph_sink_below_horizon_total",
	"Events, seconds and bars that came for a time that is not kept any more");

/* Rows of one kind: where in them the time is. */
struct shape {
	size_t bytes, time_at;
};

#define SHAPE(type, member) ((struct shape){sizeof(struct type), offsetof(struct type, member)})

static int64_t time_of(const char *row, struct shape s)
{
	int64_t us;

	memcpy(&us, row + s.time_at, sizeof(us));
	return us;
}

static void cut(struct buf *rows, struct shape s, int64_t from_us)
{
	size_t kept = 0;

	if (!from_us)
		return;
	for (size_t at = 0; at < rows->len; at += s.bytes) {
		if (time_of(rows->data + at, s) < from_us) {
			metric_add(&metric_below, 1);
			continue;
		}
		if (kept != at)
			memmove(rows->data + kept, rows->data + at, s.bytes);
		kept += s.bytes;
	}
	rows->len = kept;
}

/* The event of a late second was counted with the raw rows; a kline has none. */
static void cut_lates(struct buf *rows, const int64_t horizons_us[HORIZON_COUNT])
{
	struct batch_late *late = BATCH_ROWS(*rows, struct batch_late);
	size_t n = BATCH_COUNT(*rows, struct batch_late), kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool final = late[i].has_kline && late[i].kline.kline.closed;

		if (late[i].second_us >= horizons_us[final ? HORIZON_1S : HORIZON_RAW])
			late[kept++] = late[i];
		else if (late[i].has_kline)
			metric_add(&metric_below, 1);
	}
	rows->len = kept * sizeof(*late);
}

void sink_horizon_cut(const struct sink_write *to)
{
	const int64_t *h = to->horizons_us;
	struct sink_batch *b = to->batch;

	for (int k = 0; k < STREAM_COUNT; k++)
		cut(&b->raws[k],
			(struct shape){BATCH_RAW_BYTES(k), offsetof(struct batch_raw, time_us)},
			h[HORIZON_RAW]);
	cut(&b->candles, SHAPE(batch_candle, candle.open_us), h[HORIZON_1S]);
	cut(&b->minutes, SHAPE(batch_minute, open_us), h[HORIZON_1S]);
	cut_lates(&b->lates, h);
	for (int level = LADDER_1M; level < LADDER_COUNT; level++)
		cut(&b->folds[level], SHAPE(batch_fold, open_us), h[HORIZON_1S + level]);
}
