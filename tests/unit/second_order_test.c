/* Whatever of one second comes, in whatever order and how often, partial and closed klines and bars of history among it: the candle is the one that
 * a plain recomputation of the whole gives. */
#include "second_events.h"
#include <stdio.h>

#define EVENTS_MAX 64
#define ROUNDS 400
#define ORDERS 12

static uint64_t state = 1;

/* 0 <= x < n */
static int64_t chance(int64_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((state >> 33) % (uint64_t)n);
}

static struct decimal whole(int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)n);
	return dec(text);
}

/* What is known of the second as plain numbers. */
struct one {
	enum stream_kind kind;
	int64_t id, first, last; /* of trades and aggregates; of klines f and L, -1: none */
	int64_t at;              /* ms of a sample; statement of a kline */
	int64_t price, quantity; /* of samples the price */
	bool maker, closed;
	int64_t ohlcvqn[7], taker[2];
};

struct heap {
	struct one all[EVENTS_MAX];
	size_t count;
};

static void put(struct heap *h, struct one o)
{
	assert_true(h->count < EVENTS_MAX);
	h->all[h->count++] = o;
}

static void put_trades(struct heap *h, int64_t count)
{
	int64_t part = chance(3); /* how many of four are missing */

	for (int64_t i = 0; i < count; i++)
		if (chance(4) >= part)
			put(h, (struct one){.kind = STREAM_TRADE,
				       .id = 100 + i,
				       .first = 100 + i,
				       .last = 100 + i,
				       .price = 1 + chance(9999),
				       .quantity = 1 + chance(99),
				       .maker = chance(2)});
}

static void put_aggregates(struct heap *h, int64_t count)
{
	int64_t part = chance(3), id = 7;

	for (int64_t first = 100; first < 100 + count; id++) {
		int64_t last = first + chance(3);

		if (last >= 100 + count)
			last = 100 + count - 1;
		if (chance(4) >= part)
			put(h, (struct one){.kind = STREAM_AGG_TRADE,
				       .id = id,
				       .first = first,
				       .last = last,
				       .price = 1 + chance(9999),
				       .quantity = 1 + chance(99),
				       .maker = chance(2)});
		first = last + 1;
	}
	if (chance(3) == 0) /* taken back by the exchange */
		put(h, (struct one){.kind = STREAM_AGG_TRADE,
			       .id = id,
			       .first = -1,
			       .last = -1,
			       .price = 1,
			       .quantity = 1});
}

static void put_samples(struct heap *h)
{
	for (int64_t i = chance(4), at = 0; i > 0; i--)
		put(h, (struct one){.kind = STREAM_MINI_TICKER,
			       .at = at += 1 + chance(300),
			       .price = 1 + chance(9999)});
}

/* A statement of the bar as it is then: later ones have no fewer trades. Of history (`ids` false) it does not know which. */
static struct one bar(int64_t stated, int64_t trades, bool closed, bool ids)
{
	struct one o = {.kind = STREAM_KLINE_1S,
		.at = stated,
		.closed = closed,
		.first = ids && trades ? 100 : -1,
		.last = ids && trades ? 100 + trades - 1 : -1};

	for (int i = 0; i < 6; i++)
		o.ohlcvqn[i] = 1 + chance(9999);
	o.ohlcvqn[6] = trades;
	o.taker[0] = chance(99);
	o.taker[1] = chance(9999);
	return o;
}

static void put_bars(struct heap *h, int64_t count)
{
	int64_t stated = 100, trades = 0;

	for (int64_t i = chance(4); i > 0; i--) {
		trades += chance(count - trades + 1);
		put(h, bar(stated += 1 + chance(200), trades, false, true));
	}
	if (chance(2))
		put(h, bar(stated += 1 + chance(200), trades = count, true, true));
	for (int64_t i = chance(3); i > 0; i--) { /* from REST, restated now and then */
		trades = trades > count ? trades : count;
		trades += chance(4) == 0;
		put(h, bar(stated += 1 + chance(200), trades, true, false));
	}
}

static struct event event_of(const struct one *o)
{
	struct event ev = {.kind = o->kind, .event_us = OPEN_US + o->at * MS_US};

	switch (o->kind) {
	case STREAM_TRADE:
		ev.trade = (struct event_trade){.id = o->id,
			.trade_us = OPEN_US + o->id * MS_US,
			.price = whole(o->price),
			.quantity = whole(o->quantity),
			.buyer_is_maker = o->maker};
		break;
	case STREAM_AGG_TRADE:
		ev.agg_trade = (struct event_agg_trade){.id = o->id,
			.first_id = o->first,
			.last_id = o->last,
			.trade_us = OPEN_US + o->id * MS_US,
			.price = whole(o->price),
			.quantity = whole(o->quantity),
			.buyer_is_maker = o->maker};
		break;
	case STREAM_MINI_TICKER:
		ev.mini_ticker.close = whole(o->price);
		break;
	default:
		ev.kline = (struct event_kline){.open_us = OPEN_US,
			.open = whole(o->ohlcvqn[0]),
			.high = whole(o->ohlcvqn[1]),
			.low = whole(o->ohlcvqn[2]),
			.close = whole(o->ohlcvqn[3]),
			.volume = whole(o->ohlcvqn[4]),
			.quote = whole(o->ohlcvqn[5]),
			.trades = o->ohlcvqn[6],
			.taker_volume = whole(o->taker[0]),
			.taker_quote = whole(o->taker[1]),
			.first_id = o->first,
			.last_id = o->last,
			.closed = o->closed};
	}
	return ev;
}

/* --- the recomputation: everything at once, in plain numbers --- */

struct naive {
	bool any;
	enum origin origin;
	int64_t n[9]; /* o h l c v q n V Q */
	int64_t first, last;
};

