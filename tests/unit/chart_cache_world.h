/* For the tests of chart_cache: a clock and a database that stand still, and who asks for answers. */
#pragma once
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
