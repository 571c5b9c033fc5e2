/* Goal: an answer is kept as long as nothing was committed, made by one for all who wait, and what is kept is bounded. */
#include "chart_cache_world.h"

static int64_t metric(const char *name)
{
	struct buf b;
	char line[100], *at;
	int64_t value = 0;

	buf_init(&b, 1 << 20);
	metrics_print(&b);
	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(b.data, line);
	if (at)
		value = strtoll(at + strlen(line), NULL, 10);
	buf_done(&b);
	return value;
}

static void is_good_until_something_is_committed(void **state)
{
	struct chart_basis b = basis(7);

	(void)state;
	assert_false(is_there("k"));
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_int_equal(ask("k", 200, "x", &b), 0);
	assert_true(is_there("k"));
	assert_false(is_there("other"));
	beat.revisions[2] = 100; /* of another partition */
	assert_true(is_there("k"));
	beat.revisions[3] = 8;
	assert_false(is_there("k"));
	b.revision = 8;
	assert_int_equal(ask("k", 200, "y", &b), 1);
	assert_true(is_there("k"));
	beat.revisions[3] = 7; /* a beat from before the answer, or of a replica that is behind */
	assert_true(is_there("k"));
	beat.generation = 2;
	assert_false(is_there("k"));
	beat.generation = 1;
	beat.epoch = 2;
	assert_false(is_there("k"));
	beat.epoch = 1;
	beat.known = false;
	assert_false(is_there("k"));
}

static void of_a_venue_every_partition_counts(void **state)
{
	struct chart_basis b = basis(7);

	(void)state;
	b.partition = -1;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_true(is_there("k"));
	beat.revisions[0] = 1;
	assert_false(is_there("k"));
}

static void problems_are_not_kept(void **state)
{
	struct chart_basis b = basis(7), none = {0};
	struct chart_want w = want("k");
	struct chart_entry *e;

	(void)state;
	assert_int_equal(ask("k", 400, "x", &none), 1);
	assert_int_equal(ask("k", 400, "x", &none), 1);
	assert_int_equal(ask("k", 200, "good", &b), 1);
	beat.revisions[3] = 8;
	assert_int_equal(ask("k", 503, "x", &none), 1);
	e = chart_cache_last(
		cache, &w); /* the database is away: the last good one is still there */
	assert_non_null(e);
	assert_string_equal(e->answer.body.data, "good");
	chart_cache_let_go(e);
	assert_int_equal(ask("k", 400, "x", &none), 1);
	assert_null(chart_cache_last(cache, &w)); /* there is no such thing any more */
	b.mixed = true;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_int_equal(ask("k", 200, "x", &b), 1);
	b.mixed = b.known = false;
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_int_equal(ask("k", 200, "x", &b), 1);
	assert_int_equal(metric("pricegraph_chart_cache_entries"), 0);
	assert_int_equal(metric("pricegraph_chart_cache_bytes"), 0);
}

static void the_one_not_asked_for_longest_goes(void **state)
{
	struct chart_basis b = basis(7);
	char key[16];
	int64_t evicted = metric("pricegraph_chart_cache_evicted_total");

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ask(key, 200, "x", &b);
	}
	assert_int_equal(metric("pricegraph_chart_cache_entries"), 100);
	assert_true(is_there("k0"));
	ask("one more", 200, "x", &b);
	assert_int_equal(metric("pricegraph_chart_cache_entries"), 100);
	assert_true(is_there("k0"));
	assert_false(is_there("k1"));
	assert_int_equal(metric("pricegraph_chart_cache_evicted_total") - evicted, 1);
}

static void bytes_are_bounded(void **state)
{
	static char body[100 << 10];
	struct chart_basis b = basis(7);
	char key[16];
	int64_t refused = metric("pricegraph_chart_cache_refused_total");

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ask(key, 200, body, &b);
		assert_true(is_there(key));
		assert_in_range(metric("pricegraph_chart_cache_bytes"), 1, 1 << 20);
	}
	assert_false(is_there("k0"));
	assert_int_equal(metric("pricegraph_chart_cache_entries"), 10);
	chart_cache_free(cache);
	cache = chart_cache_new(8 * 100 << 10, 100);
	ask("k", 200, body, &b); /* more than an eighth */
	assert_false(is_there("k"));
	assert_int_equal(metric("pricegraph_chart_cache_refused_total") - refused, 1);
}

#define THREADS 8
static pthread_barrier_t all_there;
static atomic_int makers;

static int64_t joined_before;

/* Until all others wait for it. */
static void await_others(void)
{
	struct timespec moment = {.tv_nsec = 1000000};

	for (int i = 0; i < 60000; i++) {
		if (metric("pricegraph_chart_cache_joined_total") - joined_before == THREADS - 1)
			return;
		nanosleep(&moment, NULL);
	}
	fail_msg("the others do not come");
}

static void *ask_at_once(void *arg)
{
	struct chart_want w = want("k");
	struct chart_basis b = basis(7);
	struct chart_entry *e;
	bool make;

	pthread_barrier_wait(&all_there);
	e = chart_cache_enter(cache, &w, &make);
	if (make) {
		atomic_fetch_add(&makers, 1);
		await_others();
		made(&w, e, *(int *)arg, "one for all", &b);
	}
	assert_string_equal(e->answer.body.data, "one for all");
	assert_int_equal(e->answer.status, *(int *)arg);
	chart_cache_let_go(e);
	return NULL;
}

static void one_makes_it_for_all(void **state)
{
	int statuses[] = {200, 503};

	(void)state;
	for (int i = 0; i < 2; i++) {
		pthread_t threads[THREADS];

		chart_cache_free(cache);
		cache = chart_cache_new(1 << 20, 100);
		atomic_store(&makers, 0);
		joined_before = metric("pricegraph_chart_cache_joined_total");
		pthread_barrier_init(&all_there, NULL, THREADS);
		for (int t = 0; t < THREADS; t++)
			assert_int_equal(
				pthread_create(&threads[t], NULL, ask_at_once, &statuses[i]), 0);
		for (int t = 0; t < THREADS; t++)
			assert_int_equal(pthread_join(threads[t], NULL), 0);
		pthread_barrier_destroy(&all_there);
		assert_int_equal(atomic_load(&makers), 1);
		assert_int_equal(
			metric("pricegraph_chart_cache_joined_total") - joined_before, THREADS - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			is_good_until_something_is_committed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			of_a_venue_every_partition_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(problems_are_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_one_not_asked_for_longest_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_makes_it_for_all, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
