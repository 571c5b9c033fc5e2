#include "sink_history_take.h"

#include "log.h"
#include "metrics.h"
#include "sink_holes.h"
#include "sink_settle.h"

#include <stdio.h>
#include <string.h>

METRIC_COUNTER(metric_rows, "pricegraph_sink_history_events_total",
	"Events taken from the history topics");
METRIC_COUNTER(
	metric_fills, "pricegraph_sink_repairs_ended_total", "Repairs of gaps that came to an end");

#define AHEAD_US HOUR_US

static void quarantine(
	const struct history_into *to, const struct kafka_record *r, const char *reason)
{
	log_warn("sink_quarantine", "stream=%s.history partition=%d offset=%lld reason=\"%s\"",
		stream_table[r->tag].name, r->partition, (long long)r->offset, reason);
	sink_batch_quarantine(to->batch, r, reason);
}

static bool is_listened_to(const struct sink_symbol *sy)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (sy->subscriptions[k].session && !sy->subscriptions[k].session->ended)
			return true;
	return false;
}

static int candle_of(const struct event *ev, struct candle *out, struct err *e)
{
	struct second s;

	second_init(&s, ev->kline.open_us);
	if (second_add(&s, ev, e) < 0)
		return -1;
	second_visible(&s, out);
	second_done(&s);
	return 0;
}

/* A closed bar is the second itself, whatever else is known of it; an older version gives way in the database. */
static int take_bar(const struct history_into *to, struct sink_symbol *sy, const struct event *ev,
	struct err *e)
{
	struct batch_candle row = {.symbol = sy, .slow = true};

	if (candle_of(ev, &row.candle, e) < 0)
		return -1;
	buf_add(&to->batch->candles, &row, sizeof row);
	return 0;
}

/* A bar above the second stands beside what is folded at its level; the database decides which is seen. */
static enum history_taken take_given_bar(const struct history_into *to, struct sink_symbol *sy,
	const struct event *ev, const struct kafka_record *r, struct err *e)
{
	struct batch_given row = {
		.symbol = sy, .level = ev->kline.level, .settles = !is_listened_to(sy)};

	if (!row.settles && ev->kline.open_us + ladder_width_us[row.level] > sy->settled_us)
		return HISTORY_HELD;
	if (r->offset < to->place->committed)
		return HISTORY_TAKEN;
	metric_add(&metric_rows, 1);
	if (candle_of(ev, &row.bar, e) < 0)
		return HISTORY_NO_MEMORY;
	buf_add(&to->batch->givens, &row, sizeof row);
	sink_batch_year(to->batch, row.bar.open_us);
	return HISTORY_TAKEN;
}

static void take_late(const struct history_into *to, struct sink_symbol *sy, int64_t second_us)
{
	struct batch_late late = {.symbol = sy, .second_us = second_us};

	buf_add(&to->batch->lates, &late, sizeof late);
}

/* Trades are counted into their second from the raw rows, once these are there. */
static int take_row(const struct history_into *to, struct sink_symbol *sy, const struct event *ev,
	const struct kafka_record *r, struct err *e)
{
	int64_t second_us = event_second_us(ev);

	if (stream_table[ev->kind].says == SAYS_KLINE) {
		sink_batch_day(to->batch, second_us);
		return take_bar(to, sy, ev, e);
	}
	sink_batch_raw(to->batch, sy, ev, r->received_us, true);
	take_late(to, sy, second_us);
	return 0;
}

static enum history_taken take_event(const struct history_into *to, struct sink_symbol *sy,
	const struct event *ev, const struct kafka_record *r, struct err *e)
{
	int64_t second_us = event_second_us(ev);
	bool listened = is_listened_to(sy);

	/* Not even where it is settled, while the batch that says so is not written: it does not know of this row. */
	if (listened && second_us >= sy->handed_us)
		return HISTORY_HELD;
	sink_repairs_take(&to->place->repairs, ev);
	if (sink_holes_take_history(sy, to->batch, ev, e) != 0)
		return HISTORY_NO_MEMORY;
	if (r->offset < to->place->committed)
		return HISTORY_TAKEN;
	metric_add(&metric_rows, 1);
	if (take_row(to, sy, ev, r, e) != 0)
		return HISTORY_NO_MEMORY;
	/* Nobody listens: nothing else comes for this second. */
	if (!listened && second_us >= sy->settled_us)
		sink_settle_symbol(to->batch, sy, second_us + SECOND_US);
	return HISTORY_TAKEN;
}

/* NULL: fine; else why it goes to quarantine. */
static const char *what_is_wrong(const struct history_into *to, const struct event *ev,
	const struct sink_symbol *sy, int partition)
{
	int64_t clock_us = to->st->recorded ? 0 : sink_state_clock_us(to->st);

	if (clock_us && event_second_us(ev) > clock_us + AHEAD_US)
		return "event time is more than an hour ahead of the venue's clock";
	if (stream_table[ev->kind].says == SAYS_KLINE && !ev->kline.closed)
		return "a candle of the past that is not closed";
	return sy->partition != partition ? "the symbol lives in another partition" : NULL;
}

