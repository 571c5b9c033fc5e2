/* cache: which seconds a cursor gets, in which order, when it can't be continued, and how much is kept. */
#include "cache_fixture.h"

static void is_cold_until_warm_and_an_epoch(void **state)
{
	struct fixture *f = *state;
	begin(f, STREAM_TRADE, T0);
	struct cache_want w = want(f, 0, 0);
	assert_int_equal(look(f, &w), CACHE_COLD);
	assert_false(cache_read(f->cache, &w, 1, PRODUCED, &f->reading));
	cache_warm(f->cache);
	assert_int_not_equal(look(f, &w), CACHE_COLD);
	cache_begin(f->cache);
	cache_warm(f->cache);
	assert_int_equal(look(f, &w), CACHE_COLD);
	assert_false(cache_epoch(f->cache, 7));
	assert_int_not_equal(look(f, &w), CACHE_COLD);
	assert_false(cache_epoch(f->cache, 7));
	assert_false(cache_epoch(f->cache, 6));
	assert_true(cache_epoch(f->cache, 8));
}

static void gives_what_lies_behind_the_cursor(void **state)
{
	struct fixture *f = *state;
	warm(f);
	int64_t first = f->next[STREAM_TRADE];
	for (int i = 1; i <= 4; i++)
		assert_true(trade(f, at_second(i), 10 + i, "100"));
	struct cache_want w = want(f, 1, first);
	assert_int_equal(look(f, &w), CACHE_NEWS);
	assert_string_equal(seconds(f, &w), "1 2 3 4");
	assert_true(f->reading.recovered);
	w = want(f, 1, first + 2);
	assert_string_equal(seconds(f, &w), "3 4");
	assert_int_equal(f->reading.cursor.parts[f->partition].next[STREAM_TRADE], first + 4);
	/* The new cursor has nothing behind it, until something comes. */
	w = want(f, 1, first + 4);
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	assert_string_equal(seconds(f, &w), "");
	trade(f, at_second(2), 99, "101");
	assert_int_equal(look(f, &w), CACHE_NEWS);
	assert_string_equal(seconds(f, &w), "2");
}

static void tickers_change_no_second(void **state)
{
	struct fixture *f = *state;
	struct event ev = {.kind = STREAM_TICKER, .event_us = at_second(3)};
	warm(f);
	struct cache_place at = place(f, STREAM_TICKER);
	snprintf(ev.symbol, sizeof(ev.symbol), "%s", SYMBOL);
	assert_false(cache_event(f->cache, &at, &ev));
	struct cache_want w = want(f, 0, 0);
	assert_string_equal(seconds(f, &w), "");
	assert_true(f->reading.recovered);
	/* The cursor goes on all the same. */
	assert_int_equal(f->reading.cursor.parts[f->partition].next[STREAM_TICKER], at.offset + 1);
}

static void orders_by_time_however_it_came(void **state)
{
	struct fixture *f = *state;
	warm(f);
	int64_t order[] = {3, 1, 4, 2, 0};
	for (int i = 0; i < 5; i++)
		trade(f, at_second(order[i]), 10 + i, "100");
	struct cache_want w = want(f, 0, 0);
	assert_string_equal(seconds(f, &w), "0 1 2 3 4");
}

static void gives_the_full_second_of_all_topics(void **state)
{
	struct fixture *f = *state;
	warm(f);
	sample(f, at_second(1), "50");
	int64_t mini = f->next[STREAM_MINI_TICKER], trades = f->next[STREAM_TRADE];
	struct cache_want w = want(f, mini, trades);
	assert_string_equal(seconds(f, &w), "");
	trade(f, at_second(1), 1, "60");
	trade(f, at_second(1) + 1, 2, "61");
	assert_string_equal(seconds(f, &w), "1");
	assert_non_null(strstr(f->reading.events.data,
		"\"o\":\"60.00000000\",\"h\":\"61.00000000\",\"l\":\"60.00000000\","
		"\"c\":\"61.00000000\",\"v\":\"2.00000000\",\"q\":\"121.00000000\",\"n\":2,"
		"\"origin\":\"trade\",\"closed\":false}"));
	/* A sample changes nothing that is seen of a second with trades: nobody is told. */
	w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE]);
	assert_false(sample(f, at_second(1) + 5, "70"));
	assert_int_equal(look(f, &w), CACHE_NOTHING);
}

