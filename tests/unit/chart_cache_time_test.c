/* Goal: what is kept is told no longer than it is as true as what the database would say, and a moment longer while it is made anew. */
#include "chart_cache_world.h"

static void pass(int64_t us)
{
	atomic_fetch_add(&now_us, us);
}

/* Whether the one of before is told. */
static bool is_told(const char *key)
{
	struct chart_want w = want(key);
	bool old;
	struct chart_entry *e;

	w.old_us = 250 * MS_US;
	e = chart_cache_get(cache, &w, &old);
	assert_int_equal(old, e != NULL);
	chart_cache_let_go(e);
	return old;
}

static void is_not_good_when_time_has_changed_it(void **state)
{
	struct chart_basis b = basis(7);

	(void)state;
	/* Stale by now; it was not when the answer was made. */
	b.feed.alive_us -= 20 * SECOND_US;
	b.feed.speed = 0;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_false(is_there("k"));
	/* The gap at the end has begun: it grows. */
	b = basis(7);
	b.as_of_us -= 6 * SECOND_US;
	b.fresh = chart_state_of(b.venue, &b.feed, b.as_of_us, clock_wall_us());
	assert_int_equal(ask("gap", 200, "x", &b), 1);
	pass(SECOND_US - 1);
	assert_true(is_there("gap"));
	pass(1);
	assert_false(is_there("gap"));
	/* It will. */
	b = basis(7);
	assert_int_equal(ask("later", 200, "x", &b), 1);
	pass(5 * SECOND_US - 1);
	assert_true(is_there("later"));
	pass(1);
	assert_false(is_there("later"));
	b.fresh.ended = true;
	assert_true(chart_basis_until_us(&b, clock_wall_us(), SECOND_US) == INT64_MAX);
}

static void none_is_older_than_ten_seconds(void **state)
{
	struct chart_basis b = basis(7);

	(void)state;
	b.as_of_us += HOUR_US;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	pass(CHART_CACHE_AGE_MAX_US);
	assert_true(is_there("k"));
	pass(1);
	assert_false(is_there("k"));
}

static void what_is_held_for_a_second_is(void **state)
{
	struct chart_basis b = basis(7);
	struct chart_want w = want("k");
	struct chart_entry *e;
	bool old;

	(void)state;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	beat.revisions[3] = 8;
	w.hold_us = SECOND_US;
	pass(SECOND_US - 1);
	e = chart_cache_get(cache, &w, &old);
	assert_non_null(e);
	assert_false(old);
	chart_cache_let_go(e);
	pass(1);
	assert_null(chart_cache_get(cache, &w, &old));
}

static void what_was_good_just_now_is_told_while_it_is_made_anew(void **state)
{
	struct chart_basis b = basis(7), later = basis(8);

	(void)state;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	pass(SECOND_US);
	beat.at_us = clock_mono_us();
	assert_true(is_there("k")); /* at this beat it is good */
	pass(100 * MS_US);
	beat.at_us = clock_mono_us();
	beat.revisions[3] = 8;
	assert_false(is_there("k"));
	assert_true(is_told("k"));
	pass(150 * MS_US - 1);
	assert_true(is_told("k"));
	pass(1);
	assert_false(is_told("k"));
	assert_int_equal(ask("k", 200, "y", &later), 1);
	/* Another venue is not this one a moment ago. */
	beat.generation = 2;
	assert_false(is_told("k"));
	beat = (struct chart_beat){.known = false};
	assert_false(is_told("k"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			is_not_good_when_time_has_changed_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_is_older_than_ten_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_held_for_a_second_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_good_just_now_is_told_while_it_is_made_anew, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
