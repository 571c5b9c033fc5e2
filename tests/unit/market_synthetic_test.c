/* A pure function of (seed, market time), whatever was asked before; and it looks like a market. */
#include "daemon/market_synthetic.h"
#include "model.h"

#define START 1700000000LL
static const char *const names[] = {"BTCUSDT", "WAVESBTC", "NOSUCHUSDT"};

static struct market_synthetic *made(uint64_t seed, int64_t start)
{
	struct market_synthetic *s = market_synthetic_new(seed, names, 3, start * SECOND_US);

	assert_non_null(s);
	return s;
}

static bool same(const struct market_trade *a, const struct market_trade *b)
{
	return a->id == b->id && a->order == b->order && a->price == b->price &&
	       a->quantity == b->quantity && a->trade_us == b->trade_us && a->maker == b->maker &&
	       a->symbol == b->symbol;
}

static void any_order_of_asking_gives_the_same(void **state)
{
	struct market_synthetic *a = made(1, START), *b = made(1, START + 5000);
	size_t n, k, sum = 0;

	(void)state;
	for (int64_t i = 0; i < 4000; i++) {
		/* a: forwards; b: from far to near, crossing days, hours and minutes. */
		int64_t second = START + i * 37;
		const struct market_trade *left = market_synthetic_second(
						  a, (size_t)i % 3, second, &n),
					  *right;
		struct market_trade *copy = malloc((n + 1) * sizeof(*copy));

		if (n)
			memcpy(copy, left, n * sizeof(*copy));
		market_synthetic_second(b, (size_t)i % 3, START + (4000 - i) * 977, &k);
		right = market_synthetic_second(b, (size_t)i % 3, second, &k);
		assert_int_equal(n, k);
		for (size_t t = 0; t < n; t++)
			assert_true(same(&copy[t], &right[t]));
		sum += n;
		free(copy);
	}
	assert_true(sum > 3000);
	market_synthetic_free(a);
	market_synthetic_free(b);
}

static void ids_go_on_without_a_hole(void **state)
{
	struct market_synthetic *s = made(1, START);

	(void)state;
	for (size_t symbol = 0; symbol < 3; symbol++) {
		int64_t id = 0, order = 0, orders = 0, trades = 0;

		/* Across the ends of minutes, hours and a day: START is 22:13:20 UTC. */
		for (int64_t second = START; second < START + 3 * 3600; second++) {
			size_t n;
			const struct market_trade *t =
				market_synthetic_second(s, symbol, second, &n);

			for (size_t i = 0; i < n; i++) {
				assert_true(id == 0 || t[i].id == id + 1);
				assert_true(order == 0 || t[i].order == order ||
					    t[i].order == order + 1);
				orders += t[i].order != order;
				trades++;
				/* The fills of an order are one aggTrade. */
				assert_true(i == 0 || t[i].order != order ||
					    (t[i].price == t[i - 1].price &&
						    t[i].maker == t[i - 1].maker &&
						    t[i].trade_us == t[i - 1].trade_us));
				id = t[i].id;
				order = t[i].order;
				assert_true(t[i].trade_us >= second * SECOND_US &&
					    t[i].trade_us < (second + 1) * SECOND_US);
				assert_int_equal(t[i].trade_us % MS_US, 0);
				assert_true(i == 0 || t[i].trade_us >= t[i - 1].trade_us);
			}
		}
		assert_true(id > 0);
		assert_in_range(trades * 2, orders * 3 - 24, orders * 3 + 24);
	}
	market_synthetic_free(s);
}

static void it_looks_like_a_market(void **state)
{
	struct market_synthetic *s = made(1, START);
	int64_t count = 0, empty = 0, most = 0, low = INT64_MAX, high = 0, last = 0;

	(void)state;
	for (int64_t second = START; second < START + 86400; second++) {
		size_t n;
		const struct market_trade *t = market_synthetic_second(s, 0, second, &n);

		count += (int64_t)n;
		empty += n == 0;
		most = (int64_t)n > most ? (int64_t)n : most;
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(t[i].price % (UNIT / 100), 0);
			assert_true(t[i].quantity > 0 && t[i].quantity % (UNIT / 100000) == 0);
			assert_true(
				last == 0 || llabs(t[i].price - last) < last / 100); /* no jumps */
			last = t[i].price;
			low = last < low ? last : low;
			high = last > high ? last : high;
		}
	}
	assert_in_range(count, 200000, 2000000);
	assert_true(most > 10 * count / 86400); /* bursts */
	assert_true(empty > 86400 / 100);       /* and pauses */
	assert_true(high - low > low / 200 && high - low < low / 3);
	market_synthetic_free(s);
}

static void other_seeds_are_other_markets(void **state)
{
	struct market_synthetic *a = made(1, START), *b = made(2, START);
	size_t n, k, equal = 0;

	(void)state;
	for (int64_t second = START; second < START + 600; second++) {
		const struct market_trade *left = market_synthetic_second(a, 0, second, &n);
		const struct market_trade *right = market_synthetic_second(b, 0, second, &k);

		for (size_t i = 0; i < n && i < k; i++)
			equal += same(&left[i], &right[i]);
	}
	assert_int_equal(equal, 0);
	market_synthetic_free(a);
	market_synthetic_free(b);
}

static void items_are_in_order_of_event_time(void **state)
{
	struct market_synthetic *a = made(1, START), *b = made(1, START + 100);
	struct market_source s = market_synthetic_source(a), later = market_synthetic_source(b);
	struct market_item item, other;
	int64_t at = 0;
	struct err e;

	(void)state;
	do {
		assert_int_equal(s.next(s.ctx, &item, &e), 1);
		assert_true(item.at_us >= at);
		at = item.at_us;
		if (item.kind == MARKET_TRADE)
			assert_in_range(item.at_us - item.trade.trade_us, MS_US, 2 * MS_US);
	} while (item.kind != MARKET_TIME || item.at_us < (START + 100) * SECOND_US);
	/* A market that starts here is this one. */
	assert_int_equal(later.next(later.ctx, &other, &e), 1);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(other.at_us, item.at_us);
		assert_int_equal(other.kind, item.kind);
		assert_true(item.kind != MARKET_TRADE || same(&item.trade, &other.trade));
		assert_int_equal(s.next(s.ctx, &item, &e), 1);
		assert_int_equal(later.next(later.ctx, &other, &e), 1);
	}
	market_synthetic_free(a);
	market_synthetic_free(b);
}

static void event_times_never_step_back(void **state)
{
	(void)state;
	for (int64_t ms = START * 1000; ms < START * 1000 + 5000; ms++)
		assert_true(market_synthetic_event_us(ms * MS_US) <=
			    market_synthetic_event_us((ms + 1) * MS_US));
}

static void nothing_before_the_first_day(void **state)
{
	struct market_synthetic *s = made(1, START);
	size_t n;

	(void)state;
	assert_null(market_synthetic_second(s, 0, CASCADE_FIRST_DAY * 86400LL - 1, &n));
	assert_int_equal(n, 0);
	market_synthetic_free(s);
	market_synthetic_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_asking_gives_the_same),
		cmocka_unit_test(ids_go_on_without_a_hole),
		cmocka_unit_test(it_looks_like_a_market),
		cmocka_unit_test(other_seeds_are_other_markets),
		cmocka_unit_test(items_are_in_order_of_event_time),
		cmocka_unit_test(event_times_never_step_back),
		cmocka_unit_test(nothing_before_the_first_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
