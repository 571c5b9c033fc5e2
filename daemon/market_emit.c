#include "market_emit.h"
#include "clock.h"
#include "market_event.h"
#include <string.h>

#define EVENT_BYTES_MAX (64u << 10)
#define ARRAY_BYTES_MAX (16u << 20)

void market_emit_init(struct market_emit *m)
{
	memset(m, 0, sizeof(*m));
	buf_init(&m->text, EVENT_BYTES_MAX);
	buf_init(&m->array, ARRAY_BYTES_MAX);
}

void market_emit_done(struct market_emit *m)
{
	buf_done(&m->text);
	buf_done(&m->array);
}

static struct slice slice_of(const struct buf *b)
{
	return (struct slice){b->data, b->len};
}

static void give(
	const struct market_emit *m, int64_t at_us, struct market_event *ev, const char *name)
{
	ev->at_us = at_us;
	if (name)
		ev->name = (struct slice){name, strlen(name)};
	m->output->event(m->output->ctx, ev);
}

static void text_give(const struct market_emit *m, int64_t at_us, const char *name)
{
	give(m, at_us, &(struct market_event){.object = slice_of(&m->text)}, name);
}

static bool wanted(const struct market_output *o, const char *name)
{
	if (!o)
		return false;
	return o->wanted ? o->wanted(o->ctx, name) : strcmp(name, MARKET_ARRAY_NAME) == 0;
}

void market_emit_trade(struct market_emit *m, int64_t at_us, const struct market_symbol *s,
	const struct market_item *item)
{
	if (!m->output)
		return;
	if (item->text) {
		give(m, at_us, &(struct market_event){.object = {item->text, item->text_len}},
			s->trade_name);
		return;
	}
	buf_reset(&m->text);
	market_event_trade(&m->text, s->name, item->at_us, &item->trade);
	text_give(m, at_us, s->trade_name);
}

void market_emit_order(struct market_emit *m, int64_t at_us, const struct market_symbol *s)
{
	if (!m->output)
		return;
	buf_reset(&m->text);
	market_event_agg_trade(&m->text, s->name, at_us, &s->order);
	text_give(m, at_us, s->order_name);
}

void market_emit_kline(struct market_emit *m, int64_t at_us, const struct market_symbol *s,
	const struct market_bar *bar)
{
	if (!m->output)
		return;
	buf_reset(&m->text);
	market_event_kline(&m->text, s->name, at_us, bar);
	text_give(m, at_us, s->kline_name);
}

void market_emit_ticker(
	struct market_emit *m, int64_t at_us, struct market_symbol *s, int64_t end_us)
{
	struct market_best best;

	s->stats_us = end_us;
	s->stats_told = false;
	if (!m->output)
		return;
	buf_reset(&m->text);
	market_event_mini_ticker(&m->text, s->name, end_us, &s->stats);
	text_give(m, at_us, s->mini_name);
	if (!wanted(m->output, s->ticker_name))
		return;
	market_best_of(s, &best);
	buf_reset(&m->text);
	market_event_ticker(&m->text, s->name, end_us, &s->stats, &best);
	text_give(m, at_us, s->ticker_name);
}

void market_emit_array(
	struct market_emit *m, int64_t at_us, struct market_symbol *symbols, size_t count)
{
	bool usual = wanted(m->output, MARKET_ARRAY_NAME),
	     other = wanted(m->output, MARKET_ARRAY_OTHER);

	buf_reset(&m->array);
	for (size_t i = 0; i < count; i++) {
		struct market_symbol *s = &symbols[i];

		if (s->stats_us < 0 || s->stats_told)
			continue;
		s->stats_told = true;
		if (!usual && !other)
			continue;
		buf_add_char(&m->array, m->array.len ? ',' : '[');
		market_event_mini_ticker(&m->array, s->name, s->stats_us, &s->stats);
	}
	if (m->array.len == 0)
		return;
	buf_add_char(&m->array, ']');
	if (usual)
		give(m, at_us, &(struct market_event){.object = slice_of(&m->array)},
			MARKET_ARRAY_NAME);
	if (other)
		give(m, at_us, &(struct market_event){.object = slice_of(&m->array)},
			MARKET_ARRAY_OTHER);
}

void market_emit_frame(struct market_emit *m, int64_t at_us, const struct market_item *item)
{
	struct market_event ev = {.frame = {item->text, item->text_len}, .wrapped = item->wrapped};

	if (!m->output)
		return;
	if (item->data_len)
		ev.object = (struct slice){item->text + item->data_at, item->data_len};
	if (item->name_len)
		ev.name = (struct slice){item->text + item->name_at, item->name_len};
	give(m, at_us, &ev, NULL);
}

void market_emit_notice(struct market_emit *m, const struct market_item *item)
{
	bool jump = item->kind == MARKET_JUMP;

	if (!m->output)
		return;
	buf_reset(&m->text);
	buf_printf(&m->text, "{\"e\":\"%s\",\"E\":%lld", jump ? "replayJumped" : "replayEnded",
		(long long)((jump ? item->to_us : item->at_us) / MS_US));
	if (jump)
		buf_printf(&m->text, ",\"from\":%lld", (long long)(item->at_us / MS_US));
	buf_add_char(&m->text, '}');
	give(m, item->at_us, &(struct market_event){.object = slice_of(&m->text), .everyone = true},
		jump ? MARKET_JUMPED_NAME : MARKET_ENDED_NAME);
}
