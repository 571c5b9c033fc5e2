/* One stream far ahead of another: what waits for the other does not stay in memory. */
#include "sink_world.h"

#define AHEAD 600 /* seconds */

static struct sink_symbol *symbol(struct world *w)
{
	return sink_state_symbol(&w->st, "BTCUSDT", 3);
}

static size_t in_memory(struct world *w)
{
	size_t n = 0;

	for (const struct sink_second *s = symbol(w)->seconds; s; s = s->next)
		n++;
	assert_int_equal(n, w->st.pool.used);
	return n;
}

/* A trade and an alive each second, while kline_1s stands still at T0. */
static void run_ahead(struct world *w)
{
	take_control(STREAM_KLINE_1S, "k1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "t1", "begin", T0, SYMBOLS);
	for (int i = 0; i < AHEAD; i++) {
		take_trade(w, 100 + i, T0 + i * SECOND_US + 1000, "10");
		take_control(STREAM_TRADE, "t1", "alive", T0 + (i + 1) * SECOND_US, "");
		assert_in_range(in_memory(w), 0, 2 * SINK_SKEW_US / SECOND_US);
	}
}

static void what_waits_is_bounded(void **state)
{
	struct world *w = *state;
	const struct batch_late *late;
	size_t spilled;

	run_ahead(w);
	spilled = BATCH_COUNT(w->batch.lates, struct batch_late);
	assert_int_equal(spilled, AHEAD - 60);
	assert_int_equal(in_memory(w), 60);
	late = BATCH_ROWS(w->batch.lates, const struct batch_late);
	for (size_t i = 0; i < spilled; i++)
		assert_int_equal(late[i].second_us, T0 + (int64_t)i * SECOND_US);
	/* Nothing of it counts as settled, and a restart reads all of it again. */
	assert_int_equal(symbol(w)->settled_us, T0);
	assert_int_equal(symbol(w)->first_us, T0);
	assert_int_equal(candles(w), 0);
	assert_int_equal(BATCH_COUNT(w->batch.minutes, struct batch_minute), 0);
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_TRADE, 3), 1);
}

static void the_other_stream_comes_late(void **state)
{
	struct world *w = *state;
	const struct batch_minute *m;
	size_t lates;

	run_ahead(w);
	lates = BATCH_COUNT(w->batch.lates, struct batch_late);
	take_bar(w, T0 + 5 * SECOND_US, 105, 105);
	assert_int_equal(BATCH_COUNT(w->batch.lates, struct batch_late), lates + 1);
	assert_true(BATCH_ROWS(w->batch.lates, const struct batch_late)[lates].has_kline);
	assert_int_equal(in_memory(w), 60);
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_KLINE_1S, 3), 1);
	/* It has caught up: the minutes are folded in the database, for memory does not know them. */
	take_control(STREAM_KLINE_1S, "k1", "alive", T0 + AHEAD * SECOND_US, "");
	assert_int_equal(in_memory(w), 5);
	assert_int_equal(candles(w), 55);
	m = BATCH_ROWS(w->batch.minutes, const struct batch_minute);
	assert_int_equal(BATCH_COUNT(w->batch.minutes, struct batch_minute), AHEAD / 60);
	for (int i = 0; i < AHEAD / 60; i++) {
		assert_int_equal(m[i].open_us, clock_floor(T0, MINUTE_US) + i * MINUTE_US);
		assert_int_equal(
			m[i].is_out_of_range, m[i].open_us < T0 + (AHEAD - 60) * SECOND_US);
	}
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_KLINE_1S, 3), 3);
	assert_true(sink_state_replay_from(&w->st, STREAM_TRADE, 3) > 2 * (AHEAD - 10));
}

/* After a gap of all streams the first one that is back is not ahead of the others for long. */
static void a_new_session_spills_nothing(void **state)
{
	struct world *w = *state;

	take_control(STREAM_KLINE_1S, "k1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "t1", "begin", T0, SYMBOLS);
	take_trade(w, 100, T0 + 1000, "10");
	take_control(STREAM_TRADE, "t2", "begin", T0 + HOUR_US, SYMBOLS);
	take_control(STREAM_TRADE, "t2", "alive", T0 + HOUR_US + 59 * SECOND_US, "");
	assert_int_equal(in_memory(w), 1);
	take_control(STREAM_TRADE, "t2", "alive", T0 + HOUR_US + 60 * SECOND_US, "");
	assert_int_equal(in_memory(w), 0);
	assert_int_equal(BATCH_COUNT(w->batch.lates, struct batch_late), 1);
}

/* An open bar has no raw row from which it could be made. */
static void an_open_bar_is_kept(void **state)
{
	struct world *w = *state;

	take_control(STREAM_KLINE_1S, "k1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "t1", "begin", T0, SYMBOLS);
	take_bar(w, T0 + SECOND_US, 105, 105);
	assert_int_equal(candles(w), 1);
	take_bar(w, T0 + 2 * SECOND_US, 106, 106);
	assert_int_equal(candles(w), 2);
	snprintf(w->value, sizeof w->value,
		"{\"e\":\"kline\",\"E\":%lld,\"s\":\"BTCUSDT\",\"k\":{\"t\":%lld,\"i\":\"1s\","
		"\"f\":107,\"L\":107,\"o\":\"1\",\"c\":\"2\",\"h\":\"9\",\"l\":\"1\",\"v\":\"2\","
		"\"n\":1,\"x\":false,\"q\":\"4\",\"V\":\"1\",\"Q\":\"2\"}}",
		(long long)(T0 / 1000 + 3500), (long long)(T0 / 1000 + 3000));
	take(w, STREAM_KLINE_1S, false);
	assert_int_equal(candles(w), 2);
	take_control(STREAM_TRADE, "t1", "alive", T0 + 2 * MINUTE_US, "");
	assert_int_equal(in_memory(w), 0);
	assert_int_equal(candles(w), 3);
	assert_true(BATCH_ROWS(w->batch.candles, const struct batch_candle)[2].slow);
	assert_int_equal(BATCH_COUNT(w->batch.lates, struct batch_late), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_is_bounded),
		TEST(the_other_stream_comes_late),
		TEST(a_new_session_spills_nothing),
		TEST(an_open_bar_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
