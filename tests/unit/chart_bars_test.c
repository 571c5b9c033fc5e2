#include "cgi/chart_bars.h"
#include "clock.h"
#include "test.h"
#include <string.h>

#define S(x) ((int64_t)((x)*SECOND_US))

static struct chart_bars bars;
static struct chart_cover cover;
static struct chart_close before;
static const struct interval *iv;

static int set_up(void **state)
{
	(void)state;
	iv = interval_find("1s");
	cover = (struct chart_cover){0};
	before = (struct chart_close){0};
	return chart_bars_init(&bars, iv, S(100), S(110));
}

static int tear_down(void **state)
{
	(void)state;
	chart_bars_done(&bars);
	chart_cover_done(&cover);
	return 0;
}

static struct decimal dec(const char *text)
{
	struct decimal d;

	assert_int_equal(decimal_parse(&d, text, strlen(text)), 0);
	return d;
}

static void store(int second, const char *close, int64_t revision)
{
	struct chart_bar *bar = chart_bars_find(&bars, S(second));

	assert_non_null(bar);
	bar->kind = BAR_STORED;
	bar->revision = revision;
	bar->candle.close = dec(close);
}

static void tombstone(int second, int64_t revision)
{
	struct chart_bar *bar = chart_bars_find(&bars, S(second));

	bar->kind = BAR_REMOVED;
	bar->revision = revision;
}

static void hear(enum stream_kind k, double from, double to)
{
	chart_ranges_add(&cover.streams[k], S(from), S(to));
}

static void fill(void)
{
	assert_int_equal(chart_cover_compute(&cover), 0);
	chart_bars_fill(&bars, iv, &cover, &before);
}

/* One letter a bar: S stored, F flat, U flat with unknown volume, R removed, '.' absent. */
static void looks(const char *expected)
{
	char text[32] = "";

	for (size_t i = 0; i < bars.count; i++) {
		const struct chart_bar *b = &bars.v[i];

		text[i] = b->kind == BAR_STORED    ? 'S'
			  : b->kind == BAR_REMOVED ? 'R'
			  : b->kind == BAR_ABSENT  ? '.'
			  : b->candle.has_volume   ? 'F'
						   : 'U';
	}
	assert_string_equal(text, expected);
}

static void marks(int64_t since, const char *expected)
{
	char text[32] = "";
	size_t count = 0;

	chart_bars_mark(&bars, iv, &cover, &before, since);
	for (size_t i = 0; i < bars.count; i++) {
		text[i] = bars.v[i].changed ? 'x' : '.';
		count += bars.v[i].changed;
	}
	assert_string_equal(text, expected);
	assert_int_equal(chart_bars_mark(&bars, iv, &cover, &before, since), count);
}

static void fills_covered_buckets(void **state)
{
	(void)state;
	store(102, "5", 1);
	store(105, "7", 2);
	hear(STREAM_KLINE_1S, 100, 110);
	assert_int_equal(chart_cover_compute(&cover), 0);
	assert_true(chart_bars_need_close(&bars, iv, &cover));
	chart_bars_fill(&bars, iv, &cover, &before);
	looks("..SFFSFFFF"); /* nothing was before 102 */
	assert_int_equal(decimal_cmp(&bars.v[3].candle.open, &(struct decimal){500000000, 8}), 0);
	assert_int_equal(decimal_cmp(&bars.v[9].candle.low, &(struct decimal){700000000, 8}), 0);
	assert_int_equal(bars.v[9].candle.trades, 0);
	for (size_t i = 0; i < bars.count; i++)
		assert_true(bars.v[i].complete);
}

static void takes_the_close_before_the_window(void **state)
{
	(void)state;
	before = (struct chart_close){.known = true, .close = dec("3"), .revision = 9};
	store(102, "5", 1);
	hear(STREAM_KLINE_1S, 100, 103);
	fill();
	looks("FFS.......");
	assert_int_equal(decimal_cmp(&bars.v[0].candle.close, &before.close), 0);
}

static void needs_no_close_for_what_is_not_covered(void **state)
{
	(void)state;
	hear(STREAM_KLINE_1S, 103, 110);
	store(103, "5", 1);
	assert_int_equal(chart_cover_compute(&cover), 0);
	assert_false(chart_bars_need_close(&bars, iv, &cover));
}

static void mini_ticker_knows_no_volume(void **state)
{
	(void)state;
	store(100, "5", 1);
	hear(STREAM_MINI_TICKER, 100, 110);
	hear(STREAM_TRADE, 104, 106);
	fill();
	looks("SUUUFFUUUU");
	assert_false(bars.v[0].complete);
	assert_true(bars.v[4].complete);
	assert_false(bars.v[6].complete);
}

