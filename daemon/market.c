#include "market.h"
#include "clock.h"
#include "market_ahead.h"
#include "market_halt.h"
#include <stdlib.h>
#include <string.h>

struct market {
	struct market_symbol *symbols;
	size_t count;
	size_t *by_phase;     /* indices of the symbols, by phase */
	size_t slot_turn;     /* whose slot ends next: by_phase[slot_turn] */
	int64_t slot_base_us; /* the second in which it does */
	int64_t second_us;    /* the second whose end is next */
	struct market_ahead ahead;
	struct market_emit emit;
	bool ended;
	int64_t reached_us, late;
	struct market_span *spans;
	size_t span_count;
};

static int phase_compare(const void *a, const void *b, void *ctx)
{
	const struct market *m = ctx;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	int64_t left = m->symbols[i].window.phase_us, right = m->symbols[k].window.phase_us;

	return left != right ? (left > right) - (left < right) : (i > k) - (i < k);
}

static void symbols_begin(struct market *m, int64_t t_us)
{
	m->reached_us = m->second_us = m->slot_base_us = t_us;
	m->slot_turn = 0;
	for (size_t i = 0; i < m->count; i++)
		market_symbol_begin(&m->symbols[i], t_us);
}

/* Time begins (again) at `t_us`, a whole second. */
static int time_begin(struct market *m, int64_t t_us)
{
	struct market_span *more = realloc(m->spans, (m->span_count + 1) * sizeof(*more));

	if (!more)
		return -1;
	m->spans = more;
	m->spans[m->span_count++] = (struct market_span){t_us, t_us};
	symbols_begin(m, t_us);
	return 0;
}

struct market *market_new(
	const char *const *names, size_t count, struct market_source source, int64_t start_us)
{
	struct market *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	market_emit_init(&m->emit);
	m->count = count;
	m->symbols = calloc(count + 1, sizeof(*m->symbols));
	m->by_phase = calloc(count + 1, sizeof(*m->by_phase));
	if (market_ahead_init(&m->ahead, source, count) || !m->symbols || !m->by_phase) {
		m->count = m->symbols ? count : 0;
		market_free(m);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		market_symbol_init(&m->symbols[i], names[i]);
		m->by_phase[i] = i;
	}
	qsort_r(m->by_phase, count, sizeof(*m->by_phase), phase_compare, m);
	if (time_begin(m, start_us) == 0)
		return m;
	market_free(m);
	return NULL;
}

void market_free(struct market *m)
{
	if (!m)
		return;
	market_ahead_done(&m->ahead);
	for (size_t i = 0; i < m->count; i++)
		market_symbol_done(&m->symbols[i]);
	market_emit_done(&m->emit);
	free(m->spans);
	free(m->by_phase);
	free(m->symbols);
	free(m);
}

void market_trades_keep(struct market *m, size_t max)
{
	for (size_t i = 0; i < m->count; i++)
		m->symbols[i].trades.max = max;
}

int market_past(struct market *m, struct market_trade t)
{
	struct market_symbol *s = &m->symbols[t.symbol];
	struct market_stats unused;

	/* What is older than 24 h need not be kept. */
	market_window_end(&s->window, t.trade_us, &unused);
	return market_symbol_add(s, &t) < 0 ? -1 : 0;
}

void market_past_end(struct market *m, int64_t start_us)
{
	symbols_begin(m, start_us);
	for (size_t i = 0; i < m->count; i++)
		m->symbols[i].order_open = false;
	m->spans[m->span_count - 1].to_us = start_us;
}

void market_output_set(struct market *m, const struct market_output *output)
{
	m->emit.output = output;
}

static void kline_close(struct market *m, struct market_symbol *s)
{
	struct market_bar bar = market_symbol_close(s);

	if (!market_hidden(s, bar.open_us, bar.open_us + SECOND_US))
		market_emit_kline(&m->emit, m->reached_us, s, &bar);
}

static void slot_end(struct market *m, struct market_symbol *s)
{
	int64_t end_us = s->slot_us;

	if (market_symbol_slot(s) && !market_hidden(s, end_us, end_us))
		market_emit_ticker(&m->emit, m->reached_us, s, end_us);
}

/* Does what is due of a symbol at `now_us`, in order, unless a trade of that time is still to
 * come. */
static void symbol_release(
	struct market *m, struct market_symbol *s, int64_t now_us, int64_t delay_us)
{
	const struct market_trade *next = market_ahead_coming(&m->ahead, (size_t)(s - m->symbols));
	int64_t coming = next ? next->trade_us : MARKET_NEVER;

	market_halt_tick(s, now_us);
	for (;;) {
		int64_t over = s->close_us == MARKET_NEVER ? MARKET_NEVER : s->close_us + SECOND_US;
		bool close = over != MARKET_NEVER && over + delay_us <= now_us && coming >= over;
		bool slot = s->slot_us <= now_us && coming > s->slot_us;

		if (slot && (!close || s->slot_us <= over + delay_us))
			slot_end(m, s);
		else if (close)
			kline_close(m, s);
		else
			return;
	}
}

static void all_release(struct market *m, int64_t now_us, int64_t delay_us)
{
	for (size_t i = 0; i < m->count; i++)
		symbol_release(m, &m->symbols[i], now_us, delay_us);
}

static bool order_ends(const struct market *m, struct market_symbol *s)
{
	const struct market_trade *coming =
		market_ahead_coming(&m->ahead, (size_t)(s - m->symbols));
	struct market_trade next;
	bool more = coming;

	if (coming) {
		next = *coming;
		more = market_halt_next(s, &next);
	}
	return market_symbol_order_ends(s, more ? &next : NULL);
}

