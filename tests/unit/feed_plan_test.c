/* Which connection holds what: as few as it takes, and nobody moves. */
#include "daemon/feed_plan.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct feed_want *wants_of(size_t first, size_t count)
{
	struct feed_want *wants = calloc(count + 1, sizeof(*wants));

	for (size_t i = 0; i < count; i++) {
		wants[i].stream = STREAM_TRADE;
		snprintf(wants[i].symbol, SYMBOL_SIZE, "S%zu", first + i);
	}
	return wants;
}

static void set(struct feed_plan *p, size_t first, size_t count)
{
	struct feed_want *wants = wants_of(first, count);
	size_t held = 0;

	assert_int_equal(feed_plan_set(p, wants, count), 0);
	bool *seen = calloc(count + 1, sizeof(*seen));
	for (size_t i = 0; i < p->used; i++) {
		assert_true(p->slots[i].count <= FEED_STREAMS_MAX);
		for (size_t k = 0; k < p->slots[i].count; k++, held++) {
			size_t number = strtoul(p->slots[i].wants[k].symbol + 1, NULL, 10);
			assert_true(
				number >= first && number < first + count && !seen[number - first]);
			seen[number - first] = true;
		}
	}
	assert_int_equal(held, count);
	free(seen);
	free(wants);
}

static void test_fills(void **state)
{
	static struct feed_plan p;

	(void)state;
	set(&p, 0, 0);
	assert_int_equal(p.used, 0);
	set(&p, 0, 2500);
	assert_int_equal(p.used, 3);
	assert_int_equal(p.slots[0].count, 1024);
	assert_int_equal(p.slots[2].count, 2500 - 2048);
	assert_string_equal(p.slots[1].wants[0].symbol, "S1024"); /* in the order given */
	set(&p, 0, 2500);
	assert_false(p.slots[0].changed || p.slots[1].changed || p.slots[2].changed);
	/* The first ten go, ten come: where there is room, and the second one is not touched. */
	set(&p, 10, 2500);
	assert_true(p.slots[0].changed && !p.slots[1].changed && !p.slots[2].changed);
	assert_string_equal(p.slots[0].wants[1014].symbol, "S2500");
	/* Few are left: they stay where they are, the others hold nothing. */
	set(&p, 1100, 10);
	assert_int_equal(p.used, 3);
	assert_int_equal(p.slots[0].count, 0);
	assert_int_equal(p.slots[1].count, 10);
	set(&p, 0, 0);
	assert_int_equal(p.slots[1].count, 0);
	set(&p, 0, FEED_WANTS_MAX);
	assert_int_equal(p.used, FEED_CONNECTIONS_MAX);
	feed_plan_done(&p);
	feed_plan_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fills),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