static void a_gap_stays_open(void **state)
{
	(void)state;
	store(100, "5", 1);
	store(103, "6", 1); /* half heard: shown, not complete */
	hear(STREAM_KLINE_1S, 100, 103.5);
	hear(STREAM_KLINE_1S, 106.5, 110);
	fill();
	looks("SFFS...FFF");
	assert_true(bars.v[2].complete);
	assert_false(bars.v[3].complete);
	assert_false(bars.v[5].complete);
}

static void what_was_removed_stays_away(void **state)
{
	(void)state;
	store(100, "5", 1);
	store(101, "6", 1);
	tombstone(102, 4);
	hear(STREAM_KLINE_1S, 100, 110);
	fill();
	looks("SSRFFFFFFF");
	assert_int_equal(decimal_cmp(&bars.v[3].candle.close, &(struct decimal){600000000, 8}), 0);
}

static void wide_bars_need_all_their_seconds(void **state)
{
	(void)state;
	chart_bars_done(&bars);
	iv = interval_find("1m");
	assert_int_equal(chart_bars_init(&bars, iv, S(0), S(240)), 0);
	store(0, "5", 1);
	hear(STREAM_KLINE_1S, 0, 150);
	hear(STREAM_KLINE_1S, 151, 240);
	fill();
	looks("SF.F");
}

static void marks_rows_and_the_flats_beside_them(void **state)
{
	(void)state;
	store(100, "5", 10);
	store(103, "6", 20);
	store(106, "7", 10);
	hear(STREAM_KLINE_1S, 100, 110);
	fill();
	looks("SFFSFFSFFF");
	marks(15, ".xxxxx.xxx");
	marks(20, ".......xxx"); /* those at the end have no revision */
	marks(5, "xxxxxxxxxx");
}

static void marks_flats_when_the_close_before_changed(void **state)
{
	(void)state;
	before = (struct chart_close){.known = true, .close = dec("3"), .revision = 20};
	store(102, "5", 10);
	store(109, "5", 10);
	hear(STREAM_KLINE_1S, 100, 110);
	fill();
	marks(15, "xx........");
	marks(20, "..........");
}

static void marks_what_was_removed(void **state)
{
	(void)state;
	store(100, "5", 10);
	tombstone(102, 20);
	store(104, "5", 10);
	store(109, "5", 10);
	hear(STREAM_KLINE_1S, 100, 110);
	fill();
	looks("SFRFSFFFFS");
	marks(15, ".xxx......");
}

static void marks_what_a_gap_touches(void **state)
{
	struct chart_gap g = {.stream = "kline_1s",
		.from_us = S(102.5),
		.to_us = S(104),
		.cause = "feed",
		.state = "open",
		.reason = "",
		.revision = 20};

	(void)state;
	store(100, "5", 10);
	store(109, "5", 10);
	hear(STREAM_KLINE_1S, 100, 102.5);
	hear(STREAM_KLINE_1S, 104, 110);
	chart_gaps_add(&cover.gaps, &g);
	fill();
	looks("SF..FFFFFS");
	marks(15, "..xx......"); /* absent ones: they have to be taken away */
	marks(20, "..........");
}

static void marks_what_was_given_later(void **state)
{
	(void)state;
	store(100, "5", 10);
	store(103, "6", 10);
	store(109, "7", 10);
	chart_ranges_add(&cover.given, S(102), S(105));
	cover.given_revision = 20;
	fill();
	looks("S.FSF....S");
	assert_true(bars.v[3].complete && !bars.v[0].complete);
	marks(15, "..xxx.....");
	marks(20, "..........");
}

static void knows_whether_there_is_anything(void **state)
{
	(void)state;
	tombstone(101, 1);
	fill();
	assert_false(chart_bars_any(&bars));
	store(102, "1", 1);
	assert_true(chart_bars_any(&bars));
}

static void may_be_empty(void **state)
{
	struct chart_bars none;

	(void)state;
	assert_int_equal(chart_bars_init(&none, iv, S(5), S(5)), 0);
	assert_null(chart_bars_find(&none, S(5)));
	assert_false(chart_bars_need_close(&none, iv, &cover));
	chart_bars_fill(&none, iv, &cover, &before);
	assert_int_equal(chart_bars_mark(&none, iv, &cover, &before, 0), 0);
	assert_false(chart_bars_any(&none));
	chart_bars_done(&none);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fills_covered_buckets),
		TEST(takes_the_close_before_the_window),
		TEST(needs_no_close_for_what_is_not_covered),
		TEST(mini_ticker_knows_no_volume),
		TEST(a_gap_stays_open),
		TEST(what_was_removed_stays_away),
		TEST(wide_bars_need_all_their_seconds),
		TEST(marks_rows_and_the_flats_beside_them),
		TEST(marks_flats_when_the_close_before_changed),
		TEST(marks_what_was_removed),
		TEST(marks_what_a_gap_touches),
		TEST(marks_what_was_given_later),
		TEST(knows_whether_there_is_anything),
		TEST(may_be_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
