/* Goal: exactly the ids that did not come are told of, once, when what is behind them is settled. */
#include "daemon/sink_holes.h"
#include "sink_world.h"

static size_t holes(const struct world *w)
{
	return BATCH_COUNT(w->batch.holes, struct batch_hole);
}

static void assert_hole(const struct world *w, size_t i, const struct batch_hole *expected)
{
	const struct batch_hole *h = BATCH_ROWS(w->batch.holes, const struct batch_hole) + i;

	assert_true(i < holes(w));
	assert_string_equal(h->symbol->name, "BTCUSDT");
	assert_int_equal(h->stream, expected->stream);
	assert_int_equal(h->from_us, expected->from_us);
	assert_int_equal(h->to_us, expected->to_us);
	assert_int_equal(h->first_id, expected->first_id);
	assert_int_equal(h->last_id, expected->last_id);
}

static void missing_trades_are_a_hole_once_settled(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 7, T0 + 100000, "10");
	take_trade(w, 10, T0 + 300000, "10");
	take_trade(w, 20, T0 + 3000000, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 5999999, "");
	assert_int_equal(holes(w), 0);
	take_trade(w, 9, T0 + 250000, "10"); /* comes after all */
	take_control(STREAM_TRADE, "s1", "alive", T0 + 6000000, "");
	assert_int_equal(holes(w), 1);
	assert_hole(w, 0,
		&(struct batch_hole){.stream = STREAM_TRADE,
			.from_us = T0 + 100000,
			.to_us = T0 + 250001,
			.first_id = 8,
			.last_id = 8});
	for (int64_t id = 11; id < 20; id++)
		take_trade(w, id, T0 + 2000000, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(holes(w), 1);
	/* Told of once, whatever comes of it later. */
	take_trade(w, 8, T0 + 200000, "10");
	take_trade(w, 21, T0 + 61 * SECOND_US, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 120 * SECOND_US, "");
	assert_int_equal(holes(w), 1);
}

static void aggregates_are_counted_themselves_and_by_their_trades(void **state)
{
	struct world *w = *state;

	take_control(STREAM_AGG_TRADE, "s1", "begin", T0, SYMBOLS);
	take_agg_trade(w, 5, 100, 104, T0 + 100000);
	take_agg_trade(w, 6, 105, 105, T0 + 200000);
	take_agg_trade(w, 7, 108, 109, T0 + 300000);   /* trades 106, 107 are in none */
	take_agg_trade(w, 10, 112, 112, T0 + 2000000); /* 8 and 9 are missing */
	take_control(STREAM_AGG_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(holes(w), 3);
	assert_hole(w, 0,
		&(struct batch_hole){.stream = STREAM_AGG_TRADE,
			.from_us = T0 + 300000,
			.to_us = T0 + 2000001,
			.first_id = 8,
			.last_id = 9});
	/* Of the trades within, the numbers are not the stream's own. */
	assert_hole(w, 1,
		&(struct batch_hole){.stream = STREAM_AGG_TRADE,
			.from_us = T0 + 200000,
			.to_us = T0 + 300001,
			.first_id = -1,
			.last_id = -1});
	assert_hole(w, 2,
		&(struct batch_hole){.stream = STREAM_AGG_TRADE,
			.from_us = T0 + 300000,
			.to_us = T0 + 2000001,
			.first_id = -1,
			.last_id = -1});
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_AGG_TRADE), 4);
	assert_int_equal(candles(w), 2);
}

static void bars_keep_the_last_id_over_empty_ones(void **state)
{
	struct world *w = *state;

	take_control(STREAM_KLINE_1S, "s1", "begin", T0, SYMBOLS);
	take_bar(w, T0, 10, 12);
	take_bar(w, T0 + SECOND_US, 0, -1);
	take_bar(w, T0 + 2 * SECOND_US, 0, -1);
	take_bar(w, T0 + 3 * SECOND_US, 13, 15);
	/* Bars that did not come, without a trade in them. */
	take_bar(w, T0 + 9 * SECOND_US, 16, 16);
	take_control(STREAM_KLINE_1S, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(holes(w), 0);
	/* Bars that did not come, with trades. */
	take_bar(w, T0 + 70 * SECOND_US, 20, 21);
	/* Two that follow each other, and trades between them. */
	take_bar(w, T0 + 71 * SECOND_US, 25, 25);
	take_control(STREAM_KLINE_1S, "s1", "alive", T0 + 120 * SECOND_US, "");
	assert_int_equal(holes(w), 2);
	assert_hole(w, 0,
		&(struct batch_hole){.stream = STREAM_KLINE_1S,
			.from_us = T0 + 10 * SECOND_US,
			.to_us = T0 + 70 * SECOND_US,
			.first_id = 17,
			.last_id = 19});
	assert_hole(w, 1,
		&(struct batch_hole){.stream = STREAM_KLINE_1S,
			.from_us = T0 + 70 * SECOND_US,
			.to_us = T0 + 72 * SECOND_US,
			.first_id = 22,
			.last_id = 24});
}

/* What lies between two subscriptions was not asked for; what is missing within one is told of when it ends. */
static void subscriptions_bound_what_is_missing(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 7, T0 + 100000, "10");
	take_trade(w, 9, T0 + 200000, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + SECOND_US, ",\"symbols\":[]");
	assert_int_equal(holes(w), 1);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 20 * SECOND_US, SYMBOLS);
	take_trade(w, 90, T0 + 21 * SECOND_US, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(holes(w), 1);
	/* A connection that was lost goes on: ids tell what it cost. */
	take_control(STREAM_TRADE, "s2", "begin", T0 + 80 * SECOND_US, SYMBOLS);
	take_trade(w, 93, T0 + 81 * SECOND_US, "10");
	take_control(STREAM_TRADE, "s2", "alive", T0 + 100 * SECOND_US, "");
	assert_int_equal(holes(w), 2);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 1);
}

static void marks_are_stored_now_and_then(void **state)
{
	struct world *w = *state;
	const struct batch_id_mark *m;
	size_t n;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	for (int64_t i = 0; i < 300; i++) {
		take_trade(w, 1000 + i, T0 + i * SECOND_US, "10");
		take_control(STREAM_TRADE, "s1", "alive", T0 + i * SECOND_US + 500000, "");
	}
	n = BATCH_COUNT(w->batch.id_marks, struct batch_id_mark);
	assert_in_range(n, 10, 12);
	m = BATCH_ROWS(w->batch.id_marks, const struct batch_id_mark);
	for (size_t i = 1; i < n; i++) {
		assert_int_equal(m[i].ids, IDS_TRADE);
		assert_int_equal(m[i].at_us, T0 + (m[i].id - 1000) * SECOND_US);
		assert_true(m[i].at_us - m[i - 1].at_us <= 60 * SECOND_US);
	}
	/* Nothing comes: nothing more is stored once the last one was. */
	take_control(STREAM_TRADE, "s1", "alive", T0 + 400 * SECOND_US, "");
	n = BATCH_COUNT(w->batch.id_marks, struct batch_id_mark);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 4000 * SECOND_US, "");
	assert_int_equal(BATCH_COUNT(w->batch.id_marks, struct batch_id_mark), n);
	m = BATCH_ROWS(w->batch.id_marks, const struct batch_id_mark);
	assert_int_equal(m[n - 1].id, 1299);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(missing_trades_are_a_hole_once_settled),
		TEST(aggregates_are_counted_themselves_and_by_their_trades),
		TEST(bars_keep_the_last_id_over_empty_ones),
		TEST(subscriptions_bound_what_is_missing),
		TEST(marks_are_stored_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
