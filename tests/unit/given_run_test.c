/* Goal: the rows of a load make up the stretches that they are, and holes are told between bars only. */
#include "clock.h"
#include "daemon/given_run.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static struct given_run run;
static char told[1000];

/* In minutes or ids; a hole in brackets. */
static void note(const struct given *g)
{
	bool bars = g->kind.stream == STREAM_KLINE_1S;
	size_t len = strlen(told);

	assert_true(bars ? g->first_id == -1 && g->last_id == -1 : !*g->reason);
	snprintf(told + len, sizeof(told) - len, *g->reason ? "[%lld-%lld]" : "%lld-%lld ",
		(long long)(bars ? g->from_us / MINUTE_US : g->first_id),
		(long long)(bars ? g->to_us / MINUTE_US : g->last_id));
}

static void add(const struct history_row *row)
{
	struct given out[GIVEN_RUN_OUT];
	int n = given_run_add(&run, row, out);

	for (int i = 0; i < n; i++)
		note(&out[i]);
}

static void bar(int minute)
{
	add(&(struct history_row){.kind = {STREAM_KLINE_1S, LADDER_1M},
		.time_us = minute * MINUTE_US,
		.end_us = (minute + 1) * MINUTE_US,
		.id = -1});
}

static void trade(int64_t id, int64_t at_us)
{
	add(&(struct history_row){
		.kind = {STREAM_TRADE, LADDER_1S}, .time_us = at_us, .end_us = at_us, .id = id});
}

static void tell(void)
{
	struct given out;

	if (given_run_tell(&run, &out))
		note(&out);
}

static void is_told(const char *text)
{
	assert_string_equal(told, text);
	*told = '\0';
}

static int begin(void **state)
{
	(void)state;
	run = (struct given_run){.any = false};
	*told = '\0';
	return 0;
}

static void bars_run_on(void **state)
{
	(void)state;
	tell();
	is_told("");
	for (int i = 0; i < 5; i++)
		bar(i);
	is_told("");
	tell();
	is_told("0-5 ");
	tell();
	is_told("");
	/* What follows is told behind it, and a hole right behind what was told too. */
	bar(5);
	bar(6);
	tell();
	is_told("5-7 ");
	bar(9);
	is_told("[7-9]");
	bar(12);
	is_told("9-10 [10-12]");
	tell();
	is_told("12-13 ");
}

static void repeats_change_nothing(void **state)
{
	(void)state;
	bar(1);
	bar(2);
	bar(2);
	bar(1);
	bar(3);
	tell();
	is_told("1-4 ");
}

static void an_earlier_bar_begins_anew(void **state)
{
	(void)state;
	bar(10);
	bar(11);
	bar(3);
	is_told("10-12 ");
	bar(4);
	tell();
	is_told("3-5 ");
}

static void nothing_is_said_of_what_was_passed_over(void **state)
{
	(void)state;
	bar(1);
	tell();
	given_run_break(&run);
	bar(5);
	tell();
	is_told("1-2 5-6 ");
}

static void trades_run_on_by_id(void **state)
{
	(void)state;
	trade(7, 1000);
	trade(8, 1000);
	trade(8, 1000);
	trade(9, 5000);
	tell();
	is_told("7-9 ");
	/* Goes on with the next id, which touches it; a hole in ids is no word about time. */
	trade(10, 6000);
	trade(15, 9000);
	is_told("10-10 ");
	trade(16, 8000); /* times of trades may go back */
	assert_true(run.from_us == 9000 && run.to_us == 9000);
	tell();
	is_told("15-16 ");
	tell();
	is_told("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bars_run_on, begin),
		cmocka_unit_test_setup(repeats_change_nothing, begin),
		cmocka_unit_test_setup(an_earlier_bar_begins_anew, begin),
		cmocka_unit_test_setup(nothing_is_said_of_what_was_passed_over, begin),
		cmocka_unit_test_setup(trades_run_on_by_id, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
