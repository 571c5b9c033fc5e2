#include "sink_take.h"

#include "log.h"
#include "metrics.h"
#include "sink_holes.h"
#include "sink_session.h"
#include "sink_settle.h"

#include <string.h>

METRIC_COUNTER(
	metric_events, "pricegraph_sink_events_total", "Events taken from the stream topics");
METRIC_COUNTER(metric_late, "pricegraph_sink_late_events_total",
	"Events for seconds that were settled already");

#define AHEAD_US HOUR_US

int64_t sink_take_identity(const struct kafka_record *r)
{
	uint64_t h = 14695981039346656037ULL ^ (uint64_t)r->produced_ms;

	for (size_t i = 0; i < r->value_len; i++)
		h = (h ^ (unsigned char)r->value[i]) * 1099511628211ULL;
	return h ? (int64_t)h : 1;
}

static void quarantine(struct sink_batch *b, const struct kafka_record *r, const char *reason)
{
	log_warn("sink_quarantine", "stream=%s partition=%d offset=%lld reason=\"%s\"",
		stream_table[r->tag].name, r->partition, (long long)r->offset, reason);
	sink_batch_quarantine(b, r, reason);
}

static void take_late(struct sink_symbol *sy, struct sink_batch *b, const struct event *ev)
{
	struct batch_late late = {.symbol = sy, .second_us = event_second_us(ev)};

	metric_add(&metric_late, 1);
	if (stream_table[ev->kind].says == SAYS_KLINE) {
		late.has_kline = true;
		late.kline = *ev;
	}
	buf_add(&b->lates, &late, sizeof late);
	sink_batch_day(b, late.second_us);
}

/* A closed kline is stored at once: it is its own raw row. */
static void write_closed(
	struct sink_symbol *sy, struct sink_batch *b, struct sink_second *s, bool replayed)
{
	struct batch_candle row = {.symbol = sy, .slow = s->written};

	if (!second_visible(&s->second, &row.candle) || row.candle.origin < ORIGIN_KLINE ||
		!row.candle.closed)
		return;
	if (s->written && candle_equal(&s->stored, &row.candle))
		return;
	s->written = true;
	s->stored = row.candle;
	if (replayed)
		return;
	buf_add(&b->candles, &row, sizeof row);
	sink_batch_day(b, row.candle.open_us);
}

static void take_raw(
	struct sink_symbol *sy, struct sink_batch *b, const struct event *ev, int64_t received_us)
{
	int64_t order = event_order(ev);
	bool slow = order <= sy->marks[ev->kind];

	if (!slow)
		sy->marks[ev->kind] = order;
	sink_batch_raw(b, sy, ev, received_us, slow);
}

static int take_event(struct sink_symbol *sy, struct sink_batch *b, const struct event *ev,
	const struct kafka_record *r, bool replayed, struct err *e)
{
	enum stream_says says = stream_table[ev->kind].says;
	int64_t second_us = event_second_us(ev);
	struct sink_second *s;

	if (sink_holes_take(sy, b, ev, e) != 0)
		return -1;
	/* A kline is kept as the candle. */
	if (!replayed && says != SAYS_KLINE)
		take_raw(sy, b, ev, r->received_us);
	if (says == SAYS_NOTHING)
		return 0;
	if (second_us < sy->settled_us || second_us < sy->spilled_us) {
		if (!replayed)
			take_late(sy, b, ev);
		if (second_us >= sy->settled_us && r->offset < sy->spilled_offset[ev->kind])
			sy->spilled_offset[ev->kind] = r->offset;
		return 0;
	}
	s = sink_symbol_second(sy, second_us);
	if (!s)
		return err_set(e, "no memory for a second of %s", sy->name);
	if (r->offset < s->first_offset[ev->kind])
		s->first_offset[ev->kind] = r->offset;
	if (second_add(&s->second, ev, e) < 0)
		return -1;
	if (says == SAYS_KLINE && ev->kline.closed)
		write_closed(sy, b, s, replayed);
	return 0;
}

static void count_event(struct sink_batch *b, const struct kafka_record *r)
{
	metric_add(&metric_events, 1);
	if (r->received_us > 0)
		buf_add(&b->received, &r->received_us, sizeof r->received_us);
}

/* What it says goes to quarantine, unread. */
static bool is_refused(const struct sink_state *st, const struct kafka_record *r)
{
	const struct refused_record at = {(enum stream_kind)r->tag, r->partition, r->offset};

	return st->refused && st->refused->count && sink_refused_has(st->refused, &at);
}

static int take_data(struct sink_state *st, struct sink_batch *b, struct event_parser *parser,
	const struct kafka_record *r, struct err *e)
{
	bool replayed = r->offset < st->places[r->tag][r->partition].committed;
	int64_t clock_us = st->recorded ? 0 : sink_state_clock_us(st);
	struct sink_symbol *sy;
	struct event ev;
	struct err why;

	if (is_refused(st, r)) {
		if (!replayed)
			quarantine(b, r, st->refused->reason);
		return 0;
	}
	if (!r->value || event_parse(parser, (enum stream_kind)r->tag, r->value, r->value_len, &ev,
				 &why) != 0) {
		if (!replayed)
			quarantine(b, r, r->value ? why.text : "no value");
		return 0;
	}
	if (clock_us && event_second_us(&ev) > clock_us + AHEAD_US) {
		if (!replayed)
			quarantine(
				b, r, "event time is more than an hour ahead of the venue's clock");
		return 0;
	}
	sy = sink_state_symbol(st, ev.symbol, r->partition);
	if (!sy)
		return err_set(e, "no memory for symbol %s", ev.symbol);
	if (sy->partition != r->partition) {
		if (!replayed)
			quarantine(b, r, "the symbol lives in another partition");
		return 0;
	}
	if (!replayed)
		count_event(b, r);
	return take_event(sy, b, &ev, r, replayed, e);
}

void sink_take_identities(struct sink_state *st)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			struct sink_place *place = &st->places[k][i];

			if (place->last)
				place->identity = sink_take_identity(place->last);
			place->last = NULL;
		}
}

int sink_take(struct sink_state *st, struct sink_batch *b, struct event_parser *parser,
	const struct kafka_record *r, struct err *e)
{
	struct sink_place *place = &st->places[r->tag][r->partition];

	if (!b->began_mono_us)
		b->began_mono_us = clock_mono_us();
	if (r->is_control) {
		if (r->offset < place->committed)
			sink_settle_spill(st, b, r->partition);
		else if (sink_session_take(st, b, r, e) != 0)
			return -1;
	} else if (take_data(st, b, parser, r, e) != 0) {
		return -1;
	}
	if (r->offset >= place->next) {
		place->next = r->offset + 1;
		place->last = r;
		b->touched[r->tag][r->partition] = true;
		b->produced_ms[r->tag][r->partition] = r->produced_ms;
		if (!b->records++) {
			b->first = (struct refused_record){
				(enum stream_kind)r->tag, r->partition, r->offset};
			b->first_is_control = r->is_control;
		}
	}
	return 0;
}
