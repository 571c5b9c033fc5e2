/* The trades that REST knows: found by id, by order and by time; the older half is forgotten. */
#include "clock.h"
#include "daemon/market_trades.h"
#include "test.h"

static void add(struct market_trades *l, int64_t id, int64_t order, int64_t ms)
{
	struct market_trade t = {.id = id,
		.order = order,
		.price = 100 + order,
		.quantity = 7,
		.trade_us = ms * MS_US,
		.maker = order % 2};

	assert_int_equal(market_trades_add(l, &t), 0);
}

static void found_by_each_key(void **state)
{
	struct market_trades l = {.max = 100};
	struct market_order o;

	(void)state;
	add(&l, 11, 5, 1000);
	add(&l, 12, 5, 1000);
	add(&l, 13, 6, 1000);
	add(&l, 14, 7, 2000);
	assert_int_equal(market_trades_find_id(&l, 0), 0);
	assert_int_equal(market_trades_find_id(&l, 13), 2);
	assert_int_equal(market_trades_find_id(&l, 15), 4);
	assert_int_equal(market_trades_find_order(&l, 6), 2);
	assert_int_equal(market_trades_find_order(&l, 8), 4);
	assert_int_equal(market_trades_find_time(&l, SECOND_US), 0);
	assert_int_equal(market_trades_find_time(&l, SECOND_US + 1), 3);
	assert_int_equal(market_trades_order_before(&l, 0), 0);
	assert_int_equal(market_trades_order_before(&l, 2), 0);
	assert_int_equal(market_trades_order_before(&l, 4), 3);
	assert_int_equal(market_trades_order(&l, 0, &o), 2);
	assert_int_equal(o.id, 5);
	assert_int_equal(o.first_id, 11);
	assert_int_equal(o.last_id, 12);
	assert_true(o.quantity == 14);
	assert_int_equal(o.price, 105);
	assert_int_equal(o.trade_us, SECOND_US);
	assert_true(o.maker);
	market_trades_done(&l);
	assert_int_equal(l.count, 0);
}

static void the_older_half_is_forgotten(void **state)
{
	struct market_trades l = {.max = 600}, none = {0};

	(void)state;
	for (int64_t id = 1; id <= 600; id++)
		add(&l, id, id, id);
	assert_int_equal(l.count, 600);
	add(&l, 601, 601, 601);
	assert_int_equal(l.count, 301);
	assert_int_equal(l.items[0].id, 301);
	assert_int_equal(market_trades_find_id(&l, 601), 300);
	market_trades_done(&l);
	add(&none, 1, 1, 1);
	assert_int_equal(none.count, 0);
}

static void what_belongs_to_an_order(void **state)
{
	struct market_trade a = {.id = 1, .order = 1, .price = 5, .quantity = 2, .trade_us = 9};
	struct market_trade b = a;
	struct market_order o = {0};

	(void)state;
	market_order_add(&o, &a);
	b.id = 2;
	assert_true(market_order_goes_on(&o, &b));
	b.order = 2; /* who says so is believed, whatever the price */
	assert_false(market_order_goes_on(&o, &b));
	b.order = 0;
	assert_true(market_order_goes_on(&o, &b));
	b.maker = true;
	assert_false(market_order_goes_on(&o, &b));
	b.maker = false;
	b.price = 6;
	assert_false(market_order_goes_on(&o, &b));
	b.price = 5;
	b.trade_us = 10;
	assert_false(market_order_goes_on(&o, &b));
	b.order = 1;
	market_order_add(&o, &b);
	assert_int_equal(o.first_id, 1);
	assert_int_equal(o.last_id, 2);
	assert_true(o.quantity == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_each_key),
		cmocka_unit_test(the_older_half_is_forgotten),
		cmocka_unit_test(what_belongs_to_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
