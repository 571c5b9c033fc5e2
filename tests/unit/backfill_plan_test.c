/* Which gaps are filled by one fetch, in which order; which seconds are a gap's; what is not asked for twice. */
#include "clock.h"
#include "daemon/backfill_answered.h"
#include "daemon/backfill_plan.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

#define T0 1735689600000000LL

static void add(
	struct backfill_plan *p, const char *symbol, enum stream_kind stream, int from_s, int to_s)
{
	struct backfill_gap *g = &p->gaps[p->gap_count++];

	*g = (struct backfill_gap){.stream = stream,
		.from_us = T0 + from_s * SECOND_US,
		.to_us = T0 + to_s * SECOND_US,
		.first_id = -1,
		.last_id = -1,
		.rows_from_us = T0 + from_s * SECOND_US,
		.rows_to_us = T0 + to_s * SECOND_US,
		.cause = "feed"};
	snprintf(g->symbol, sizeof(g->symbol), "%s", symbol);
}

static void is_job(const struct backfill_plan *p, size_t i, const char *symbol,
	enum stream_kind through, const int from_to_count[3])
{
	const struct backfill_job *j = &p->jobs[i];

	assert_true(i < p->job_count);
	assert_string_equal(p->gaps[j->first].symbol, symbol);
	assert_int_equal(j->through, through);
	assert_true(j->from_us == T0 + from_to_count[0] * SECOND_US);
	assert_true(j->to_us == T0 + from_to_count[1] * SECOND_US);
	assert_int_equal(j->count, from_to_count[2]);
	for (size_t g = 0; g < j->count; g++)
		assert_string_equal(p->gaps[j->first + g].symbol, symbol);
}

#define JOB(i, symbol, through, from, to, count)                                                   \
	is_job(&p, i, symbol, through, (const int[3]){from, to, count})

static void test_jobs(void **state)
{
	struct backfill_plan p;
	struct err e = {""};

	(void)state;
	assert_int_equal(backfill_plan_init(&p, &e), 0);
	add(&p, "B", STREAM_KLINE_1S, 10, 20);
	add(&p, "A", STREAM_TRADE, 10, 20);
	add(&p, "A", STREAM_KLINE_1S, 11, 21);
	add(&p, "A", STREAM_MINI_TICKER, 9, 15);
	add(&p, "A", STREAM_AGG_TRADE, 20, 25); /* touches the trades' */
	add(&p, "A", STREAM_KLINE_1S, 100, 110);
	add(&p, "B", STREAM_KLINE_1S, 12, 13); /* within another */
	backfill_plan_make(&p);
	assert_int_equal(p.job_count, 4);
	JOB(0, "A", STREAM_KLINE_1S, 100, 110, 1);
	JOB(1, "A", STREAM_AGG_TRADE, 10, 25, 2);
	JOB(2, "A", STREAM_KLINE_1S, 9, 21, 2);
	JOB(3, "B", STREAM_KLINE_1S, 10, 20, 2);
	/* Where the ids of one may lie, that is fetched too. */
	p.gap_count = 0;
	add(&p, "A", STREAM_KLINE_1S, 10, 20);
	add(&p, "A", STREAM_KLINE_1S, 30, 40);
	p.gaps[1].rows_from_us = T0 + 20 * SECOND_US;
	p.gaps[1].rows_to_us = T0 + 45 * SECOND_US;
	backfill_plan_make(&p);
	assert_int_equal(p.job_count, 1);
	JOB(0, "A", STREAM_KLINE_1S, 10, 45, 2);
	/* A pause of a replay is a job of its own: nothing is fetched for it. */
	p.gap_count = 0;
	add(&p, "A", STREAM_KLINE_1S, 0, 10);
	add(&p, "A", STREAM_KLINE_1S, 5, 20);
	snprintf(p.gaps[1].cause, sizeof(p.gaps[1].cause), "recording");
	backfill_plan_make(&p);
	assert_int_equal(p.job_count, 2);
	assert_null(backfill_gap_lost(&p.gaps[0]));
	assert_string_equal(backfill_gap_lost(&p.gaps[1]), "the recording holds nothing here");
	/* Nor for a stream whose past the exchange does not tell. */
	p.gap_count = 0;
	add(&p, "A", STREAM_KLINE_1S, 0, 10);
	add(&p, "A", STREAM_TICKER, 5, 20);
	backfill_plan_make(&p);
	assert_int_equal(p.job_count, 2);
	assert_string_equal(backfill_gap_lost(&p.gaps[1]),
		"the exchange does not tell the past of this stream");
	p.gap_count = 0;
	backfill_plan_make(&p);
	assert_int_equal(p.job_count, 0);
	backfill_plan_done(&p);
}