/* Trades or aggregates summed up in the order of their numbers, as they were made. */
static struct naive sum_up(const struct heap *h, enum stream_kind kind, enum origin origin)
{
	struct naive r = {.origin = origin};

	for (size_t i = 0; i < h->count; i++) {
		const struct one *o = &h->all[i];

		if (o->kind != kind || o->first < 0)
			continue;
		int64_t quote = o->price * o->quantity, *n = r.n;

		if (!r.any) {
			n[0] = n[1] = n[2] = o->price;
			r.first = o->first;
		}
		r.any = true;
		n[1] = o->price > n[1] ? o->price : n[1];
		n[2] = o->price < n[2] ? o->price : n[2];
		n[3] = o->price;
		n[4] += o->quantity;
		n[5] += quote;
		n[6] += o->last - o->first + 1;
		n[7] += o->maker ? 0 : o->quantity;
		n[8] += o->maker ? 0 : quote;
		r.last = o->last;
	}
	return r;
}

static struct naive newest_bar(const struct heap *h, bool closed)
{
	struct naive r = {.origin = ORIGIN_KLINE, .first = -1, .last = -1};

	for (size_t i = 0; i < h->count; i++) {
		const struct one *o = &h->all[i];

		if (o->kind != STREAM_KLINE_1S || o->closed != closed)
			continue;
		r.any = true;
		memcpy(r.n, o->ohlcvqn, sizeof o->ohlcvqn);
		memcpy(r.n + 7, o->taker, sizeof o->taker);
	}
	for (size_t i = 0; r.any && i < h->count; i++) { /* who knows the ids of as many trades */
		const struct one *o = &h->all[i];

		if (o->kind != STREAM_KLINE_1S || o->first < 0 || o->ohlcvqn[6] != r.n[6])
			continue;
		r.first = o->first;
		r.last = o->last;
	}
	return r;
}

static struct naive samples(const struct heap *h)
{
	struct naive r = {.origin = ORIGIN_SAMPLE, .first = -1, .last = -1};

	for (size_t i = 0; i < h->count; i++) {
		const struct one *o = &h->all[i];

		if (o->kind != STREAM_MINI_TICKER)
			continue;
		if (!r.any)
			r.n[0] = r.n[1] = r.n[2] = o->price;
		r.any = true;
		r.n[1] = o->price > r.n[1] ? o->price : r.n[1];
		r.n[2] = o->price < r.n[2] ? o->price : r.n[2];
		r.n[3] = o->price;
	}
	return r;
}

static struct naive recompute(const struct heap *h)
{
	struct naive closed = newest_bar(h, true);
	struct naive by_rank[3] = {newest_bar(h, false), sum_up(h, STREAM_TRADE, ORIGIN_TRADE),
		sum_up(h, STREAM_AGG_TRADE, ORIGIN_AGG_TRADE)};
	struct naive best = {.any = false};

	if (closed.any)
		return closed;
	for (int i = 0; i < 3; i++)
		if (by_rank[i].any && (!best.any || by_rank[i].n[6] > best.n[6]))
			best = by_rank[i];
	return best.any ? best : samples(h);
}

static void assert_is(const struct second *s, const struct naive *r)
{
	struct candle c;

	assert_int_equal(second_visible(s, &c), r->any);
	if (!r->any)
		return;
	const struct decimal *const d[9] = {&c.open, &c.high, &c.low, &c.close, &c.volume, &c.quote,
		NULL, &c.taker_volume, &c.taker_quote};
	assert_int_equal(c.origin, r->origin);
	assert_int_equal(c.has_volume, r->origin != ORIGIN_SAMPLE);
	for (int i = 0; i < (c.has_volume ? 9 : 4); i++) {
		struct decimal due = whole(r->n[i]);

		if (d[i])
			assert_int_equal(decimal_cmp(d[i], &due), 0);
	}
	assert_int_equal(c.trades, c.has_volume ? r->n[6] : 0);
	assert_int_equal(c.first_id, r->first);
	assert_int_equal(c.last_id, r->last);
}

/* Everything once, some of it again, in any order. */
static void add_all(struct second *s, const struct heap *h)
{
	const struct one *order[2 * EVENTS_MAX];
	size_t n = 0;
	struct err e = {""};

	for (size_t i = 0; i < h->count; i++)
		for (int64_t times = 1 + (chance(4) == 0); times > 0; times--) {
			size_t k = (size_t)chance((int64_t)n + 1);

			order[n] = order[k];
			order[k] = &h->all[i];
			n++;
		}
	for (size_t i = 0; i < n; i++) {
		struct event ev = event_of(order[i]);

		assert_true(second_add(s, &ev, &e) >= 0);
	}
}

static void any_order_is_the_recomputation(void **unused)
{
	int seen[ORIGIN_CORRECTION] = {0}, partial = 0;

	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		static struct heap h;
		int64_t count = chance(8), what = chance(16);

		h.count = 0;
		if (what & 1)
			put_trades(&h, count);
		if (what & 2)
			put_aggregates(&h, count);
		if (what & 4)
			put_samples(&h);
		if (what & 8)
			put_bars(&h, count);
		struct naive r = recompute(&h);
		seen[r.any ? r.origin : 0]++;
		partial += r.any && r.origin == ORIGIN_KLINE && !newest_bar(&h, true).any;
		for (int order = 0; order < ORDERS; order++) {
			struct second s;

			second_init(&s, OPEN_US);
			add_all(&s, &h);
			assert_is(&s, &r);
			second_done(&s);
		}
	}
	for (int origin = 0; origin < ORIGIN_CORRECTION; origin++)
		assert_true(seen[origin] > ROUNDS / 40);
	assert_true(partial > ROUNDS / 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_is_the_recomputation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