static void drops_repeats_and_moves_on(void **state)
{
	struct fixture *f = *state;
	warm(f);
	assert_true(trade(f, at_second(1), 5, "100"));
	int64_t next = f->next[STREAM_TRADE];
	assert_false(trade(f, at_second(1), 5, "100"));
	struct cache_want w = want(f, 1, next);
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	assert_string_equal(seconds(f, &w), "");
	assert_int_equal(f->reading.cursor.parts[f->partition].next[STREAM_TRADE], next + 1);
	/* An older id of an unsettled second is no repeat. */
	assert_true(trade(f, at_second(1), 4, "99"));
}

static void says_nothing_of_settled_seconds(void **state)
{
	struct fixture *f = *state;
	warm(f);
	trade(f, at_second(1), 1, "100");
	/* as_of is the least of the two streams. */
	assert_false(alive(f, STREAM_TRADE, at_second(7)));
	assert_true(trade(f, at_second(1), 2, "101"));
	assert_true(alive(f, STREAM_MINI_TICKER, at_second(7)));
	struct cache_want w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE]);
	assert_false(trade(f, at_second(1), 3, "102"));
	assert_int_equal(look(f, &w), CACHE_NOTHING);
	/* An older cursor still gets it, as it was when it settled. */
	w = want(f, 1, 1);
	assert_string_equal(seconds(f, &w), "1");
	assert_non_null(
		strstr(f->reading.events.data, "\"n\":2,\"origin\":\"trade\",\"closed\":true}"));
	/* Who has no cursor gets the unsettled ones. */
	trade(f, at_second(8), 9, "100");
	w.resumes = false;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	assert_string_equal(seconds(f, &w), "8");
	assert_false(f->reading.recovered);
}

/* At the start one topic may be read to its end before another is begun. */
static void settles_nothing_before_all_topics_are_read(void **state)
{
	struct fixture *f = *state;
	begin(f, STREAM_MINI_TICKER, T0);
	sample(f, at_second(1), "50");
	alive(f, STREAM_MINI_TICKER, at_second(20));
	begin(f, STREAM_TRADE, T0);
	trade(f, at_second(1), 1, "60");
	trade(f, at_second(18), 2, "61");
	alive(f, STREAM_TRADE, at_second(19));
	cache_warm(f->cache);
	struct cache_want w = want(f, 1, 1);
	assert_int_equal(look(f, &w), CACHE_NEWS);
	assert_string_equal(seconds(f, &w), "1 18");
	assert_non_null(
		strstr(f->reading.events.data, "\"n\":1,\"origin\":\"trade\",\"closed\":true}"));
	assert_non_null(
		strstr(f->reading.events.data, "\"n\":1,\"origin\":\"trade\",\"closed\":false}"));
	assert_int_equal(f->reading.news[0].as_of_us, at_second(19));
	/* Behind the last event: as_of has risen since. */
	w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE] - 1);
	assert_int_equal(look(f, &w), CACHE_QUIET);
	w = want(f, f->next[STREAM_MINI_TICKER], f->next[STREAM_TRADE]);
	assert_int_equal(look(f, &w), CACHE_NOTHING);
}

/* Reading began in the middle: what was not read from before its start is not known whole. */
static void knows_only_what_it_read_whole(void **state)
{
	struct fixture *f = *state;
	read_from(f, 100, false);
	trade(f, at_second(3), 1, "100"); /* part of it lies before offset 100 */
	begin(f, STREAM_TRADE, at_second(3) + 500 * MS_US);
	begin(f, STREAM_MINI_TICKER, at_second(3));
	trade(f, at_second(4), 2, "100"); /* 0.5 s after T: not early enough */
	int64_t whole = f->next[STREAM_TRADE];
	trade(f, at_second(5), 3, "100");
	cache_warm(f->cache);
	struct cache_want w = want(f, f->next[STREAM_MINI_TICKER], whole);
	w.next[STREAM_KLINE_1S] = w.next[STREAM_AGG_TRADE] = 100;
	assert_string_equal(seconds(f, &w), "5");
	assert_true(f->reading.recovered);
	w.next[STREAM_TRADE] = whole - 1;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	assert_string_equal(seconds(f, &w), "5");
	assert_false(f->reading.recovered);
	/* Later too: a record of such a second ends the cursors below it, and only those. */
	int64_t at = f->next[STREAM_TRADE];
	assert_false(trade(f, at_second(4), 4, "100"));
	w.next[STREAM_TRADE] = at;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	w.next[STREAM_TRADE] = at + 1;
	assert_int_equal(look(f, &w), CACHE_NOTHING);
}

