#include "cgi/chart_ranges.h"
#include "test.h"

static void holds(const struct chart_ranges *r, size_t count, const int64_t *bounds)
{
	assert_false(r->failed);
	assert_int_equal(r->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(r->v[i].from_us, bounds[2 * i]);
		assert_int_equal(r->v[i].to_us, bounds[2 * i + 1]);
	}
}

static void joins_what_touches(void **state)
{
	struct chart_ranges r = {0};

	(void)state;
	chart_ranges_order(&r);
	chart_ranges_add(&r, 50, 60);
	chart_ranges_add(&r, 10, 20);
	chart_ranges_add(&r, 20, 30);
	chart_ranges_add(&r, 12, 15);
	chart_ranges_add(&r, 70, 70);
	chart_ranges_add(&r, 90, 80);
	chart_ranges_order(&r);
	holds(&r, 2, (int64_t[]){10, 30, 50, 60});
	chart_ranges_done(&r);
	holds(&r, 0, NULL);
}

static void grows(void **state)
{
	struct chart_ranges r = {0};

	(void)state;
	for (int i = 999; i >= 0; i--)
		chart_ranges_add(&r, 10 * i, 10 * i + 5);
	chart_ranges_order(&r);
	assert_int_equal(r.count, 1000);
	assert_true(chart_ranges_hold(&r, 5000, 5005));
	assert_false(chart_ranges_hold(&r, 5000, 5006));
	chart_ranges_done(&r);
}

static void cuts(void **state)
{
	struct chart_ranges r = {0};

	(void)state;
	chart_ranges_add(&r, 10, 20);
	chart_ranges_add(&r, 30, 40);
	chart_ranges_add(&r, 50, 60);
	chart_ranges_order(&r);
	chart_ranges_cut(&r, 20, 30); /* between */
	chart_ranges_cut(&r, 5, 5);
	holds(&r, 3, (int64_t[]){10, 20, 30, 40, 50, 60});
	chart_ranges_cut(&r, 33, 35); /* within: one becomes two */
	holds(&r, 4, (int64_t[]){10, 20, 30, 33, 35, 40, 50, 60});
	chart_ranges_cut(&r, 15, 37); /* the end of one, all of another, the begin of a third */
	holds(&r, 3, (int64_t[]){10, 15, 37, 40, 50, 60});
	chart_ranges_cut(&r, 37, 40); /* exactly one */
	holds(&r, 2, (int64_t[]){10, 15, 50, 60});
	chart_ranges_cut(&r, INT64_MIN, 12);
	chart_ranges_cut(&r, 55, INT64_MAX);
	holds(&r, 2, (int64_t[]){12, 15, 50, 55});
	chart_ranges_cut(&r, 0, 100);
	holds(&r, 0, NULL);
	chart_ranges_done(&r);
}

static void cuts_a_set(void **state)
{
	struct chart_ranges r = {0}, less = {0};

	(void)state;
	chart_ranges_add(&r, 0, 100);
	chart_ranges_add(&less, 10, 20);
	chart_ranges_add(&less, 90, 200);
	chart_ranges_cut_all(&r, &less);
	holds(&r, 2, (int64_t[]){0, 10, 20, 90});
	less.failed = true;
	chart_ranges_add_all(&r, &less);
	assert_true(r.failed);
	chart_ranges_done(&r);
	chart_ranges_done(&less);
}

static void shrinks_to_whole_units(void **state)
{
	struct chart_ranges r = {0};

	(void)state;
	chart_ranges_add(&r, 1, 29);  /* 10..20 */
	chart_ranges_add(&r, 31, 39); /* none */
	chart_ranges_add(&r, 50, 60); /* itself */
	chart_ranges_add(&r, 71, 80); /* none */
	chart_ranges_shrink(&r, 10);
	holds(&r, 2, (int64_t[]){10, 20, 50, 60});
	chart_ranges_done(&r);
}

static void tells_what_it_holds(void **state)
{
	struct chart_ranges r = {0};

	(void)state;
	assert_false(chart_ranges_hold(&r, 1, 2));
	chart_ranges_add(&r, 10, 20);
	chart_ranges_add(&r, 30, 40);
	assert_true(chart_ranges_hold(&r, 10, 20));
	assert_true(chart_ranges_hold(&r, 35, 36));
	assert_false(chart_ranges_hold(&r, 9, 11));
	assert_false(chart_ranges_hold(&r, 19, 31));
	assert_false(chart_ranges_hold(&r, 40, 41));
	chart_ranges_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_what_touches),
		cmocka_unit_test(grows),
		cmocka_unit_test(cuts),
		cmocka_unit_test(cuts_a_set),
		cmocka_unit_test(shrinks_to_whole_units),
		cmocka_unit_test(tells_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
