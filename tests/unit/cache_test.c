/* cache: which seconds a cursor gets, in which order, when it can't be continued, and how much is kept. */
#include "cgi/cache.h"
#include "clock.h"
#include "metrics.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL "BTCUSDT"
#define T0 (1700000000 * SECOND_US)
#define PRODUCED 1700000000000
#define NONE CURSOR_NONE

/* The state that every test begins with. */
struct fixture {
	struct cache *cache;
	int partition;
	int64_t next[STREAM_COUNT]; /* offsets that the next records get */
	struct cache_reading reading;
	uint64_t asked;
};

static struct decimal dec(const char *text)
{
	struct decimal d;
	assert_int_equal(decimal_parse(&d, text, strlen(text)), 0);
	return d;
}

static struct cache_place place(struct fixture *f, enum stream_kind kind)
{
	return (struct cache_place){.partition = f->partition,
		.kind = kind,
		.offset = f->next[kind]++,
		.produced_ms = PRODUCED};
}

static bool sample(struct fixture *f, int64_t at_us, const char *price)
{
	struct cache_place at = place(f, STREAM_MINI_TICKER);
	struct event ev = {.kind = STREAM_MINI_TICKER, .symbol = SYMBOL, .event_us = at_us};
	ev.mini_ticker.close = dec(price);
	return cache_event(f->cache, &at, &ev);
}

static bool trade(struct fixture *f, int64_t at_us, int64_t id, const char *price)
{
	struct cache_place at = place(f, STREAM_TRADE);
	struct event ev = {.kind = STREAM_TRADE, .symbol = SYMBOL, .event_us = at_us};
	ev.trade = (struct event_trade){
		.id = id, .trade_us = at_us, .price = dec(price), .quantity = dec("1")};
	return cache_event(f->cache, &at, &ev);
}

static bool control_of(struct fixture *f, enum stream_kind kind, struct control c)
{
	static char symbols[1][SYMBOL_SIZE] = {SYMBOL};
	struct cache_place at = place(f, kind);
	at.produced_ms = c.clock_us / MS_US;
	snprintf(c.collector, sizeof(c.collector), "test");
	if (c.session[0] == '\0')
		snprintf(c.session, sizeof(c.session), "s1");
	if (c.symbol_count > 0)
		c.symbols = symbols;
	return cache_control(f->cache, &at, &c);
}

static bool begin(struct fixture *f, enum stream_kind kind, int64_t t_us)
{
	return control_of(f, kind,
		(struct control){.kind = CONTROL_BEGIN,
			.t_us = t_us,
			.clock_us = t_us,
			.speed = 1,
			.has_symbols = true,
			.symbol_count = 1});
}

static bool alive(struct fixture *f, enum stream_kind kind, int64_t t_us)
{
	return control_of(f, kind,
		(struct control){
			.kind = CONTROL_ALIVE, .t_us = t_us, .clock_us = t_us, .speed = 1});
}

/* A reading of miniTicker and trade that begins at `start` of both topics. */
static void read_from(struct fixture *f, int64_t start, bool whole)
{
	cache_begin(f->cache);
	for (int p = 0; p < TOPIC_PARTITIONS; p++)
		for (int k = 0; k < STREAM_COUNT; k++)
			cache_begin_at(f->cache, p, (enum stream_kind)k, start, 0, whole);
	for (int k = 0; k < STREAM_COUNT; k++)
		f->next[k] = start;
	cache_epoch(f->cache, 7);
}

static void warm(struct fixture *f)
{
	begin(f, STREAM_MINI_TICKER, T0);
	begin(f, STREAM_TRADE, T0);
	cache_warm(f->cache);
}

static struct cache_want want(struct fixture *f, int64_t mini_ticker, int64_t trades)
{
	struct cache_want w = {.symbol = cache_find(f->cache, SYMBOL), .resumes = true, .epoch = 7};
	assert_non_null(w.symbol);
	w.next[STREAM_MINI_TICKER] = mini_ticker;
	w.next[STREAM_KLINE_1S] = 0;
	w.next[STREAM_TRADE] = trades;
	return w;
}

static enum cache_look look(struct fixture *f, const struct cache_want *w)
{
	return cache_look(f->cache, w, 1, &f->asked);
}

/* The seconds (after T0) of the events behind the cursor, e.g. "1 2 5". */
static const char *seconds(struct fixture *f, const struct cache_want *w)
{
	static char out[1024];
	size_t len = 0;
	assert_true(cache_read(f->cache, w, 1, PRODUCED, &f->reading));
	out[0] = '\0';
	for (const char *p = f->reading.events.data;
		f->reading.events.len > 0 && (p = strstr(p, "\"t\":")) != NULL;) {
		long long ms = strtoll(p += 4, NULL, 10);
		len += (size_t)snprintf(out + len, sizeof(out) - len, len > 0 ? " %lld" : "%lld",
			ms / 1000 - T0 / SECOND_US);
	}
	return out;
}

static int64_t at_second(int64_t n)
{
	return T0 + n * SECOND_US;
}

static int set_up(void **state)
{
	const struct cache_limits limits = {
		.keep_us = 60 * SECOND_US, .settle_us = 5 * SECOND_US, .bytes_max = 1 << 20};
	struct fixture *f = calloc(1, sizeof(*f));
	f->cache = cache_new(&limits, "test");
	f->partition = topic_partition(SYMBOL, strlen(SYMBOL));
	buf_init(&f->reading.events, 1 << 20);
	read_from(f, 0, true);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	cache_free(f->cache);
	buf_done(&f->reading.events);
	free(f);
	return 0;
}

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
	struct cache_want w = want(f, 100, whole);
	w.next[STREAM_KLINE_1S] = 100;
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
	w.next[STREAM_KLINE_1S] = 100;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_cold_until_warm_and_an_epoch),
		TEST(gives_what_lies_behind_the_cursor),
		TEST(orders_by_time_however_it_came),
		TEST(gives_the_full_second_of_all_topics),
		TEST(drops_repeats_and_moves_on),
		TEST(says_nothing_of_settled_seconds),
		TEST(knows_only_what_it_read_whole),
		TEST(starts_below_no_floor),
		TEST(evicts_by_age_and_raises_the_floor),
		TEST(is_bounded_while_as_of_stands),
		TEST(is_bounded_in_bytes),
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