static void test_seconds(void **state)
{
	struct backfill_gap g = {.rows_from_us = T0 + 500, .rows_to_us = T0 + 2 * SECOND_US + 1};
	int64_t first_us, end_us;

	(void)state;
	backfill_gap_seconds(&g, &first_us, &end_us);
	assert_true(first_us == T0 && end_us == g.rows_to_us);
	assert_true(backfill_gap_holds(&g, STREAM_KLINE_1S, T0));
	assert_true(backfill_gap_holds(&g, STREAM_KLINE_1S, T0 + 2 * SECOND_US));
	assert_false(backfill_gap_holds(&g, STREAM_KLINE_1S, T0 + 3 * SECOND_US));
	assert_false(backfill_gap_holds(&g, STREAM_KLINE_1S, T0 - SECOND_US));
	g.rows_to_us = T0 + 2 * SECOND_US;
	assert_false(backfill_gap_holds(&g, STREAM_KLINE_1S, T0 + 2 * SECOND_US));
	/* trades by their own time, both ends included */
	assert_false(backfill_gap_holds(&g, STREAM_AGG_TRADE, T0 + 499));
	assert_true(backfill_gap_holds(&g, STREAM_AGG_TRADE, T0 + 500));
	assert_true(backfill_gap_holds(&g, STREAM_AGG_TRADE, g.rows_to_us));
	assert_false(backfill_gap_holds(&g, STREAM_AGG_TRADE, g.rows_to_us + 1));
	/* of no length: the second in which it lies */
	g = (struct backfill_gap){.rows_from_us = T0, .rows_to_us = T0};
	assert_true(backfill_gap_holds(&g, STREAM_KLINE_1S, T0));
	assert_false(backfill_gap_holds(&g, STREAM_KLINE_1S, T0 + SECOND_US));
}

/* The bar of the second in which a gap ends is over only when that second is. */
static void test_due(void **state)
{
	(void)state;
	assert_true(backfill_due_us(T0 + BACKFILL_AGE_US) == T0);
	assert_true(backfill_due_us(T0 + BACKFILL_AGE_US + SECOND_US - 1) == T0);
	assert_true(backfill_due_us(T0 + BACKFILL_AGE_US + SECOND_US) == T0 + SECOND_US);
}

static void test_fill(void **state)
{
	struct backfill_gap g = {.symbol = "A",
		.cause = "ids",
		.stream = STREAM_TRADE,
		.from_us = 5,
		.to_us = 9,
		.first_id = 3,
		.last_id = 4,
		.rows_from_us = 2,
		.rows_to_us = 11,
		.rows = 2};
	struct fill f;

	(void)state;
	backfill_gap_fill(&g, FILL_DONE, &f);
	assert_string_equal(f.symbol, "A");
	assert_string_equal(f.cause, "ids");
	assert_int_equal(f.stream, STREAM_TRADE);
	assert_true(
		f.from_us == 5 && f.to_us == 9 && f.first_id == 3 && f.last_id == 4 && f.rows == 2);
	assert_true(f.rows_from_us == 2 && f.rows_to_us == 11);
	backfill_gap_fill(&g, FILL_REPAIRING, &f);
	assert_true(f.rows == 0 && f.state == FILL_REPAIRING);
}

static void test_answered(void **state)
{
	struct backfill_answered *a = backfill_answered_new();
	struct backfill_gap g = {.symbol = "A",
				    .cause = "feed",
				    .stream = STREAM_TRADE,
				    .from_us = 5,
				    .to_us = 9},
			    other = g;

	(void)state;
	assert_non_null(a);
	assert_false(backfill_answered_has(a, &g, 100));
	backfill_answered_add(a, &g, 100);
	backfill_answered_add(a, &g, 200);
	assert_int_equal(backfill_answered_count(a), 1);
	assert_true(backfill_answered_has(a, &g, 200));
	/* grown since: another gap */
	other.to_us = 10;
	assert_false(backfill_answered_has(a, &other, 200));
	other = g;
	other.rows_from_us = 4;
	assert_false(backfill_answered_has(a, &other, 200));
	other = g;
	other.stream = STREAM_KLINE_1S;
	assert_false(backfill_answered_has(a, &other, 200));
	/* in vain for long: once more */
	assert_true(backfill_answered_has(a, &g, 199 + BACKFILL_ANSWER_US));
	assert_false(backfill_answered_has(a, &g, 200 + BACKFILL_ANSWER_US));
	/* taken by the sink, and still there: sooner, but less and less often */
	backfill_answered_settled(a, 200);
	assert_true(backfill_answered_has(a, &g, 200 + 3 * BACKFILL_AGAIN_US));
	backfill_answered_settled(a, 201);
	assert_true(backfill_answered_has(a, &g, 199 + 2 * BACKFILL_AGAIN_US));
	assert_false(backfill_answered_has(a, &g, 200 + 2 * BACKFILL_AGAIN_US));
	for (int i = 0; i < 20; i++)
		backfill_answered_add(a, &g, 300);
	assert_false(backfill_answered_has(a, &g, 300 + 2 * HOUR_US));
	backfill_answered_settled(a, 301);
	assert_true(backfill_answered_has(a, &g, 299 + HOUR_US));
	assert_false(backfill_answered_has(a, &g, 300 + 2 * HOUR_US));
	backfill_answered_tidy(a, 299 + 3 * HOUR_US);
	assert_int_equal(backfill_answered_count(a), 1);
	backfill_answered_tidy(a, 300 + 3 * HOUR_US);
	assert_int_equal(backfill_answered_count(a), 0);
	for (int i = 0; i < BACKFILL_GAPS_MAX + 10; i++) {
		g.from_us = i;
		backfill_answered_add(a, &g, 1);
	}
	assert_int_equal(backfill_answered_count(a), BACKFILL_GAPS_MAX);
	backfill_answered_clear(a);
	assert_int_equal(backfill_answered_count(a), 0);
	backfill_answered_free(a);
	backfill_answered_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
