/* Goal: records of what was given survive print and parse, are told from others, and what is wrong in one is named. */
#include "fill.h"
#include "given.h"
#include "test.h"
#include <string.h>

#define GOOD                                                                                       \
	"{\"given\":\"kline_1m\",\"symbol\":\"BTCUSDT\",\"from\":1679616000000000,"                \
	"\"to\":1679616060000000,\"first_id\":-1,\"last_id\":-1,\"reason\":\"\"}"
#define RECORD(kind, from, to, first, last)                                                        \
	"{\"given\":\"" kind "\",\"symbol\":\"A\",\"from\":" from ",\"to\":" to                    \
	",\"first_id\":" first ",\"last_id\":" last ",\"reason\":\"\"}"

static void prints_what_it_parses(void **state)
{
	static const struct given all[] = {
		{"BTCUSDT", {STREAM_KLINE_1S, LADDER_1M}, 1679616000000000, 1679616060000000, -1,
			-1, ""},
		{"币安\"", {STREAM_KLINE_1S, LADDER_1D}, 86400000000, 172800000000, -1, -1,
			"the \"file\" has none"},
		{"A", {STREAM_KLINE_1S, LADDER_1S}, 0, 0, -1, -1, ""},
		{"A", {STREAM_KLINE_1S, LADDER_1H}, -3600000000, 0, -1, -1, ""},
		{"A", {STREAM_TRADE, LADDER_1S}, 5, 7, 0, 0, ""},
		{"A", {STREAM_AGG_TRADE, LADDER_1S}, 5, 5, 9, 12, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct buf text;
		struct given back;
		struct err e = {""};

		buf_init(&text, 4096);
		given_format(&all[i], &text);
		assert_true(given_is(text.data, text.len));
		if (given_parse(&back, text.data, text.len, &e) != 0)
			fail_msg("%s: %s", text.data, e.text);
		assert_string_equal(back.symbol, all[i].symbol);
		assert_string_equal(back.reason, all[i].reason);
		assert_int_equal(back.kind.stream, all[i].kind.stream);
		assert_int_equal(back.kind.level, all[i].kind.level);
		assert_true(back.from_us == all[i].from_us && back.to_us == all[i].to_us);
		assert_true(back.first_id == all[i].first_id && back.last_id == all[i].last_id);
		if (i == 0) {
			buf_add_char(&text, '\0');
			assert_string_equal(text.data, GOOD);
		}
		buf_done(&text);
	}
}

static void is_told_from_a_repair(void **state)
{
	const struct fill f = {.symbol = "given", .cause = "feed"};
	struct buf text;

	(void)state;
	buf_init(&text, 4096);
	fill_format(&f, &text);
	assert_false(given_is(text.data, text.len));
	assert_false(given_is("{\"given\"", 8));
	assert_false(given_is("", 0));
	buf_done(&text);
}

static void bad(const char *json, const char *reason)
{
	struct given g = {.first_id = 77};
	struct err e = {""};

	assert_int_equal(given_parse(&g, json, strlen(json), &e), -1);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", json, e.text, reason);
	assert_true(g.first_id == 77);
}

static void names_what_is_wrong(void **state)
{
	(void)state;
	bad("", "JSON ends early");
	bad("{}", "'given' is missing");
	bad(RECORD("kline_3m", "0", "0", "-1", "-1"), "'kline_3m', which can't be given");
	bad(RECORD("miniTicker", "0", "0", "-1", "-1"), "can't be given");
	bad(RECORD("kline_1m", "60000000", "0", "-1", "-1"), "'to' is below 'from'");
	bad(RECORD("kline_1m", "1000000", "60000000", "-1", "-1"), "no bounds of bars of 1m");
	bad(RECORD("kline_1h", "0", "60000000", "-1", "-1"), "no bounds of bars of 1h");
	bad(RECORD("trade", "0", "5", "-1", "-1"), "no range of ids");
	bad(RECORD("trade", "0", "5", "7", "6"), "no range of ids");
	bad(RECORD("trade", "0", "5", "x", "6"), "no JSON");
	bad("{\"given\":\"trade\",\"symbol\":\"\"}", "'symbol'");
	bad("{\"given\":\"trade\",\"symbol\":\"A\",\"from\":\"1\"}", "'from' is no integer");
	bad("{\"given\":\"trade\",\"symbol\":\"A\",\"from\":1,\"to\":1,\"first_id\":1,\"last_id\":"
	    "1}",
		"'reason' is missing");
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(
		given_kind_name((struct given_kind){STREAM_KLINE_1S, LADDER_1D}), "kline_1d");
	assert_string_equal(
		given_kind_name((struct given_kind){STREAM_AGG_TRADE, LADDER_1S}), "aggTrade");
	assert_string_equal(
		given_kind_name((struct given_kind){STREAM_MINI_TICKER, LADDER_1S}), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_it_parses),
		cmocka_unit_test(is_told_from_a_repair),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(every_kind_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
