/* Goal: any order and duplication of samples, aggregated trades, trades, partial and closed klines and corrections gives the same second, which is what
 * the rule says of them as a set. The order is drawn anew 100 times for each of 200 sets. */
#include "second_events.h"
#include <stdlib.h>

#define SETS 200
#define ORDERS 100
#define PIECES_MAX 40

static uint64_t chance = 88172645463325252ULL;

static uint64_t draw(uint64_t below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return chance % below;
}

/* An event, or a correction as it is stored. */
struct piece {
	bool stored;
	struct event event;
	struct candle candle;
};

static const char *price(void)
{
	static const char *const prices[] = {"10", "10.5", "9", "30", "5", "12.25", "0.00000001"};

	return prices[draw(7)];
}

static struct candle correction(int id)
{
	struct candle c = {.open_us = OPEN_US,
		.open = dec("1"),
		.high = dec("9"),
		.low = dec("1"),
		.close = dec(price()),
		.origin = ORIGIN_CORRECTION,
		.closed = true,
		.stated_us = id};

	return c;
}

/* What a set is made of; each trade id, version and correction id stands for one thing. */
static size_t draw_set(struct piece *out)
{
	size_t n = 0, corrections = draw(3) ? 0 : draw(3);

	for (size_t k = draw(4); k > 0; k--)
		out[n++].event = sample((int)(k * 200 + draw(150)), price());
	for (size_t k = draw(6); k > 0; k--)
		out[n++].event = trade(100 + (int64_t)k * 3, price(), "1");
	for (size_t k = draw(4); k > 0; k--)
		out[n++].event = agg_trade(
			500 + (int64_t)k, 100 + (int64_t)k * 4, 101 + (int64_t)k * 4, price());
	for (size_t k = draw(4); k > 0; k--)
		out[n++].event = kline(false, (int)k * 250, price(), (int64_t)draw(12));
	for (size_t k = draw(3); k > 0; k--)
		out[n++].event = kline(true, 1000 + (int)k, price(), (int64_t)draw(12));
	for (size_t k = 1; k <= corrections; k++)
		out[n++] = (struct piece){.stored = true, .candle = correction((int)k)};
	return n;
}

static void put(struct second *s, const struct piece *p)
{
	struct err e = {""};

	if (p->stored)
		second_add_stored(s, &p->candle);
	else if (second_add(s, &p->event, &e) < 0)
		fail_msg("%s", e.text);
}

/* The rule, said in another way: by ranks over the whole set. */
static const struct piece *best_stated(const struct piece *v, size_t n, bool closed)
{
	const struct piece *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (!v[i].stored && v[i].event.kind == STREAM_KLINE_1S &&
			v[i].event.kline.closed == closed &&
			(!best || v[i].event.event_us > best->event.event_us))
			best = &v[i];
	return best;
}

static void check_rule(const struct piece *v, size_t n, const struct candle *seen)
{
	const struct piece *closed = best_stated(v, n, true), *open = best_stated(v, n, false);
	int64_t corrected = 0, trades = 0, aggregated = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].stored && v[i].candle.stated_us > corrected)
			corrected = v[i].candle.stated_us;
		trades += !v[i].stored && v[i].event.kind == STREAM_TRADE;
		aggregated += !v[i].stored && v[i].event.kind == STREAM_AGG_TRADE ? 2 : 0;
	}
	int64_t most = trades > aggregated ? trades : aggregated;

	if (corrected) {
		assert_int_equal(seen->origin, ORIGIN_CORRECTION);
		assert_int_equal(seen->stated_us, corrected);
	} else if (closed || (open && open->event.kline.trades >= most)) {
		assert_int_equal(seen->origin, ORIGIN_KLINE);
		assert_int_equal(seen->stated_us, (closed ? closed : open)->event.event_us);
	} else if (most) {
		assert_int_equal(seen->origin, trades == most ? ORIGIN_TRADE : ORIGIN_AGG_TRADE);
		assert_int_equal(seen->trades, most);
	} else {
		assert_int_equal(seen->origin, ORIGIN_SAMPLE);
	}
}

/* Trade ids that another statement of a bar told are taken over, whichever came last: so they are the same in the end only if all came. */
static bool look(const struct piece *v, const size_t *order, size_t n, struct candle *out)
{
	struct second s;
	bool any;

	second_init(&s, OPEN_US);
	for (size_t i = 0; i < n; i++)
		put(&s, &v[order[i]]);
	any = second_visible(&s, out);
	second_done(&s);
	return any;
}

static size_t draw_order(size_t *order, size_t n)
{
	size_t count = n;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t k = draw(n + 1); k > 0; k--)
		order[count++] = draw(n);
	for (size_t i = count; i > 1; i--) {
		size_t k = draw(i), t = order[k];

		order[k] = order[i - 1];
		order[i - 1] = t;
	}
	return count;
}

static void any_order_and_repetition_gives_the_same(void **state)
{
	static struct piece v[PIECES_MAX];
	size_t order[2 * PIECES_MAX];
	int corrected = 0;

	(void)state;
	for (int set = 0; set < SETS; set++) {
		size_t n;
		struct candle first, seen;

		memset(v, 0, sizeof(v));
		n = draw_set(v);
		if (n == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			order[i] = i;
		assert_true(look(v, order, n, &first));
		check_rule(v, n, &first);
		corrected += first.origin == ORIGIN_CORRECTION;
		for (int k = 0; k < ORDERS; k++) {
			assert_true(look(v, order, draw_order(order, n), &seen));
			assert_true(candle_equal(&first, &seen));
		}
	}
	assert_true(corrected > SETS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_and_repetition_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
