#include "log_repeat.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static void limits_each_event_alone(void **state)
{
	struct log_repeats r = {.limit = 3};

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(log_repeat_allows(&r, 1, "a", 5), i < 3);
		assert_int_equal(log_repeat_allows(&r, 2, "b", 6), i < 3);
	}
}

static void counts_what_it_held_back(void **state)
{
	struct log_repeats r = {.limit = 1};
	struct log_repeat out;

	(void)state;
	for (int i = 0; i < 5; i++)
		(void)log_repeat_allows(&r, 2, "a", 0);
	assert_false(log_repeat_take(&r, LOG_REPEAT_WINDOW_US - 1, false, &out));
	assert_true(log_repeat_take(&r, LOG_REPEAT_WINDOW_US, false, &out));
	assert_string_equal(out.event, "a");
	assert_int_equal(out.level, 2);
	assert_int_equal(out.suppressed, 4);
	assert_false(log_repeat_take(&r, LOG_REPEAT_WINDOW_US, false, &out));
	/* A new window. */
	assert_true(log_repeat_allows(&r, 2, "a", LOG_REPEAT_WINDOW_US));
	assert_false(log_repeat_allows(&r, 2, "a", LOG_REPEAT_WINDOW_US));
	assert_true(log_repeat_take(&r, LOG_REPEAT_WINDOW_US, true, &out));
	assert_int_equal(out.suppressed, 1);
}

static void a_window_without_loss_starts_over_by_itself(void **state)
{
	struct log_repeats r = {.limit = 2};
	struct log_repeat out;

	(void)state;
	for (int64_t now = 0; now < 20 * LOG_REPEAT_WINDOW_US; now += LOG_REPEAT_WINDOW_US / 2)
		assert_true(log_repeat_allows(&r, 2, "a", now));
	assert_false(log_repeat_take(&r, INT64_MAX, true, &out));
}

static void nothing_is_lost_uncounted(void **state)
{
	struct log_repeats r = {.limit = 2};
	struct log_repeat out;
	unsigned long allowed = 0, told = 0, sent = 0;
	char event[32];

	(void)state;
	for (int64_t now = 0; now < 50 * LOG_REPEAT_WINDOW_US; now += 100000, sent++) {
		snprintf(event, sizeof(event), "event%d", (int)(sent % 7));
		allowed += log_repeat_allows(&r, 1, event, now);
		while (log_repeat_take(&r, now, false, &out))
			told += out.suppressed;
	}
	while (log_repeat_take(&r, 0, true, &out))
		told += out.suppressed;
	assert_true(told > 0);
	assert_int_equal(allowed + told, sent);
}

static void too_many_events_are_not_limited(void **state)
{
	struct log_repeats r = {.limit = 1};
	char event[32];

	(void)state;
	for (int i = 0; i < LOG_REPEAT_EVENTS; i++) {
		snprintf(event, sizeof(event), "event%d", i);
		assert_true(log_repeat_allows(&r, 1, event, 0));
	}
	assert_true(log_repeat_allows(&r, 1, "further", 1));
	assert_true(log_repeat_allows(&r, 1, "further", 1));
	/* A window that is over makes room. */
	assert_true(log_repeat_allows(&r, 1, "further", LOG_REPEAT_WINDOW_US));
	assert_false(log_repeat_allows(&r, 1, "further", LOG_REPEAT_WINDOW_US));
}

static void long_names_are_known_by_their_beginning(void **state)
{
	struct log_repeats r = {.limit = 1};
	char event[LOG_EVENT_SIZE + 10];

	(void)state;
	memset(event, 'e', sizeof(event) - 1);
	event[sizeof(event) - 1] = '\0';
	assert_true(log_repeat_allows(&r, 1, event, 0));
	assert_false(log_repeat_allows(&r, 1, event, 0));
}

static void zero_is_no_limit(void **state)
{
	struct log_repeats r = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(log_repeat_allows(&r, 1, "a", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_each_event_alone),
		cmocka_unit_test(counts_what_it_held_back),
		cmocka_unit_test(a_window_without_loss_starts_over_by_itself),
		cmocka_unit_test(nothing_is_lost_uncounted),
		cmocka_unit_test(too_many_events_are_not_limited),
		cmocka_unit_test(long_names_are_known_by_their_beginning),
		cmocka_unit_test(zero_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
