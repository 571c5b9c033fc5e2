#include "clock.h"
#include "progress.h"
#include "test.h"

static void silence_is_no_progress(void **state)
{
	struct progress_state s = progress_get(PROGRESS_FEED);

	(void)state;
	assert_int_equal(s.advanced_us, 0);
	assert_int_equal(s.waiting_us, 0);
}

static void a_report_is_of_one_part(void **state)
{
	(void)state;
	progress_report(PROGRESS_FEED, 100 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_FEED).advanced_us, 100 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_SINK).advanced_us, 0);
}

/* Who waits for something outside says so, and its data are as old as before. */
static void waiting_is_no_advance(void **state)
{
	(void)state;
	progress_report(PROGRESS_SINK, 100 * SECOND_US);
	progress_wait(PROGRESS_SINK, WAIT_DATABASE, 200 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_SINK).waiting_us, 200 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_SINK).advanced_us, 100 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_SINK).why, WAIT_DATABASE);
	progress_report(PROGRESS_SINK, 207 * SECOND_US);
	assert_int_equal(progress_get(PROGRESS_SINK).why, WAIT_NONE);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(progress_name(PROGRESS_FEED), "feed");
	assert_string_equal(progress_name(PROGRESS_SINK), "sink");
	assert_string_equal(progress_wait_name(WAIT_NONE), "");
	assert_string_equal(progress_wait_name(WAIT_DATABASE), "database");
	assert_string_equal(progress_wait_name(WAIT_ENDED), "ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_no_progress),
		cmocka_unit_test(a_report_is_of_one_part),
		cmocka_unit_test(waiting_is_no_advance),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
