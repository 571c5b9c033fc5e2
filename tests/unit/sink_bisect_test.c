/* How large a batch may be after one was refused, and which records are not taken any more. */
#include "daemon/sink_bisect.h"
#include "test.h"
#include <string.h>

#define FULL 1000

static struct sink_bisect bisect;

static int set_up(void **state)
{
	(void)state;
	sink_bisect_init(&bisect, FULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sink_bisect_done(&bisect);
	return 0;
}

static int refuse(size_t records, int64_t offset, bool is_control, struct err *e)
{
	struct sink_batch b = {.records = records,
		.first = {STREAM_TRADE, 3, offset},
		.first_is_control = is_control};

	return sink_bisect_refused(&bisect, &b, "no such number", e);
}

static bool refused(enum stream_kind stream, int partition, int64_t offset)
{
	const struct refused_record r = {stream, partition, offset};

	return sink_refused_has(&bisect.refused, &r);
}

static void halves_until_one_is_left(void **state)
{
	size_t limit = FULL;
	int rounds = 0;

	(void)state;
	while (limit > 1) {
		assert_int_equal(refuse(limit, 70, false, NULL), 0);
		assert_int_equal(bisect.limit, limit / 2);
		assert_int_equal(bisect.refused.count, 0);
		limit = bisect.limit;
		assert_true(++rounds < 20);
	}
	assert_int_equal(refuse(1, 70, false, NULL), 0);
	assert_true(refused(STREAM_TRADE, 3, 70));
	assert_non_null(strstr(bisect.refused.reason, "no such number"));
}

static void a_range_that_was_refused_stays_in_small_batches(void **state)
{
	(void)state;
	assert_int_equal(refuse(FULL, 0, false, NULL), 0);
	/* 999 of the suspects pass: the bad one may still come. */
	for (int i = 0; i < 999; i++) {
		sink_bisect_committed(&bisect, 1);
		assert_int_equal(bisect.limit, FULL / 2);
	}
	sink_bisect_committed(&bisect, 1);
	assert_int_equal(bisect.limit, FULL);
}

static void grows_by_and_by(void **state)
{
	(void)state;
	assert_int_equal(refuse(2, 0, false, NULL), 0);
	assert_int_equal(refuse(1, 0, false, NULL), 0);
	for (size_t limit = 1; limit<FULL; limit = limit * 2> FULL / 2 ? FULL : limit * 2)
		sink_bisect_committed(&bisect, limit);
	sink_bisect_committed(&bisect, FULL);
	assert_int_equal(bisect.limit, FULL);
}

static void a_control_record_is_no_row(void **state)
{
	struct err e = {""};

	(void)state;
	assert_int_equal(refuse(1, 70, true, &e), -1);
	assert_non_null(strstr(e.text, "trade [3] at 70"));
	assert_false(refused(STREAM_TRADE, 3, 70));
}

static void remembers_each_once_in_any_order(void **state)
{
	(void)state;
	for (int64_t i = 0; i < 100; i++) {
		const struct refused_record r = {
			(enum stream_kind)(i % 3), (int)(i % 8), i * 37 % 100};

		assert_int_equal(sink_refused_add(&bisect.refused, &r, NULL), 0);
		assert_int_equal(sink_refused_add(&bisect.refused, &r, NULL), 0);
	}
	assert_int_equal(bisect.refused.count, 100);
	for (int64_t i = 0; i < 100; i++) {
		assert_true(refused((enum stream_kind)(i % 3), (int)(i % 8), i * 37 % 100));
		assert_false(refused((enum stream_kind)(i % 3), (int)(i % 8), i * 37 % 100 + 100));
		assert_false(refused((enum stream_kind)((i + 1) % 3), (int)(i % 8), i * 37 % 100));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(halves_until_one_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_range_that_was_refused_stays_in_small_batches, set_up, tear_down),
		cmocka_unit_test_setup_teardown(grows_by_and_by, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_control_record_is_no_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			remembers_each_once_in_any_order, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
