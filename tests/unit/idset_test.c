#include "idset.h"
#include "test.h"

static void empty_set_has_nothing(void **state)
{
	struct idset s = {0};

	(void)state;
	assert_false(idset_has(&s, 0));
	idset_done(&s);
	idset_done(NULL);
}

static void contiguous_ids_are_one_run(void **state)
{
	struct idset s = {0};

	(void)state;
	for (int64_t id = 1000; id < 3000; id++)
		assert_int_equal(idset_add(&s, id), 1);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.runs[0].first, 1000);
	assert_int_equal(s.runs[0].last, 2999);
	assert_int_equal(idset_add(&s, 1000), 0);
	assert_int_equal(idset_add(&s, 2500), 0);
	assert_false(idset_has(&s, 999));
	assert_true(idset_has(&s, 2999));
	assert_false(idset_has(&s, 3000));
	idset_done(&s);
	assert_int_equal(s.count, 0);
}

static void closing_a_hole_joins_runs(void **state)
{
	struct idset s = {0};

	(void)state;
	assert_int_equal(idset_add(&s, 5), 1);
	assert_int_equal(idset_add(&s, 3), 1);
	assert_int_equal(s.count, 2);
	assert_false(idset_has(&s, 4));
	assert_int_equal(idset_add(&s, 4), 1);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.runs[0].first, 3);
	assert_int_equal(s.runs[0].last, 5);
	assert_int_equal(idset_add(&s, 2), 1);
	assert_int_equal(s.count, 1);
	idset_done(&s);
}

static void takes_the_extreme_ids(void **state)
{
	struct idset s = {0};

	(void)state;
	assert_int_equal(idset_add(&s, INT64_MAX), 1);
	assert_int_equal(idset_add(&s, INT64_MIN), 1);
	assert_int_equal(idset_add(&s, INT64_MAX - 1), 1);
	assert_int_equal(idset_add(&s, INT64_MIN + 1), 1);
	assert_int_equal(s.count, 2);
	assert_true(idset_has(&s, INT64_MIN) && idset_has(&s, INT64_MAX));
	idset_done(&s);
}

/* In any order; and the runs stay ascending, disjoint, not adjacent. */
static void equals_an_array_of_flags(void **state)
{
	enum { IDS = 700 };
	bool flags[IDS] = {false};
	struct idset s = {0};
	uint32_t random = 12345;

	(void)state;
	for (int i = 0; i < 3 * IDS; i++) {
		random = random * 1664525 + 1013904223;
		int id = (int)(random >> 8) % IDS;
		assert_int_equal(idset_add(&s, id), !flags[id]);
		flags[id] = true;
		for (size_t k = 1; k < s.count; k++)
			assert_true(s.runs[k - 1].last + 1 < s.runs[k].first);
	}
	for (int id = 0; id < IDS; id++)
		assert_int_equal(idset_has(&s, id), flags[id]);
	idset_done(&s);
}

static void refuses_too_many_runs(void **state)
{
	struct idset s = {0};

	(void)state;
	for (int64_t i = 0; i < IDSET_RUNS_MAX; i++)
		assert_int_equal(idset_add(&s, 10 * i), 1);
	assert_int_equal(idset_add(&s, 5), -1);
	assert_int_equal(idset_add(&s, 10 * IDSET_RUNS_MAX), -1);
	assert_int_equal(s.count, IDSET_RUNS_MAX);
	assert_false(idset_has(&s, 5));
	/* What fits into a run is still taken. */
	assert_int_equal(idset_add(&s, 1), 1);
	assert_int_equal(idset_add(&s, 10), 0);
	idset_done(&s);
}

static void ranges_are_as_their_ids_one_by_one(void **state)
{
	uint32_t random = 5;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct idset ranges = {0}, ids = {0};

		for (int i = 0; i < 40; i++) {
			random = random * 1664525 + 1013904223;
			int64_t first = (random >> 8) % 300, last = first + (random >> 24) % 20;
			bool any = false;

			for (int64_t id = first; id <= last; id++)
				any |= idset_add(&ids, id) == 1;
			assert_int_equal(idset_add_range(&ranges, first, last), any);
		}
		assert_int_equal(ranges.count, ids.count);
		for (size_t i = 0; i < ids.count; i++) {
			assert_int_equal(ranges.runs[i].first, ids.runs[i].first);
			assert_int_equal(ranges.runs[i].last, ids.runs[i].last);
		}
		idset_done(&ranges);
		idset_done(&ids);
	}
	struct idset all = {0};
	assert_int_equal(idset_add_range(&all, 7, INT64_MAX), 1);
	assert_int_equal(idset_add_range(&all, INT64_MIN + 1, 6), 1);
	assert_int_equal(all.count, 1);
	assert_int_equal(idset_add_range(&all, 0, INT64_MAX), 0);
	idset_done(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_set_has_nothing),
		cmocka_unit_test(contiguous_ids_are_one_run),
		cmocka_unit_test(closing_a_hole_joins_runs),
		cmocka_unit_test(takes_the_extreme_ids),
		cmocka_unit_test(equals_an_array_of_flags),
		cmocka_unit_test(refuses_too_many_runs),
		cmocka_unit_test(ranges_are_as_their_ids_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