static enum history_taken take_data(
	const struct history_into *to, const struct kafka_record *r, struct err *e)
{
	const struct event_text text = {(enum stream_kind)r->tag, r->value, r->value_len};
	const struct refused_record at = {text.kind, r->partition, r->offset};
	bool replayed = r->offset < to->place->committed;
	const char *wrong = NULL;
	struct sink_symbol *sy = NULL;
	struct event ev;
	struct err why = {""};

	if (to->refused->count && sink_refused_has(to->refused, &at))
		wrong = to->refused->reason;
	else if (!r->value)
		wrong = "no value";
	else if (event_parse_history(to->parser, &text, r->stated_us, &ev, &why) != 0)
		wrong = why.text;
	if (!wrong) {
		sy = sink_state_symbol(to->st, ev.symbol, r->partition);
		if (!sy) {
			err_set(e, "no memory for symbol %s", ev.symbol);
			return HISTORY_NO_MEMORY;
		}
		wrong = what_is_wrong(to, &ev, sy, r->partition);
	}
	if (!wrong && ev.kind == STREAM_KLINE_1S && ev.kline.level != LADDER_1S)
		return take_given_bar(to, sy, &ev, r, e);
	if (!wrong)
		return take_event(to, sy, &ev, r, e);
	if (!replayed)
		quarantine(to, r, wrong);
	return HISTORY_TAKEN;
}

/* All rows have come: does it add up? */
static void judge(const struct history_into *to, struct sink_symbol *sy, struct batch_fill *row)
{
	struct sink_verdict verdict;

	metric_add(&metric_fills, 1);
	if (!sink_repairs_end(&to->place->repairs, &row->fill, &verdict)) {
		row->unseen = true;
		return;
	}
	row->first_id = verdict.first_id;
	row->last_id = verdict.last_id;
	snprintf(row->problem, sizeof row->problem, "%s", verdict.problem);
	sink_holes_store(sy, to->batch);
}

static int take_fill(const struct history_into *to, const struct kafka_record *r,
	const struct fill *f, struct err *e)
{
	struct batch_fill row = {.fill = *f, .first_id = -1, .last_id = -1};
	struct sink_verdict unused;

	row.symbol = sink_state_symbol(to->st, f->symbol, r->partition);
	if (!row.symbol)
		return err_set(e, "no memory for symbol %s", f->symbol);
	switch (f->state) {
	case FILL_REPAIRING:
		if (sink_repairs_begin(&to->place->repairs, f, r->offset, e) != 0)
			return -1;
		break;
	case FILL_DONE:
		judge(to, row.symbol, &row);
		break;
	case FILL_UNREPAIRABLE:
		snprintf(row.problem, sizeof row.problem, "%s", f->reason);
		(void)sink_repairs_end(&to->place->repairs, f, &unused);
		break;
	}
	if (r->offset >= to->place->committed)
		buf_add(&to->batch->fills, &row, sizeof row);
	return 0;
}

static int take_given(const struct history_into *to, const struct kafka_record *r,
	const struct given *g, struct err *e)
{
	struct batch_given_span row = {.given = *g};

	if (r->offset < to->place->committed)
		return 0;
	row.symbol = sink_state_symbol(to->st, g->symbol, r->partition);
	if (!row.symbol)
		return err_set(e, "no memory for symbol %s", g->symbol);
	buf_add(&to->batch->given_spans, &row, sizeof row);
	/* What it ends in may have been open when its rows came, and nothing else comes for it. */
	if (g->to_us > g->from_us)
		sink_settle_fold(to->batch, row.symbol, (enum ladder)(g->kind.level + 1),
			g->to_us - 1, row.symbol->settled_us);
	return 0;
}

static int take_control(const struct history_into *to, const struct kafka_record *r, struct err *e)
{
	struct fill f;
	struct given g;
	struct err why = {""};

	if (r->value && given_is(r->value, r->value_len)) {
		if (given_parse(&g, r->value, r->value_len, &why) == 0)
			return take_given(to, r, &g, e);
	} else if (r->value && fill_parse(&f, r->value, r->value_len, &why) == 0) {
		return take_fill(to, r, &f, e);
	}
	if (r->offset >= to->place->committed)
		quarantine(to, r, r->value ? why.text : "no value");
	return 0;
}

enum history_taken sink_history_take(
	const struct history_into *to, const struct kafka_record *r, struct err *e)
{
	struct sink_batch *b = to->batch;
	enum history_taken taken = HISTORY_TAKEN;

	if (!r->is_control)
		taken = take_data(to, r, e);
	else if (take_control(to, r, e) != 0)
		taken = HISTORY_NO_MEMORY;
	if (taken != HISTORY_TAKEN || r->offset < to->place->next)
		return taken;
	to->place->next = r->offset + 1;
	b->touched[r->tag][r->partition] = true;
	if (!b->records++) {
		b->first =
			(struct refused_record){(enum stream_kind)r->tag, r->partition, r->offset};
		b->first_is_control = r->is_control;
	}
	return HISTORY_TAKEN;
}