static void starts_below_no_floor(void **state)
{
	struct fixture *f = *state;
	read_from(f, 100, false);
	warm(f);
	struct cache_want w = want(f, 100, 99);
	w.next[STREAM_KLINE_1S] = w.next[STREAM_AGG_TRADE] = 100;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	w.next[STREAM_TRADE] = 100;
	assert_int_not_equal(look(f, &w), CACHE_NEWS);
	/* A topic that the cursor lacks counts from the low watermark, here 0. */
	w.next[STREAM_KLINE_1S] = NONE;
	assert_int_equal(look(f, &w), CACHE_NEWS);
	read_from(f, 0, true);
	warm(f);
	w = want(f, 0, 0);
	w.next[STREAM_KLINE_1S] = NONE;
	assert_int_not_equal(look(f, &w), CACHE_NEWS);
}

static void evicts_by_age_and_raises_the_floor(void **state)
{
	struct fixture *f = *state;
	warm(f);
	int64_t first = f->next[STREAM_TRADE];
	for (int i = 0; i < 100; i++) {
		trade(f, at_second(i), 1 + i, "100");
		alive(f, STREAM_TRADE, at_second(i));
		alive(f, STREAM_MINI_TICKER, at_second(i));
	}
	/* as_of 99, 60 are kept: those from 39 on. Second 38's trade was the last one given up. */
	struct cache_want w = want(f, 0, first + 2 * 39);
	assert_string_equal(seconds(f, &w), "39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 "
					    "57 58 59 60 61 62 63 64 65 66 67 68 69 "
					    "70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 "
					    "88 89 90 91 92 93 94 95 96 97 98 99");
	assert_true(f->reading.recovered);
	w = want(f, 0, first + 2 * 38);
	assert_string_equal(seconds(f, &w), "94 95 96 97 98 99");
	assert_false(f->reading.recovered);
}

static void is_bounded_while_as_of_stands(void **state)
{
	struct fixture *f = *state;
	warm(f);
	for (int i = 0; i < 3000; i++)
		trade(f, at_second(i), 1 + i, "100");
	struct cache_want w = want(f, 0, f->next[STREAM_TRADE] - 1);
	assert_string_equal(seconds(f, &w), "2999");
	assert_true(f->reading.recovered);
	w = want(f, 0, 0);
	assert_true(strlen(seconds(f, &w)) < 180 * 5);
	assert_false(f->reading.recovered);
}

static void is_bounded_in_bytes(void **state)
{
	struct fixture *f = *state;
	const struct cache_limits small = {
		.keep_us = 60 * SECOND_US, .settle_us = 5 * SECOND_US, .bytes_max = 20000};
	cache_free(f->cache);
	f->cache = cache_new(&small, "test");
	read_from(f, 0, true);
	warm(f);
	for (int i = 0; i < 50; i++)
		trade(f, at_second(i), 1 + i, "100");
	struct cache_want w = want(f, 0, f->next[STREAM_TRADE] - 3);
	assert_string_equal(seconds(f, &w), "47 48 49");
	w = want(f, 0, 0);
	assert_true(strlen(seconds(f, &w)) < 20 * 3);
	assert_false(f->reading.recovered);
	/* A record of a second that was given up can't be shown: who is below it hears so. */
	w = want(f, 0, f->next[STREAM_TRADE]);
	trade(f, at_second(2), 999, "100");
	assert_int_equal(look(f, &w), CACHE_NEWS);
	seconds(f, &w);
	assert_false(f->reading.recovered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_cold_until_warm_and_an_epoch),
		TEST(gives_what_lies_behind_the_cursor),
		TEST(tickers_change_no_second),
		TEST(orders_by_time_however_it_came),
		TEST(gives_the_full_second_of_all_topics),
		TEST(drops_repeats_and_moves_on),
		TEST(says_nothing_of_settled_seconds),
		TEST(settles_nothing_before_all_topics_are_read),
		TEST(knows_only_what_it_read_whole),
		TEST(starts_below_no_floor),
		TEST(evicts_by_age_and_raises_the_floor),
		TEST(is_bounded_while_as_of_stands),
		TEST(is_bounded_in_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
