/* Single silent streams are noted once each, and when they are heard again. */
#include "clock.h"
#include "daemon/feed_silence.h"
#include "log.h"
#include "test.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int silent, heard;
static char last[200];

/* In place of the log's. */
void log_event(enum log_level level, const char *event, const char *format, ...)
{
	va_list args;

	(void)level;
	silent += strcmp(event, "feed_stream_silent") == 0;
	heard += strcmp(event, "feed_stream_heard") == 0;
	va_start(args, format);
	vsnprintf(last, sizeof(last), format, args);
	va_end(args);
}

static const struct feed_want wants[] = {{STREAM_TRADE, "BTCUSDT"}, {STREAM_MINI_TICKER, "BTCUSDT"},
	{STREAM_TRADE, "ETHUSDT"}, {STREAM_MINI_TICKER, ""}};

static void start(struct feed_silence *s)
{
	silent = heard = 0;
	feed_silence_init(s, 10 * SECOND_US);
	assert_int_equal(feed_silence_set(s, wants, 4, 0), 0);
}

static void test_noted_once(void **state)
{
	struct feed_silence s;

	(void)state;
	start(&s);
	for (int t = 1; t <= 9; t++) {
		feed_silence_heard(&s, STREAM_TRADE, "BTCUSDT", t * SECOND_US);
		feed_silence_heard(&s, STREAM_TRADE, "NOBODYASKED", t * SECOND_US);
		feed_silence_check(&s, t * SECOND_US);
	}
	assert_int_equal(silent, 0);
	for (int t = 10; t <= 18; t++)
		feed_silence_check(&s, t * SECOND_US);
	assert_int_equal(
		silent, 2); /* the other stream of the symbol, the other symbol of the stream */
	feed_silence_check(&s, 19 * SECOND_US);
	assert_int_equal(silent, 3);
	assert_string_equal(last, "symbol=BTCUSDT stream=trade silent_s=10");
	feed_silence_heard(&s, STREAM_TRADE, "ETHUSDT", 25 * SECOND_US);
	assert_int_equal(heard, 1);
	assert_string_equal(last, "symbol=ETHUSDT stream=trade silent_s=25");
	feed_silence_heard(&s, STREAM_TRADE, "ETHUSDT", 26 * SECOND_US);
	assert_int_equal(heard, 1);
	feed_silence_check(&s, 36 * SECOND_US);
	assert_int_equal(silent, 4);
	feed_silence_done(&s);
}

/* A new connection has not heard anything yet. */
static void test_started_anew(void **state)
{
	struct feed_silence s;

	(void)state;
	start(&s);
	feed_silence_check(&s, 11 * SECOND_US);
	assert_int_equal(silent, 3);
	feed_silence_start(&s, 100 * SECOND_US);
	feed_silence_check(&s, 109 * SECOND_US);
	assert_int_equal(silent, 3);
	feed_silence_check(&s, 110 * SECOND_US);
	assert_int_equal(silent, 6);
	assert_int_equal(heard, 0);
	feed_silence_done(&s);
}

static void test_another_set(void **state)
{
	static const struct feed_want fewer[] = {
		{STREAM_TRADE, "ETHUSDT"}, {STREAM_TRADE, "SOLUSDT"}};
	struct feed_silence s;

	(void)state;
	start(&s);
	assert_int_equal(feed_silence_set(&s, fewer, 2, 5 * SECOND_US), 0);
	feed_silence_check(&s, 10 * SECOND_US);
	assert_int_equal(silent, 1); /* ETHUSDT keeps its past */
	feed_silence_check(&s, 15 * SECOND_US);
	assert_int_equal(silent, 2);
	feed_silence_done(&s);
	feed_silence_check(&s, 100 * SECOND_US);
	assert_int_equal(silent, 2);
}

static void test_off(void **state)
{
	struct feed_silence s;

	(void)state;
	silent = 0;
	feed_silence_init(&s, 0);
	assert_int_equal(feed_silence_set(&s, wants, 4, 0), 0);
	feed_silence_heard(&s, STREAM_TRADE, "BTCUSDT", 1);
	feed_silence_check(&s, DAY_US);
	assert_int_equal(silent, 0);
	feed_silence_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noted_once),
		cmocka_unit_test(test_started_anew),
		cmocka_unit_test(test_another_set),
		cmocka_unit_test(test_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
