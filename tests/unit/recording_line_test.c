#include "daemon/recording_line.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

#define FRAME                                                                                      \
	"{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161255343,\"s\":"       \
	"\"BTCUSDT\",\"t\":7}}"

static struct recording_line parsed(const char *text)
{
	static struct recording_line l; /* its slices may point into it */

	assert_true(recording_line_parse(&l, text, strlen(text)));
	return l;
}

static void receive_times_of_all_sizes(void **state)
{
	(void)state;
	assert_int_equal(parsed("1723161254087896568 {}").received_us, 1723161254087896);
	assert_int_equal(parsed("1723161254087896 {}").received_us, 1723161254087896);
	assert_int_equal(parsed("1723161254087 {}").received_us, 1723161254087000);
	assert_int_equal(parsed("1633998512.0633569: {}").received_us, 1633998512063356);
	assert_int_equal(parsed("1633998512.5: {}").received_us, 1633998512500000);
	assert_int_equal(parsed("1633998512: {}").received_us, 1633998512000000);
}

static void lines_without_a_time(void **state)
{
	static const char *const bad[] = {"", " ", "{}", "wss://stream.binance.com:9443/ws -> 1",
		"12 {}", "1723161254087", "17231612540878965681 {}", "99999999999999999999999 {}",
		"1723161254087\t{}", "1633998512.06 {}", "-5: {}", "1633998512.0633569"};
	struct recording_line l;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(recording_line_parse(&l, bad[i], strlen(bad[i])));
}

static void wrapped_frame(void **state)
{
	struct recording_line l = parsed("1723161254087896568 " FRAME);

	(void)state;
	assert_true(l.wrapped);
	assert_true(slice_is(l.frame, FRAME));
	assert_true(slice_is(l.name, "btcusdt@trade"));
	assert_true(slice_is(
		l.data, "{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":7}"));
	assert_true(slice_is(l.event, "trade"));
	assert_true(slice_is(l.symbol, "BTCUSDT"));
	assert_int_equal(l.event_us, 1723161255343000);
}

static void unwrapped_frames_get_their_names(void **state)
{
	static const char *const cases[][2] = {
		{"{\"e\":\"24hrMiniTicker\",\"E\":1,\"s\":\"XRPETH\"}", "xrpeth@miniTicker"},
		{"{\"e\":\"trade\",\"s\":\"1INCHUSDT\"}", "1inchusdt@trade"},
		{"{\"e\":\"kline\",\"s\":\"BTCUSDT\",\"k\":{\"t\":1,\"i\":\"1M\"}}",
			"btcusdt@kline_1M"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct recording_line l;
		char text[256];

		snprintf(text, sizeof(text), "1723161254087 %s", cases[i][0]);
		assert_true(recording_line_parse(&l, text, strlen(text)));
		assert_false(l.wrapped);
		assert_true(slice_is(l.name, cases[i][1]));
		assert_true(slice_is(l.data, cases[i][0]));
	}
}

/* Found by fuzzing: a symbol with a zero byte, longer than the room for names. */
static void a_symbol_that_does_not_fit_gives_no_name(void **state)
{
	char text[400] = "1723161254087 {\"e\":\"trade\",\"s\":\"BTC";
	size_t len = strlen(text) + 1;
	struct recording_line l;

	(void)state;
	memset(text + len, 'X', 200);
	len += 200;
	memcpy(text + len, "\"}", 2);
	assert_true(recording_line_parse(&l, text, len + 2));
	assert_int_equal(l.symbol.len, 204);
	assert_null(l.name.data);
}

static void frames_that_are_no_events(void **state)
{
	struct recording_line l = parsed("1723161254087 {\"lastUpdateId\":5,\"bids\":[]}");

	(void)state;
	assert_null(l.name.data);
	assert_null(l.event.data);
	assert_int_equal(l.event_us, -1);
	assert_non_null(l.data.data);
	l = parsed("1723161254087 [1,2]");
	assert_null(l.data.data);
	assert_true(slice_is(l.frame, "[1,2]"));
	l = parsed("1723161254087 ");
	assert_int_equal(l.frame.len, 0);
	assert_null(l.data.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receive_times_of_all_sizes),
		cmocka_unit_test(lines_without_a_time),
		cmocka_unit_test(wrapped_frame),
		cmocka_unit_test(unwrapped_frames_get_their_names),
		cmocka_unit_test(a_symbol_that_does_not_fit_gives_no_name),
		cmocka_unit_test(frames_that_are_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
