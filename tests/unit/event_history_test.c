#include "event_frames.h"
#include <stdio.h>

/* Without its event time: what REST gives. */
static const char *without_event_time(const char *json)
{
	static char text[1024];
	const char *at = strstr(json, "\"E\":"), *comma = strchr(at, ',');

	snprintf(text, sizeof(text), "%.*s%s", (int)(at - json), json, comma + 1);
	return text;
}

static int history(enum stream_kind kind, const char *json, int64_t stated_us, struct event *out,
	struct err *e)
{
	const struct event_text text = {kind, json, strlen(json)};

	return event_parse_history(parser, &text, stated_us, out, e);
}

static void history_may_lack_the_event_time(void **state)
{
	const int64_t stated_us = 1681154099000000;
	struct event ev;
	struct err e = {""};

	(void)state;
	/* A bar takes the header as its version, an E of its own goes before it. */
	assert_int_equal(
		history(STREAM_KLINE_1S, without_event_time(KLINE), stated_us, &ev, &e), 0);
	assert_int_equal(ev.event_us, stated_us);
	assert_int_equal(ev.kline.trades, 3);
	assert_int_equal(history(STREAM_KLINE_1S, KLINE, stated_us, &ev, &e), 0);
	assert_int_equal(ev.event_us, 1681154041004000);
	for (int64_t none = -1; none <= 1; none++) {
		assert_int_equal(
			history(STREAM_KLINE_1S, without_event_time(KLINE), none, &ev, &e), -1);
		assert_non_null(strstr(e.text, "version"));
	}
	/* Trades have no version. */
	assert_int_equal(
		history(STREAM_AGG_TRADE, without_event_time(AGG_TRADE), stated_us, &ev, &e), 0);
	assert_int_equal(ev.event_us, 0);
	assert_int_equal(history(STREAM_TRADE, without_event_time(TRADE), 0, &ev, &e), 0);
	assert_int_equal(ev.event_us, 0);
	bad(STREAM_TRADE, without_event_time(TRADE), "'E' is missing");
	bad(STREAM_AGG_TRADE, without_event_time(AGG_TRADE), "'E' is missing");
	bad(STREAM_KLINE_1S, without_event_time(KLINE), "'E' is missing");
}

static void history_may_lack_the_ids_of_a_bar(void **state)
{
	static const char bar[] = "{\"e\":\"kline\",\"s\":\"BELBTC\",\"k\":{\"i\":\"1s\",\"x\":"
				  "true,\"t\":1681154040000,"
				  "\"o\":\"1\",\"h\":\"1\",\"l\":\"1\",\"c\":\"1\",\"v\":\"2\","
				  "\"T\":1681154040999,\"q\":\"2\","
				  "\"n\":3,\"V\":\"0\",\"Q\":\"0\"%s}}";
	char text[400];
	struct event ev;
	struct err e = {""};

	(void)state;
	snprintf(text, sizeof(text), bar, "");
	assert_int_equal(history(STREAM_KLINE_1S, text, 1681154099000000, &ev, &e), 0);
	assert_int_equal(ev.kline.trades, 3);
	assert_int_equal(ev.kline.first_id, -1);
	assert_int_equal(ev.kline.last_id, -1);
	bad(STREAM_KLINE_1S, text, "'E' is missing");
	/* One of them alone is nothing that anybody writes. */
	snprintf(text, sizeof(text), bar, ",\"f\":7");
	assert_int_equal(history(STREAM_KLINE_1S, text, 1681154099000000, &ev, &e), -1);
	assert_non_null(strstr(e.text, "'k.L' is missing"));
}

static int bar_of(const char *interval, const char *open, struct event *ev, struct err *e)
{
	char text[400];

	snprintf(text, sizeof(text),
		"{\"e\":\"kline\",\"s\":\"A\",\"k\":{\"i\":\"%s\",\"x\":true,\"t\":%s,\"o\":\"1\","
		"\"h\":\"1\",\"l\":\"1\",\"c\":\"1\",\"v\":\"2\",\"q\":\"2\",\"n\":3,\"V\":\"0\","
		"\"Q\":\"0\"}}",
		interval, open);
	return history(STREAM_KLINE_1S, text, 1681154099000000, ev, e);
}

static void history_has_bars_of_every_level(void **state)
{
	struct event ev;
	struct err e = {""};

	(void)state;
	for (int level = 0; level < LADDER_COUNT; level++) {
		assert_int_equal(bar_of(ladder_name[level], "1679616000000", &ev, &e), 0);
		assert_int_equal(ev.kline.level, level);
	}
	assert_int_equal(bar_of("1m", "1679616001000", &ev, &e), -1);
	assert_string_equal(e.text, "member 'k.t' begins no bar of 1m");
	assert_int_equal(bar_of("1d", "1679619600000", &ev, &e), -1);
	assert_int_equal(bar_of("3m", "1679616000000", &ev, &e), -1);
	assert_string_equal(e.text, "member 'k.i' is '3m', which is no stored level");
	/* A stream brings seconds. */
	assert_int_equal(event_parse(parser, STREAM_KLINE_1S, KLINE, strlen(KLINE), &ev, &e), 0);
	assert_int_equal(ev.kline.level, LADDER_1S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_may_lack_the_event_time),
		cmocka_unit_test(history_may_lack_the_ids_of_a_bar),
		cmocka_unit_test(history_has_bars_of_every_level),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
