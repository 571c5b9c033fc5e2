#include "stream.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static void table_is_in_the_order_of_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < STREAM_COUNT; i++) {
		assert_int_equal(stream_table[i].kind, i);
		assert_ptr_equal(stream_find(stream_table[i].name), &stream_table[i]);
		assert_true(*stream_table[i].event && *stream_table[i].raw_table);
	}
}

static void gaps_are_filled_by_a_history_that_there_is(void **state)
{
	(void)state;
	for (int i = 0; i < STREAM_COUNT; i++) {
		const struct stream *s = &stream_table[i];
		char history[64];

		assert_non_null(stream_table[s->filled_by].history);
		/* Whose seconds are whole can be told from the events, not from a price now and then. */
		assert_true(!s->whole || s->says > SAYS_SAMPLE);
		if (!s->history)
			continue;
		snprintf(history, sizeof(history), "%s.history", s->name);
		assert_string_equal(s->history, history);
	}
}

static void finds_exact_names_only(void **state)
{
	(void)state;
	assert_ptr_equal(stream_find("miniTicker"), &stream_table[STREAM_MINI_TICKER]);
	assert_null(stream_find("miniticker"));
	assert_null(stream_find("trade "));
	assert_null(stream_find("trad"));
	assert_null(stream_find(""));
	assert_null(stream_find("kline_1m"));
}

static const struct stream *of_name(const char *name, size_t *symbol_len)
{
	/* A copy without terminator, so that a read beyond the end is seen. */
	size_t len = strlen(name);
	char *copy = test_malloc(len + 1);
	memcpy(copy, name, len);
	const struct stream *s = stream_of_name(copy, len, symbol_len);
	test_free(copy);
	return s;
}

static void splits_stream_names(void **state)
{
	size_t len = 99;

	(void)state;
	assert_ptr_equal(of_name("btcusdt@kline_1s", &len), &stream_table[STREAM_KLINE_1S]);
	assert_int_equal(len, 7);
	assert_ptr_equal(of_name("币安@trade", &len), &stream_table[STREAM_TRADE]);
	assert_int_equal(len, 6);
}

static void refuses_other_stream_names(void **state)
{
	const char *const names[] = {"", "@", "@trade", "btcusdt", "btcusdt@", "btcusdt@depth",
		"!miniTicker@arr", "btcusdt@kline_1s@+08:00", "btcusdt@trade@100ms"};
	size_t len = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_null(of_name(names[i], &len));
	assert_int_equal(len, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_filled_by_a_history_that_there_is),
		cmocka_unit_test(table_is_in_the_order_of_kinds),
		cmocka_unit_test(finds_exact_names_only),
		cmocka_unit_test(splits_stream_names),
		cmocka_unit_test(refuses_other_stream_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
