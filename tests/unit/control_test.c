#include "control.h"
#include "test.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALIVE                                                                                      \
	"{\"session\":\"s1\",\"collector\":\"c1\",\"kind\":\"alive\",\"seq\":7,"                   \
	"\"T\":1723161255343000,\"clock\":1723161255400000,\"speed\":1,\"partition\":3}"

static struct control sample(char (*symbols)[SYMBOL_SIZE], size_t count)
{
	return (struct control){
		.kind = CONTROL_BEGIN,
		.session = "20241122T201500.000001-a\"b",
		.collector = "höst",
		.seq = 1,
		.t_us = 1723161255343001,
		.clock_us = 1723161255400000,
		.speed = 0.1,
		.partition = 7,
		.cause = "recording",
		.has_symbols = symbols != NULL,
		.symbol_count = count,
		.symbols = symbols,
	};
}

static void formats_what_it_parses(void **state)
{
	char symbols[3][SYMBOL_SIZE] = {"BTCUSDT", "这是测试币456", "A\"B\\"};
	struct control in = sample(symbols, 3), out;
	struct buf text;
	struct err e = {""};

	(void)state;
	buf_init(&text, 10000);
	control_format(&in, &text);
	assert_false(text.failed);
	if (control_parse(&out, text.data, text.len, &e) != 0)
		fail_msg("%s: %s", text.data, e.text);
	assert_int_equal(out.kind, CONTROL_BEGIN);
	assert_string_equal(out.session, in.session);
	assert_string_equal(out.collector, in.collector);
	assert_int_equal(out.seq, 1);
	assert_int_equal(out.t_us, in.t_us);
	assert_int_equal(out.clock_us, in.clock_us);
	assert_true(out.speed == 0.1);
	assert_int_equal(out.partition, 7);
	assert_string_equal(out.cause, "recording");
	assert_true(out.has_symbols);
	assert_int_equal(out.symbol_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(out.symbols[i], symbols[i]);
	control_done(&out);
	assert_null(out.symbols);
	buf_done(&text);
}

static void tells_no_symbols_from_none_said(void **state)
{
	char none[1][SYMBOL_SIZE];
	struct control in = sample(none, 0), out;
	struct buf text;

	(void)state;
	buf_init(&text, 10000);
	control_format(&in, &text);
	assert_non_null(strstr(text.data, "\"symbols\":[]"));
	assert_int_equal(control_parse(&out, text.data, text.len, NULL), 0);
	assert_true(out.has_symbols);
	assert_int_equal(out.symbol_count, 0);
	control_done(&out);

	in.has_symbols = false;
	buf_reset(&text);
	control_format(&in, &text);
	assert_null(strstr(text.data, "symbols"));
	assert_int_equal(control_parse(&out, text.data, text.len, NULL), 0);
	assert_false(out.has_symbols);
	control_done(&out);
	buf_done(&text);
}

static void tells_which_sessions_run(void **state)
{
	char ids[2][SESSION_SIZE] = {"c-1-1", "c-\"2\"-2"};
	struct control in = sample(NULL, 0), out;
	struct buf text;

	(void)state;
	in.has_symbols = false;
	in.running = ids;
	buf_init(&text, 10000);
	for (in.running_count = 0; in.running_count <= 2; in.running_count++) {
		buf_reset(&text);
		control_format(&in, &text);
		assert_int_equal(control_parse(&out, text.data, text.len, NULL), 0);
		assert_int_equal(out.running_count, in.running_count);
		for (size_t i = 0; i < in.running_count; i++)
			assert_string_equal(out.running[i], ids[i]);
		control_done(&out);
	}
	buf_done(&text);
}

static void formats_a_speed_that_json_can_hold(void **state)
{
	struct control in = sample(NULL, 0);
	struct buf text;

	(void)state;
	buf_init(&text, 10000);
	in.speed = NAN;
	control_format(&in, &text);
	assert_non_null(strstr(text.data, "\"speed\":0,"));
	buf_done(&text);
}

static void reads_each_kind(void **state)
{
	struct control out;

	(void)state;
	assert_int_equal(control_parse(&out, ALIVE, strlen(ALIVE), NULL), 0);
	assert_int_equal(out.kind, CONTROL_ALIVE);
	control_done(&out);
}

static void bad(const char *json, const char *reason)
{
	struct control out, before;
	struct err e = {""};

	memset(&out, 0x5a, sizeof(out));
	before = out;
	if (control_parse(&out, json, strlen(json), &e) == 0)
		fail_msg("taken: %s", json);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", json, e.text, reason);
	assert_memory_equal(&out, &before, sizeof(out));
}

static void refuses_what_is_wrong(void **state)
{
	static const char head[] = "{\"session\":\"s\",\"collector\":\"c\",\"seq\":1,\"T\":1,"
				   "\"clock\":1,";
	static const struct {
		const char *rest, *reason;
	} cases[] = {
		{"\"kind\":\"dead\",\"speed\":1,\"partition\":0}", "'kind' is 'dead'"},
		{"\"kind\":\"alive or not\",\"speed\":1,\"partition\":0}", "'kind'"},
		{"\"speed\":1,\"partition\":0}", "'kind' is missing"},
		{"\"kind\":\"alive\",\"partition\":0}", "'speed' is missing"},
		{"\"kind\":\"alive\",\"speed\":\"1\",\"partition\":0}", "'speed' is no number"},
		{"\"kind\":\"alive\",\"speed\":-1,\"partition\":0}", "'speed' is out of range"},
		{"\"kind\":\"alive\",\"speed\":1e999,\"partition\":0}", "'speed' is out of range"},
		{"\"kind\":\"alive\",\"speed\":1}", "'partition' is missing"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":-1}", "'partition' is out of range"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":4294967296}", "out of range"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"symbols\":{}}",
			"'symbols' is no array"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"symbols\":null}", "no array"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"symbols\":[\"A\",7]}",
			"no symbol at 1"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"symbols\":[\"\"]}",
			"no symbol at 0"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"running\":[]}",
			"'running' has not 1 to 256"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0,\"running\":[\"a\",5]}",
			"no session at 1"},
		{"\"kind\":\"alive\",\"speed\":1,\"partition\":0", "ends early"},
	};
	char json[500];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(json, sizeof(json), "%s%s", head, cases[i].rest);
		bad(json, cases[i].reason);
	}
	bad("{}", "'session' is missing");
	bad("[]", "no object");
	bad("", "ends early");
	control_done(NULL);
}

static void says_when_the_buffer_is_too_small(void **state)
{
	struct control in = sample(NULL, 0);
	struct buf text;

	(void)state;
	buf_init(&text, 20);
	control_format(&in, &text);
	assert_true(text.failed);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_what_it_parses),
		cmocka_unit_test(tells_no_symbols_from_none_said),
		cmocka_unit_test(tells_which_sessions_run),
		cmocka_unit_test(formats_a_speed_that_json_can_hold),
		cmocka_unit_test(reads_each_kind),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(says_when_the_buffer_is_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
