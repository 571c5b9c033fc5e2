/* Goal: an answer is kept as long as nothing was committed, made by one for all who wait, and what is kept is bounded. */
#include "cgi/chart_cache.h"
#include "clock.h"
#include "metrics.h"
#include "test.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_llong now_us = 1723161255343000;

/* In place of the C library's: all clocks go only when the test says so. */
int clock_gettime(clockid_t id, struct timespec *out)
{
	int64_t us = atomic_load(&now_us);

	(void)id;
	*out = (struct timespec){.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
	return 0;
}

static void pass(int64_t us)
{
	atomic_fetch_add(&now_us, us);
}

static struct chart_beat beat; /* what the database says */
static struct chart_cache *cache;

static int set_up(void **state)
{
	(void)state;
	beat = (struct chart_beat){.known = true, .epoch = 1, .generation = 1};
	beat.revisions[3] = 7;
	cache = chart_cache_new(1 << 20, 100);
	return cache ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	chart_cache_free(cache);
	return 0;
}

static struct chart_want want(const char *key)
{
	return (struct chart_want){key, strlen(key), &beat, 0, 0};
}

static struct chart_basis basis(int64_t revision)
{
	int64_t wall_us = clock_wall_us();
	struct chart_basis b = {.known = true,
		.venue = "binance",
		.partition = 3,
		.epoch = 1,
		.generation = 1,
		.revision = revision,
		.feed = {.known = true, .clock_us = wall_us, .alive_us = wall_us, .speed = 1},
		.as_of_us = wall_us,
		.settle_us = 5 * SECOND_US};

	b.fresh = chart_state_of(b.venue, &b.feed, b.as_of_us, wall_us);
	return b;
}

static void made(struct chart_want *w, struct chart_entry *e, int status, const char *body,
	const struct chart_basis *b)
{
	struct answer a = {.status = status, .content_type = "text/plain"};

	buf_init(&a.body, 1 << 22);
	buf_add_str(&a.body, body);
	chart_cache_made(cache, w, e, &a, b);
	buf_done(&a.body);
}

/* Asks, and makes it if there is none; how often it was made. */
static int ask(const char *key, int status, const char *body, const struct chart_basis *b)
{
	struct chart_want w = want(key);
	bool make;
	struct chart_entry *e = chart_cache_enter(cache, &w, &make);

	assert_non_null(e);
	if (make)
		made(&w, e, status, body, b);
	assert_int_equal(e->answer.status, status);
	chart_cache_let_go(e);
	return make;
}

static bool is_there(const char *key)
{
	struct chart_want w = want(key);
	bool old;
	struct chart_entry *e = chart_cache_get(cache, &w, &old);

	assert_false(old);
	chart_cache_let_go(e);
	return e != NULL;
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
		cmocka_unit_test_setup_teardown(
			is_not_good_when_time_has_changed_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_is_older_than_ten_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_held_for_a_second_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_good_just_now_is_told_while_it_is_made_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(problems_are_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_one_not_asked_for_longest_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_makes_it_for_all, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
