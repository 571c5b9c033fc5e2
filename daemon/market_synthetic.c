#include "market_synthetic.h"
#include "clock.h"
#include "market_number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct market_synthetic {
	struct synthetic_symbol *symbols;
	size_t count;
	int64_t second;              /* the next to be made */
	struct market_trade *trades; /* of one symbol in one second */
	size_t trades_room;
	struct pending {
		struct market_trade trade;
		int64_t event_us;
	} * pending; /* of all symbols in one second, by event time */
	size_t next, pending_count, pending_room;
};

/* An order fills in one to three trades: in each block of eight, these many, turned round by a
 * hash, so that the ids of trades and of orders are functions of each other. */
static const int fills[] = {1, 1, 2, 1, 3, 1, 1, 2};
#define BLOCK_ORDERS 8
#define BLOCK_TRADES 12
#define FILLS_MAX 3

static const struct synthetic_symbol known[] = {
	{.name = "BTCUSDT",
		.price = 61000,
		.trades_a_day = 700000,
		.notional = 400,
		.price_places = 2,
		.quantity_places = 5},
	{.name = "ETHUSDT",
		.price = 3100,
		.trades_a_day = 430000,
		.notional = 300,
		.price_places = 2,
		.quantity_places = 4},
	{.name = "SOLUSDT",
		.price = 145,
		.trades_a_day = 260000,
		.notional = 200,
		.price_places = 2,
		.quantity_places = 3},
	{.name = "XRPUSDT",
		.price = 0.52,
		.trades_a_day = 170000,
		.notional = 150,
		.price_places = 4,
		.quantity_places = 0},
	{.name = "DOGEUSDT",
		.price = 0.12,
		.trades_a_day = 130000,
		.notional = 120,
		.price_places = 5,
		.quantity_places = 0},
	{.name = "BNBUSDT",
		.price = 560,
		.trades_a_day = 100000,
		.notional = 250,
		.price_places = 1,
		.quantity_places = 3},
	{.name = "ADAUSDT",
		.price = 0.38,
		.trades_a_day = 70000,
		.notional = 100,
		.price_places = 4,
		.quantity_places = 1},
	{.name = "SHIBUSDT",
		.price = 0.000018,
		.trades_a_day = 50000,
		.notional = 100,
		.price_places = 8,
		.quantity_places = 0},
	{.name = "LTCUSDT",
		.price = 72,
		.trades_a_day = 40000,
		.notional = 120,
		.price_places = 2,
		.quantity_places = 3},
	{.name = "ETHBTC",
		.price = 0.051,
		.trades_a_day = 30000,
		.notional = 0.01,
		.price_places = 5,
		.quantity_places = 3},
	{.name = "WAVESBTC",
		.price = 0.000031,
		.trades_a_day = 1700,
		.notional = 0.002,
		.price_places = 7,
		.quantity_places = 1},
};

static uint64_t name_hash(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return h;
}

static int symbol_init(struct synthetic_symbol *s, uint64_t seed, const char *name)
{
	uint64_t hash = name_hash(name);

	/* Four or five digits of price, and lots of about a unit of the quote asset. */
	*s = (struct synthetic_symbol){.price = exp(2 + 2.5 * market_normal(market_mix(hash, 1))),
		.trades_a_day = 15000 * exp(0.8 * market_normal(market_mix(hash, 2))),
		.notional = 100};
	s->price_places = s->price >= 100 ? 2 : s->price >= 1 ? 4 : 6;
	s->quantity_places = s->price >= 100 ? 4 : s->price >= 1 ? 2 : 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name) == 0)
			*s = known[i];
	}
	s->name = strdup(name);
	s->key = market_mix(seed, hash);
	market_cascade_init(
		&s->cascade, s->key, s->price, s->trades_a_day * BLOCK_ORDERS / BLOCK_TRADES);
	return s->name ? 0 : -1;
}

struct market_synthetic *market_synthetic_new(
	uint64_t seed, const char *const *names, size_t count, int64_t start_us)
{
	struct market_synthetic *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->second = start_us / SECOND_US;
	s->symbols = calloc(count + 1, sizeof(*s->symbols));
	for (; s->symbols && s->count < count; s->count++) {
		if (symbol_init(&s->symbols[s->count], seed, names[s->count]))
			break;
	}
	if (s->symbols && s->count == count)
		return s;
	market_synthetic_free(s);
	return NULL;
}

void market_synthetic_free(struct market_synthetic *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->symbols && i < s->count; i++)
		free((char *)s->symbols[i].name);
	free(s->symbols);
	free(s->trades);
	free(s->pending);
	free(s);
}

int64_t market_synthetic_event_us(int64_t trade_us)
{
	return trade_us + (1 + (int64_t)(market_mix(7, (uint64_t)trade_us) & 1)) * MS_US;
}

