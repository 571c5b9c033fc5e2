#include "rest_history.h"
#include "clock.h"
#include <inttypes.h>

#define PAGE 1000 /* the exchange's greatest limit */
#define PAGE_BYTES_MAX (4u << 20)

void rest_history_init(struct rest_history *h)
{
	*h = (struct rest_history){.finished = true};
	buf_init(&h->page, PAGE_BYTES_MAX);
	buf_init(&h->path, 1024);
}

void rest_history_done(struct rest_history *h)
{
	buf_done(&h->page);
	buf_done(&h->path);
}

void rest_history_begin(struct rest_history *h, const struct rest_history_want *want)
{
	h->want = *want;
	h->next_us = want->from_us;
	h->next_id = -1;
	h->finished = want->from_us > want->to_us;
}

void rest_history_resume(struct rest_history *h, int64_t next)
{
	if (h->want.kind.stream == STREAM_KLINE_1S) {
		h->next_us = next;
		h->finished = next >= h->want.to_us;
	} else {
		h->next_id = next;
	}
}

static void make_path(struct rest_history *h)
{
	const struct rest_history_want *w = &h->want;
	bool bars = w->kind.stream == STREAM_KLINE_1S;

	buf_reset(&h->path);
	buf_printf(&h->path, "/api/v3/%s?symbol=", bars ? "klines" : "aggTrades");
	binance_rest_escape(&h->path, w->symbol);
	if (bars)
		buf_printf(&h->path, "&interval=%s&startTime=%lld&endTime=%lld",
			ladder_name[w->kind.level], clock_floor(h->next_us, MS_US) / MS_US,
			clock_floor(w->to_us - 1, MS_US) / MS_US);
	else if (h->next_id >= 0)
		buf_printf(&h->path, "&fromId=%" PRId64, h->next_id);
	else
		buf_printf(&h->path, "&startTime=%lld", clock_floor(w->from_us, MS_US) / MS_US);
	buf_printf(&h->path, "&limit=%d", PAGE);
}

static bool wanted(const struct rest_history *h, const struct history_row *row)
{
	const struct rest_history_want *w = &h->want;

	if (w->kind.stream == STREAM_KLINE_1S)
		return row->time_us >= w->from_us && row->time_us < w->to_us;
	return row->time_us >= clock_floor(w->from_us, MS_US) && row->time_us <= w->to_us;
}

/* Reads the page once as a whole: whether it can be read, and where the next one begins. */
static int look_through(struct rest_history *h, struct err *e)
{
	const struct rest_history_want *w = &h->want;
	struct history_row row = {0};
	int rc, count;

	if (rest_rows_begin(&h->rows, w->kind, h->page.data, h->page.len, e) < 0)
		return -1;
	int64_t last_us = -1, last_id = -1;
	while ((rc = rest_rows_next(&h->rows, &row, e)) > 0) {
		if (row.time_us < last_us ||
			(w->kind.stream == STREAM_AGG_TRADE && row.id <= last_id))
			return err_set(e, "row %d of the answer: not in order", h->rows.number);
		last_us = row.time_us;
		last_id = row.id;
	}
	if (rc < 0)
		return -1;
	count = h->rows.number;
	h->finished = count < PAGE;
	if (count > 0) {
		h->next_us = row.end_us;
		h->next_id = last_id + 1;
		if (w->kind.stream == STREAM_KLINE_1S ? h->next_us >= w->to_us : last_us > w->to_us)
			h->finished = true;
	}
	return rest_rows_begin(&h->rows, w->kind, h->page.data, h->page.len, e);
}

enum rest_done rest_history_page(struct rest_history *h, struct binance_rest *rest, struct err *e)
{
	int weight = h->want.kind.stream == STREAM_KLINE_1S ? REST_WEIGHT_KLINES
							    : REST_WEIGHT_AGG_TRADES;

	make_path(h);
	enum rest_done done = binance_rest_get(rest, h->path.data, weight, &h->page, e);
	if (done == REST_OK && look_through(h, e) < 0) {
		h->rows = (struct rest_rows){.kind = h->want.kind};
		return REST_REFUSED;
	}
	return done;
}

bool rest_history_next(struct rest_history *h, struct history_row *row)
{
	struct err ignored; /* the whole page was read before */

	while (rest_rows_next(&h->rows, row, &ignored) > 0)
		if (wanted(h, row))
			return true;
	return false;
}