static int trade_take(struct market *m, struct market_item *item, struct err *e)
{
	size_t symbol = (size_t)item->trade.symbol;
	struct market_symbol *s = &m->symbols[symbol];
	int rc;

	if (market_halt_takes(s, item))
		return 0;
	rc = market_symbol_add(s, &item->trade);
	if (rc < 0)
		return err_set(e, "no memory");
	m->late += rc == 0;
	if (rc > 0)
		market_emit_trade(&m->emit, m->reached_us, s, item);
	if (order_ends(m, s))
		market_emit_order(&m->emit, m->reached_us, s);
	return 0;
}

/* Market time stops here: nothing of it is held back any more. */
static void last_release(struct market *m, const struct market_item *item)
{
	all_release(m, item->at_us, 0);
	market_emit_array(&m->emit, m->reached_us, m->symbols, m->count);
	market_emit_notice(&m->emit, item);
}

static int item_take(struct market *m, struct market_item *item, struct err *e)
{
	switch (item->kind) {
	case MARKET_TRADE:
		return trade_take(m, item, e);
	case MARKET_FRAME:
		market_emit_frame(&m->emit, m->reached_us, item);
		return 0;
	case MARKET_TIME:
		return 0;
	case MARKET_JUMP:
		last_release(m, item);
		return time_begin(m, item->to_us) ? err_set(e, "no memory") : 0;
	case MARKET_END:
		m->ended = true;
		last_release(m, item);
		return 0;
	}
	return 0;
}

static int item_next(struct market *m, struct err *e)
{
	struct market_item item = market_ahead_take(&m->ahead);
	int rc = item_take(m, &item, e);

	free(item.text);
	if (item.kind == MARKET_TRADE && rc == 0)
		symbol_release(
			m, &m->symbols[item.trade.symbol], m->reached_us, MARKET_KLINE_DELAY_US);
	return rc;
}

static int64_t slot_tick_us(const struct market *m)
{
	if (m->count == 0)
		return MARKET_NEVER;
	return m->slot_base_us + m->symbols[m->by_phase[m->slot_turn]].window.phase_us;
}

static void slot_tick(struct market *m)
{
	symbol_release(
		m, &m->symbols[m->by_phase[m->slot_turn]], m->reached_us, MARKET_KLINE_DELAY_US);
	if (++m->slot_turn == m->count) {
		m->slot_turn = 0;
		m->slot_base_us += SECOND_US;
	}
}

/* What is next: trades and frames before the ends of seconds and slots of the same instant,
 * these before jumps and the end. */
static int64_t choose(
	const struct market *m, int64_t *item_us, int64_t *second_us, int64_t *slot_us)
{
	const struct market_item *item = market_ahead_peek(&m->ahead);
	bool last = item && (item->kind == MARKET_JUMP || item->kind == MARKET_END);
	int64_t tick;

	*second_us = m->count ? m->second_us + SECOND_US + MARKET_KLINE_DELAY_US : MARKET_NEVER;
	*slot_us = slot_tick_us(m);
	*item_us = item ? item->at_us : MARKET_NEVER;
	tick = *second_us < *slot_us ? *second_us : *slot_us;
	if (*item_us > tick || (*item_us == tick && last))
		*item_us = MARKET_NEVER;
	else if (*item_us != MARKET_NEVER)
		tick = *item_us;
	return tick;
}

int64_t market_next_us(struct market *m, struct err *e)
{
	int64_t item, second, slot, when;

	if (m->ended)
		return MARKET_NEVER;
	if (market_ahead_fill(&m->ahead, m->reached_us + MARKET_AHEAD_US, e))
		return -1;
	when = choose(m, &item, &second, &slot);
	if (market_ahead_fill(&m->ahead, when + MARKET_AHEAD_US, e))
		return -1;
	return choose(m, &item, &second, &slot);
}

int market_step(struct market *m, int64_t limit_us, struct err *e)
{
	int64_t item, second, slot, when = market_next_us(m, e);

	if (when < 0)
		return -1;
	if (when > limit_us || when == MARKET_NEVER) {
		if (!m->ended && limit_us > m->reached_us && when != MARKET_NEVER)
			m->reached_us = m->spans[m->span_count - 1].to_us = limit_us;
		return 0;
	}
	choose(m, &item, &second, &slot);
	if (when > m->reached_us)
		m->reached_us = m->spans[m->span_count - 1].to_us = when;
	if (item != MARKET_NEVER)
		return item_next(m, e) ? -1 : 1;
	if (slot <= second) {
		slot_tick(m);
		return 1;
	}
	m->second_us += SECOND_US;
	all_release(m, m->reached_us, MARKET_KLINE_DELAY_US);
	market_emit_array(&m->emit, m->reached_us, m->symbols, m->count);
	return 1;
}

bool market_ended(const struct market *m)
{
	return m->ended;
}

int64_t market_reached_us(const struct market *m)
{
	return m->reached_us;
}

int64_t market_late(const struct market *m)
{
	return m->late;
}

size_t market_symbol_count(const struct market *m)
{
	return m->count;
}

const struct market_symbol *market_symbol_at(const struct market *m, size_t i)
{
	return i < m->count ? &m->symbols[i] : NULL;
}

struct market_symbol *market_symbol_change(struct market *m, size_t i)
{
	return i < m->count ? &m->symbols[i] : NULL;
}

const struct market_symbol *market_symbol_find(const struct market *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->symbols[i].name, name) == 0)
			return &m->symbols[i];
	}
	return NULL;
}

const struct market_span *market_spans(const struct market *m, size_t *count)
{
	*count = m->span_count;
	return m->spans;
}
