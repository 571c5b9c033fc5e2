#include "clock.h"
#include "daemon/collector_health.h"
#include "test.h"
#include <string.h>

#define LIMIT (60 * SECOND_US)
#define NOW (1000000 * SECOND_US)

static struct collector_health both = {
	.venue = "binance", .runs = {true, true, true}, .max_age_us = 10 * SECOND_US};

static int all_fresh(void **state)
{
	(void)state;
	for (int i = 0; i < PROGRESS_COUNT; i++) {
		progress_wait((enum progress)i, WAIT_NONE, 1);
		progress_report((enum progress)i, NOW - SECOND_US);
		progress_behind((enum progress)i, 0);
	}
	return 0;
}

static void answers(bool well, const char *json)
{
	struct buf b;

	buf_init(&b, 10000);
	assert_int_equal(collector_health_print(&both, NOW, &b), well);
	if (!strstr(b.data, json))
		fail_msg("no '%s' in %s", json, b.data);
	buf_done(&b);
}

static enum progress stuck_at(int64_t mono_us)
{
	return collector_health_stuck(&both, LIMIT, NOW - HOUR_US, mono_us);
}

/* First, while nothing was said yet: not well, and not stuck before the limit is over. */
static void at_the_start(void **state)
{
	(void)state;
	answers(false,
		"{\"status\":\"stale\",\"venue\":\"binance\",\"max_age_ms\":10000,\"parts\":["
		"{\"part\":\"feed\",\"status\":\"stale\",\"age_ms\":null},");
	assert_int_equal(collector_health_stuck(&both, LIMIT, NOW - LIMIT, NOW), PROGRESS_COUNT);
	assert_int_equal(collector_health_stuck(&both, LIMIT, NOW - LIMIT - 1, NOW), PROGRESS_FEED);
}

static void fresh_data_are_well(void **state)
{
	(void)state;
	answers(true, "{\"status\":\"ok\",\"venue\":\"binance\",\"max_age_ms\":10000,\"parts\":["
		      "{\"part\":\"feed\",\"status\":\"ok\",\"age_ms\":1000},"
		      "{\"part\":\"kafka\",\"status\":\"ok\",\"age_ms\":1000},"
		      "{\"part\":\"sink\",\"status\":\"ok\",\"age_ms\":1000}]}\n");
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
}

/* By the age of the data, not by the process. */
static void who_waits_is_not_well_but_not_stuck(void **state)
{
	(void)state;
	progress_report(PROGRESS_SINK, NOW - HOUR_US);
	progress_wait(PROGRESS_SINK, WAIT_DATABASE, NOW - 1);
	answers(false, "{\"part\":\"sink\",\"status\":\"stale\",\"age_ms\":3600000,"
		       "\"waits_for\":\"database\"}");
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	progress_report(PROGRESS_FEED, NOW - HOUR_US);
	progress_wait(PROGRESS_FEED, WAIT_EXCHANGE, NOW - LIMIT);
	answers(false, "{\"part\":\"feed\",\"status\":\"stale\",\"age_ms\":3600000,"
		       "\"waits_for\":\"exchange\"}");
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	/* It was waiting and said so, and then nothing more. */
	assert_int_equal(stuck_at(NOW + 1), PROGRESS_FEED);
}

static void silence_is_stuck(void **state)
{
	(void)state;
	progress_report(PROGRESS_SINK, NOW - LIMIT);
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	assert_int_equal(stuck_at(NOW + 1), PROGRESS_SINK);
	both.runs[PROGRESS_SINK] = false;
	assert_int_equal(stuck_at(NOW + 1), PROGRESS_COUNT);
	both.runs[PROGRESS_SINK] = true;
}

/* PostgreSQL may hang in a transaction: a restart is tried, but seldom. */
static void a_transaction_has_more_time(void **state)
{
	(void)state;
	progress_report(PROGRESS_SINK, NOW - HEALTH_DATABASE_US);
	progress_wait(PROGRESS_SINK, WAIT_DATABASE, NOW - HEALTH_DATABASE_US);
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	progress_report(PROGRESS_FEED, NOW);
	assert_int_equal(stuck_at(NOW + 1), PROGRESS_SINK);
}

static void data_far_behind_are_old(void **state)
{
	(void)state;
	progress_behind(PROGRESS_SINK, 20 * SECOND_US);
	answers(false, "{\"part\":\"sink\",\"status\":\"stale\",\"age_ms\":20000}");
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
}

/* Nothing to do is no fault, unless the feed's records are acknowledged meanwhile. */
static void an_idle_sink_and_a_deaf_one(void **state)
{
	(void)state;
	progress_report(PROGRESS_SINK, NOW - HOUR_US);
	progress_report(PROGRESS_KAFKA, NOW - HOUR_US + LIMIT);
	progress_wait(PROGRESS_SINK, WAIT_RECORDS, NOW);
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	progress_report(PROGRESS_KAFKA, NOW);
	assert_int_equal(stuck_at(NOW), PROGRESS_SINK);
	both.runs[PROGRESS_KAFKA] = false; /* the feed is elsewhere: nobody knows */
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
	both.runs[PROGRESS_KAFKA] = true;
}

static void an_ended_recording_is_well(void **state)
{
	(void)state;
	for (int i = 0; i < PROGRESS_COUNT; i++)
		progress_report((enum progress)i, NOW - HOUR_US);
	progress_wait(PROGRESS_FEED, WAIT_ENDED, NOW);
	progress_wait(PROGRESS_SINK, WAIT_RECORDS, NOW);
	answers(true, "{\"part\":\"sink\",\"status\":\"ended\",\"age_ms\":3600000}");
	assert_int_equal(stuck_at(NOW), PROGRESS_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_start),
		cmocka_unit_test_setup(fresh_data_are_well, all_fresh),
		cmocka_unit_test_setup(who_waits_is_not_well_but_not_stuck, all_fresh),
		cmocka_unit_test_setup(silence_is_stuck, all_fresh),
		cmocka_unit_test_setup(a_transaction_has_more_time, all_fresh),
		cmocka_unit_test_setup(data_far_behind_are_old, all_fresh),
		cmocka_unit_test_setup(an_idle_sink_and_a_deaf_one, all_fresh),
		cmocka_unit_test_setup(an_ended_recording_is_well, all_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