static int64_t power10(int n)
{
	int64_t p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static int order_fills(const struct synthetic_symbol *s, int64_t order)
{
	uint64_t turn = market_mix(s->key + 4, (uint64_t)(order / BLOCK_ORDERS));

	return fills[(turn + (uint64_t)order) % BLOCK_ORDERS];
}

/* Trades before the order, counted from 0 as orders are. */
static int64_t order_first(const struct synthetic_symbol *s, int64_t order)
{
	int64_t first = order / BLOCK_ORDERS * BLOCK_TRADES;

	for (int64_t i = order - order % BLOCK_ORDERS; i < order; i++)
		first += order_fills(s, i);
	return first;
}

/* Side and price of the `i`-th order of a second whose price goes from one to the other. */
static void order_make(const struct synthetic_symbol *s, const struct cascade_second *c, int64_t i,
	struct market_trade *t)
{
	uint64_t random = market_mix(s->key + 1, (uint64_t)t->order);
	double price = c->from_price +
		       (c->to_price - c->from_price) * ((double)i + 0.5) / (double)c->count;
	int64_t tick = power10(NUMBER_PLACES - s->price_places);
	int64_t ticks = (int64_t)floor(price * (double)(NUMBER_ONE / tick));

	/* Buyers take the ask, a step above the bid; one in eight reaches a step or two deeper. */
	t->maker = (random >> 20) & 1;
	ticks += t->maker ? 0 : 1;
	if (((random >> 21) & 7) == 0)
		ticks += (int64_t)((random >> 24) & 1) * (t->maker ? -1 : 1);
	t->price = (ticks > 0 ? ticks : 1) * tick;
}

static void quantity_make(const struct synthetic_symbol *s, struct market_trade *t)
{
	int64_t lot = power10(NUMBER_PLACES - s->quantity_places), lots;
	double notional = s->notional *
			  exp(1.6 * market_normal(market_mix(s->key + 2, (uint64_t)t->id)) - 0.5);
	double price = (double)t->price / (double)NUMBER_ONE;

	lots = (int64_t)(notional / price * (double)(NUMBER_ONE / lot));
	t->quantity = (__int128)(lots > 0 ? lots : 1) * lot;
}

static int trades_reserve(struct market_synthetic *s, size_t count)
{
	struct market_trade *more;

	if (count <= s->trades_room)
		return 0;
	more = aligned_alloc(_Alignof(struct market_trade), 2 * count * sizeof(*more));
	if (!more)
		return -1;
	free(s->trades);
	s->trades = more;
	s->trades_room = 2 * count;
	return 0;
}

const struct market_trade *market_synthetic_second(
	struct market_synthetic *s, size_t symbol, int64_t second, size_t *count)
{
	struct synthetic_symbol *sym = &s->symbols[symbol];
	struct cascade_second c = market_cascade_second(&sym->cascade, second);
	int64_t id = 0;
	size_t made = 0;

	*count = 0;
	if (c.count <= 0 || trades_reserve(s, (size_t)c.count * FILLS_MAX))
		return NULL;
	id = order_first(sym, c.first);
	for (int64_t i = 0; i < c.count; i++) {
		uint64_t random = market_mix(sym->key + 3, (uint64_t)(c.first + i));
		int64_t ms = (i * 1000 + (int64_t)((random >> 8) % 1000)) / c.count;
		struct market_trade order = {.symbol = (int)symbol,
			.order = c.first + i + 1,
			.trade_us = second * SECOND_US + ms * MS_US};

		order_make(sym, &c, i, &order);
		for (int n = order_fills(sym, c.first + i); n > 0; n--) {
			s->trades[made] = order;
			s->trades[made].id = ++id;
			quantity_make(sym, &s->trades[made++]);
		}
	}
	*count = made;
	return s->trades;
}

static int pending_compare(const void *a, const void *b)
{
	const struct pending *left = a, *right = b;

	if (left->event_us != right->event_us)
		return left->event_us < right->event_us ? -1 : 1;
	if (left->trade.symbol != right->trade.symbol)
		return left->trade.symbol < right->trade.symbol ? -1 : 1;
	return (left->trade.id > right->trade.id) - (left->trade.id < right->trade.id);
}

static int pending_put(struct market_synthetic *s, const struct market_trade *trades, size_t count)
{
	if (s->pending_count + count > s->pending_room) {
		size_t room = 2 * (s->pending_count + count);
		struct pending *more =
			aligned_alloc(_Alignof(struct pending), room * sizeof(*more));

		if (!more)
			return -1;
		if (s->pending_count)
			memcpy(more, s->pending, s->pending_count * sizeof(*more));
		free(s->pending);
		s->pending = more;
		s->pending_room = room;
	}
	for (size_t i = 0; i < count; i++) {
		s->pending[s->pending_count++] = (struct pending){.trade = trades[i],
			.event_us = market_synthetic_event_us(trades[i].trade_us)};
	}
	return 0;
}

static int second_make(struct market_synthetic *s, struct err *e)
{
	s->next = s->pending_count = 0;
	for (size_t i = 0; i < s->count; i++) {
		size_t count;
		const struct market_trade *trades =
			market_synthetic_second(s, i, s->second, &count);

		if (pending_put(s, trades, count))
			return err_set(e, "no memory");
	}
	if (s->pending_count > 0)
		qsort(s->pending, s->pending_count, sizeof(*s->pending), pending_compare);
	s->second++;
	return 0;
}

static int next(void *ctx, struct market_item *out, struct err *e)
{
	struct market_synthetic *s = ctx;

	if (s->next == s->pending_count) {
		/* Time itself is the item, behind the last trade's E of the second before. */
		*out = (struct market_item){
			.kind = MARKET_TIME, .at_us = s->second * SECOND_US + MS_US};
		return second_make(s, e) ? -1 : 1;
	}
	*out = (struct market_item){0};
	out->kind = MARKET_TRADE;
	out->trade = s->pending[s->next].trade;
	out->at_us = s->pending[s->next++].event_us;
	return 1;
}

struct market_source market_synthetic_source(struct market_synthetic *s)
{
	return (struct market_source){.ctx = s, .next = next};
}
