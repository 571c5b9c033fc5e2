/* cache: cursors ahead of it, epochs, freshness, sessions, revisions, and what it ignores. */
#include "cache_fixture.h"

static void parks_who_is_ahead(void **state)
{
	struct fixture *f = *state;
	int64_t high[STREAM_COUNT] = {1, 0, 10};
	warm(f);
	int64_t next = f->next[STREAM_TRADE];
	struct cache_want w = want(f, 1, next + 2);
	assert_int_equal(look(f, &w), CACHE_AHEAD);
	assert_int_equal(cache_high_wanted(f->cache), f->partition);
	cache_high(f->cache, f->partition, high);
	assert_int_equal(cache_high_wanted(f->cache), -1);
	assert_int_equal(look(f, &w), CACHE_AHEAD);
	/* At the end of its wait it keeps its own cursor. */
	assert_string_equal(seconds(f, &w), "");
	assert_true(f->reading.recovered);
	assert_int_equal(f->reading.cursor.parts[f->partition].next[STREAM_TRADE], next + 2);
	trade(f, at_second(1), 1, "1");
	assert_int_equal(look(f, &w), CACHE_AHEAD);
	trade(f, at_second(2), 2, "1");
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	trade(f, at_second(3), 3, "1");
	assert_string_equal(seconds(f, &w), "3");
}

static void refuses_who_is_above_the_high_watermark(void **state)
{
	struct fixture *f = *state;
	int64_t high[STREAM_COUNT] = {1, 0, 1};
	warm(f);
	struct cache_want w = want(f, 1, 500);
	assert_int_equal(look(f, &w), CACHE_AHEAD);
	/* An answer to a question that another one put before proves nothing... */
	assert_int_equal(cache_high_wanted(f->cache), f->partition);
	uint64_t later = 0;
	assert_int_equal(cache_look(f->cache, &w, 1, &later), CACHE_AHEAD);
	cache_high(f->cache, f->partition, high);
	assert_int_equal(cache_look(f->cache, &w, 1, &later), CACHE_AHEAD);
	/* ...the answer to its own does. */
	assert_int_equal(cache_high_wanted(f->cache), f->partition);
	cache_high(f->cache, f->partition, high);
	assert_int_equal(cache_look(f->cache, &w, 1, &later), CACHE_NEWS);
	seconds(f, &w);
	assert_false(f->reading.recovered);
	assert_int_equal(f->reading.cursor.parts[f->partition].next[STREAM_TRADE], 1);
}

static void refuses_another_epoch(void **state)
{
	struct fixture *f = *state;
	warm(f);
	struct cache_want w = want(f, 0, 0);
	w.epoch = 6;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	seconds(f, &w);
	assert_false(f->reading.recovered);
	assert_int_equal(f->reading.cursor.epoch, 7);
}

static void tells_freshness(void **state)
{
	struct fixture *f = *state;
	warm(f);
	struct cache_want w = want(f, 0, 0);
	alive(f, STREAM_TRADE, at_second(8));
	alive(f, STREAM_MINI_TICKER, at_second(6));
	int64_t wall_ms = at_second(8) / MS_US + 500;
	assert_true(cache_read(f->cache, &w, 1, wall_ms, &f->reading));
	assert_int_equal(f->reading.news[0].as_of_us, at_second(6));
	assert_int_equal(f->reading.lag_us, 2500 * MS_US);
	assert_false(f->reading.stale);
	assert_true(cache_read(f->cache, &w, 1, wall_ms + 10000, &f->reading));
	assert_true(f->reading.stale);
	/* T stands still, though records come: as stale. */
	for (int i = 9; i < 25; i++) {
		struct control c = {.kind = CONTROL_ALIVE,
			.t_us = at_second(8),
			.clock_us = at_second(i),
			.speed = 1};
		control_of(f, STREAM_TRADE, c);
		control_of(f, STREAM_MINI_TICKER, c);
	}
	assert_true(cache_read(f->cache, &w, 1, at_second(24) / MS_US, &f->reading));
	assert_true(f->reading.stale);
	assert_false(f->reading.ended);
}

