/* The rolling statistics against a plain recomputation. */
#include "daemon/market_window.h"
#include "model.h"

static struct market_trade trade(int64_t ms, int64_t price, int64_t quantity)
{
	return (struct market_trade){.trade_us = ms * MS_US, .price = price, .quantity = quantity};
}

static struct market_trade numbered(int64_t id, struct market_trade t)
{
	t.id = id;
	return t;
}

static void add(struct market_window *w, struct market_trade t)
{
	assert_int_equal(market_window_add(w, &t), 0);
}

static void slots_end_at_the_phase(void **state)
{
	struct market_window w;

	(void)state;
	market_window_init(&w, 300 * MS_US);
	assert_int_equal(market_window_slot_after(&w, 10 * SECOND_US), 10300 * MS_US);
	assert_int_equal(market_window_slot_after(&w, 10299 * MS_US), 10300 * MS_US);
	assert_int_equal(market_window_slot_after(&w, 10300 * MS_US), 11300 * MS_US);
	market_window_done(&w);
}

static void figures_by_hand(void **state)
{
	struct market_window w;
	struct market_stats s;

	(void)state;
	market_window_init(&w, 0);
	assert_false(market_window_end(&w, 1000 * MS_US, &s));
	add(&w, numbered(7, trade(1500, 50, 2)));
	add(&w, numbered(8, trade(2000, 70, 1))); /* T at the very end belongs to the slot */
	assert_true(market_window_end(&w, 2 * SECOND_US, &s));
	assert_int_equal(s.open, 50);
	assert_int_equal(s.high, 70);
	assert_int_equal(s.low, 50);
	assert_int_equal(s.close, 70);
	assert_true(s.volume == 3 && s.quote == 170);
	assert_true(s.trades == 2 && s.first_id == 7 && s.last_id == 8 && s.before == 50);
	assert_false(market_window_end(&w, 3 * SECOND_US, &s));
	add(&w, numbered(9, trade(86401500, 60, 5)));
	/* (2 s, 24 h + 2 s] no longer holds the first ones. */
	assert_true(market_window_end(&w, DAY_US + 2 * SECOND_US, &s));
	assert_int_equal(s.open, 60);
	assert_int_equal(s.high, 60);
	assert_true(s.volume == 5 && s.quote == 300);
	assert_true(s.trades == 1 && s.first_id == 9 && s.last_id == 9 && s.before == 70);
	/* The last one leaves: nobody traded, but the figures change. */
	assert_true(market_window_end(&w, 2 * DAY_US + 2 * SECOND_US, &s));
	assert_int_equal(s.open, 60);
	assert_int_equal(s.close, 60);
	assert_true(s.volume == 0 && s.quote == 0);
	assert_true(s.trades == 0 && s.first_id == -1 && s.last_id == -1 && s.before == 60);
	assert_false(market_window_end(&w, 2 * DAY_US + 3 * SECOND_US, &s));
	market_window_done(&w);
}

#define TRADES 4000

/* Trades some minutes apart over three days, checked after each. */
static void figures_by_recomputation(void **state)
{
	static struct market_trade trades[TRADES];
	struct market_window w;
	struct market_stats s;
	uint64_t random = 1;
	int64_t ms = 1000000, phase = 123;

	(void)state;
	market_window_init(&w, phase * MS_US);
	for (int i = 0; i < TRADES; i++) {
		int64_t end, high = 0, low = INT64_MAX, open = 0;
		__int128 volume = 0, quote = 0;

		random = random * 6364136223846793005u + 1442695040888963407u;
		ms += (int64_t)(random >> 33) % 130000;
		trades[i] = trade(
			ms, 1000 + (int64_t)(random >> 40) % 500, 1 + (int64_t)(random >> 50) % 9);
		add(&w, trades[i]);
		end = market_window_slot_after(&w, ms * MS_US - 1);
		if (i % 7 == 0)
			continue; /* several slots at once */
		assert_true(market_window_end(&w, end, &s));
		for (int k = i; k >= 0 && trades[k].trade_us > end - DAY_US; k--) {
			open = trades[k].price;
			high = open > high ? open : high;
			low = open < low ? open : low;
			volume += trades[k].quantity;
			quote += trades[k].quantity * open;
		}
		assert_int_equal(s.open, open);
		assert_int_equal(s.high, high);
		assert_int_equal(s.low, low);
		assert_int_equal(s.close, trades[i].price);
		assert_true(s.volume == volume && s.quote == quote);
	}
	market_window_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_end_at_the_phase),
		cmocka_unit_test(figures_by_hand),
		cmocka_unit_test(figures_by_recomputation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
