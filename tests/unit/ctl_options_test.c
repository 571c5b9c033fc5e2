/* Goal: words and options of a command in any order; what is not its own is refused, and says what. */
#include "daemon/ctl_options.h"
#include "test.h"
#include <string.h>

#define ALLOWED "from symbol kind dry-run"

static void words_and_options_in_any_order(void **state)
{
	char *arguments[] = {
		"--kind=1m", "a", "--symbol", "b", "c", "--dry-run", "d", "e", "f", NULL};
	const char *words[] = {"a", "c", "d", "e", "f"};
	struct ctl_options o;
	struct err e = {""};

	(void)state;
	assert_int_equal(ctl_options_read(&o, arguments, ALLOWED, &e), 0);
	assert_int_equal(o.word_count, 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(o.words[i], words[i]);
	assert_null(o.words[5]);
	assert_string_equal(o.kind, "1m");
	assert_string_equal(o.symbol, "b");
	assert_true(o.dry_run && !o.from_kafka && !o.from);
}

static void nothing_is_no_fault(void **state)
{
	char *arguments[] = {NULL};
	struct ctl_options o;
	struct err e = {""};

	(void)state;
	assert_int_equal(ctl_options_read(&o, arguments, ALLOWED, &e), 0);
	assert_true(o.word_count == 0 && !o.words[0] && !o.symbol);
}

static void refuses_and_says_what(void **state)
{
	const struct {
		char *arguments[5];
		const char *says;
	} cases[] = {
		{{"--nope", "x"}, "there is no option --nope here"},
		{{"--reason", "x"}, "there is no option --reason here"}, /* of another command */
		{{"--fro", "x"}, "there is no option --fro here"},
		{{"--dry", "x"}, "there is no option --dry here"},
		{{"--"}, "there is no option -- here"},
		{{"a", "--kind"}, "--kind needs a value"},
		{{"--kind", ""}, "--kind needs a value"},
		{{"--kind="}, "--kind needs a value"},
		{{"--kind", "1m", "--kind=1h"}, "--kind is given twice"},
		{{"--dry-run=yes"}, "--dry-run takes no value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_options o = {.word_count = 7};
		char *arguments[5];
		struct err e = {""};

		memcpy(arguments, cases[i].arguments, sizeof(arguments));
		assert_int_equal(ctl_options_read(&o, arguments, ALLOWED, &e), -1);
		assert_string_equal(e.text, cases[i].says);
		assert_int_equal(o.word_count, 7);
	}
}

static void times_that_people_write(void **state)
{
	const struct {
		const char *text;
		int64_t us;
	} good[] = {{"1735689600000", 1735689600000000}, {"1735689600000001", 1735689600000001},
		{"2025-01-01", 1735689600000000}, {"2025-01-01T00:01", 1735689660000000},
		{"2025-01-01 00:01:02Z", 1735689662000000}};
	const char *const bad[] = {"", "yesterday", "2025-13-01", "2025-01-01T", "-5", "0",
		"1735689600000x", "2025-01-01T00:00:00+01:00"};
	struct err e;
	int64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ctl_time_read(bad[i], &us, &e), -1);
		assert_int_equal(us, 7);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ctl_time_read(good[i].text, &us, &e), 0);
		assert_int_equal(us, good[i].us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_options_in_any_order),
		cmocka_unit_test(nothing_is_no_fault),
		cmocka_unit_test(refuses_and_says_what),
		cmocka_unit_test(times_that_people_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