static void tells_the_end_of_a_recording(void **state)
{
	struct fixture *f = *state;
	const struct control end = {
		.kind = CONTROL_ENDED, .t_us = at_second(3), .clock_us = at_second(3)};
	warm(f);
	struct cache_want w = want(f, 0, 0);
	control_of(f, STREAM_TRADE, end);
	assert_true(cache_read(f->cache, &w, 1, PRODUCED, &f->reading));
	assert_false(f->reading.ended);
	control_of(f, STREAM_MINI_TICKER, end);
	assert_true(cache_read(f->cache, &w, 1, PRODUCED, &f->reading));
	assert_true(f->reading.ended);
	assert_int_equal(f->reading.news[0].as_of_us, at_second(3));
}

static void a_new_session_takes_over(void **state)
{
	struct fixture *f = *state;
	struct control next = {.kind = CONTROL_BEGIN,
		.session = "s2",
		.t_us = at_second(20),
		.clock_us = at_second(20),
		.speed = 1,
		.has_symbols = true,
		.symbol_count = 1};
	warm(f);
	struct cache_want w = want(f, 0, 0);
	alive(f, STREAM_TRADE, at_second(2));
	alive(f, STREAM_MINI_TICKER, at_second(2));
	control_of(f, STREAM_TRADE, next);
	control_of(f, STREAM_MINI_TICKER, next);
	seconds(f, &w);
	assert_int_equal(f->reading.news[0].as_of_us, at_second(20));
	/* The collector now runs without trades: they hold as_of back no longer. */
	control_of(f, STREAM_TRADE,
		(struct control){.kind = CONTROL_ENDED,
			.session = "none",
			.t_us = at_second(21),
			.clock_us = at_second(21),
			.speed = 1,
			.has_symbols = true});
	next = (struct control){.kind = CONTROL_ALIVE,
		.session = "s2",
		.t_us = at_second(40),
		.clock_us = at_second(40),
		.speed = 1};
	assert_true(control_of(f, STREAM_MINI_TICKER, next));
	seconds(f, &w);
	assert_int_equal(f->reading.news[0].as_of_us, at_second(40));
}

static void keeps_the_greatest_revision(void **state)
{
	struct fixture *f = *state;
	warm(f);
	struct cache_want w = want(f, 0, 0);
	seconds(f, &w);
	assert_int_equal(f->reading.news[0].generation, -1);
	cache_revision(f->cache, SYMBOL, 2, 10);
	cache_revision(f->cache, SYMBOL, 2, 9);
	cache_revision(f->cache, SYMBOL, 1, 11);
	seconds(f, &w);
	assert_int_equal(f->reading.news[0].generation, 2);
	assert_int_equal(f->reading.news[0].revision, 10);
	cache_revision(f->cache, SYMBOL, 3, 1);
	seconds(f, &w);
	assert_int_equal(f->reading.news[0].generation, 3);
	assert_int_equal(f->reading.news[0].revision, 1);
}

static void knows_whose_as_of_is_old(void **state)
{
	struct fixture *f = *state;
	warm(f);
	struct cache_want w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE]);
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	assert_false(alive(f, STREAM_TRADE, at_second(1)));
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	assert_true(alive(f, STREAM_MINI_TICKER, at_second(1)));
	assert_int_equal(look(f, &w), CACHE_QUIET);
	trade(f, at_second(1), 1, "1");
	assert_int_equal(look(f, &w), CACHE_NEWS);
	w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE]);
	assert_int_equal(look(f, &w), CACHE_NOTHING);
}

static void ignores_what_can_not_be(void **state)
{
	struct fixture *f = *state;
	warm(f);
	struct cache_want w = want(f, 1, f->next[STREAM_TRADE]);
	assert_false(
		trade(f, at_second(2 * 3600), 1, "1")); /* two hours ahead of the venue's clock */
	f->partition = (f->partition + 1) % TOPIC_PARTITIONS;
	f->next[STREAM_TRADE] = 0;
	assert_false(trade(f, at_second(1), 2, "1")); /* not its partition */
	assert_null(cache_find(f->cache, "ETHUSDT"));
	assert_int_equal(look(f, &w), CACHE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parks_who_is_ahead),
		TEST(refuses_who_is_above_the_high_watermark),
		TEST(refuses_another_epoch),
		TEST(tells_freshness),
		TEST(tells_the_end_of_a_recording),
		TEST(a_new_session_takes_over),
		TEST(keeps_the_greatest_revision),
		TEST(knows_whose_as_of_is_old),
		TEST(ignores_what_can_not_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
