/* The sink's memory: what records leave behind in state and batch, without Kafka or PostgreSQL. */
#include "sink_world.h"

static void a_second_is_written_once_when_settled(void **state)
{
	struct world *w = *state;
	const struct batch_candle *c;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	take_trade(w, 2, T0 + 200000, "12");
	assert_int_equal(sink_batch_bytes(&w->batch), 2 * BATCH_RAW_BYTES(STREAM_TRADE) +
							      sizeof(struct batch_subscription) +
							      sizeof(int64_t)); /* their day */
	take_control(STREAM_TRADE, "s1", "alive", T0 + 5999999, "");
	assert_int_equal(candles(w), 0);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 6000000, "");
	assert_int_equal(candles(w), 1);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 9000000, "");
	assert_int_equal(candles(w), 1);
	c = BATCH_ROWS(w->batch.candles, const struct batch_candle);
	assert_false(c->slow);
	assert_int_equal(c->candle.open_us, T0);
	assert_int_equal(c->candle.origin, ORIGIN_TRADE);
	assert_int_equal(c->candle.trades, 2);
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_TRADE), 2);
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_TRADE, 3), w->next[STREAM_TRADE]);
}

static void the_slowest_stream_decides(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_control(STREAM_MINI_TICKER, "s2", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(candles(w), 0);
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_TRADE, 3), 1); /* its offset */
	take_control(STREAM_MINI_TICKER, "s2", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(candles(w), 1);
}

static void a_closed_kline_is_written_at_once_and_not_again(void **state)
{
	struct world *w = *state;

	take_control(STREAM_KLINE_1S, "s1", "begin", T0, SYMBOLS);
	take_kline(w, T0, "5");
	take_kline(w, T0, "5");
	assert_int_equal(candles(w), 1);
	take_control(STREAM_KLINE_1S, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(candles(w), 1);
}

static size_t minutes(const struct world *w)
{
	return BATCH_COUNT(w->batch.minutes, struct batch_minute);
}

static void bars_are_written_when_they_are_over(void **state)
{
	struct world *w = *state;
	int64_t minute = clock_floor(T0, MINUTE_US);
	const struct batch_minute *m;

	take_control(STREAM_KLINE_1S, "s1", "begin", T0, SYMBOLS);
	take_kline(w, T0, "5");
	take_kline(w, T0 + SECOND_US, "7");
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + 60 * SECOND_US + 4 * SECOND_US, "");
	assert_int_equal(minutes(w), 0);
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + 60 * SECOND_US + 5 * SECOND_US, "");
	assert_int_equal(minutes(w), 1);
	m = BATCH_ROWS(w->batch.minutes, const struct batch_minute);
	assert_int_equal(m->open_us, minute);
	assert_true(m->has_bar);
	assert_false(m->is_out_of_range);
	assert_int_equal(m->bar.open_us, minute);
	assert_int_equal(m->bar.trades, 4);
	assert_int_equal(m->bar.close.units, 700000000);
	assert_int_equal(m->bar.origin, ORIGIN_KLINE);
	sink_batch_sort(&w->batch);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1M], struct batch_fold), 0);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1H], struct batch_fold), 0);
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + DAY_US + HOUR_US, "");
	sink_batch_sort(&w->batch);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1H], struct batch_fold), 1);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1D], struct batch_fold), 1);
}

/* What others wrote to a minute is folded at its end, so it is told of even if nothing of it was settled here. */
static void a_minute_without_seconds_is_told_of(void **state)
{
	struct world *w = *state;
	int64_t minute = clock_floor(T0, MINUTE_US);
	const struct batch_minute *m;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 200000, "10");
	for (int i = 1; i <= 3; i++)
		take_control(
			STREAM_TRADE, "s1", "alive", minute + i * MINUTE_US + 5 * SECOND_US, "");
	take_trade(w, 2, minute + 3 * MINUTE_US + SECOND_US, "10");
	take_trade(w, 3, minute + 5 * MINUTE_US + SECOND_US, "10");
	take_control(STREAM_TRADE, "s1", "alive", minute + 7 * MINUTE_US + 6 * SECOND_US, "");
	assert_int_equal(minutes(w), 5);
	m = BATCH_ROWS(w->batch.minutes, const struct batch_minute);
	for (int i = 0; i < 5; i++) {
		static const int at[] = {0, 1, 2, 3, 5};

		assert_int_equal(m[i].open_us, minute + at[i] * MINUTE_US);
		assert_int_equal(m[i].has_bar, i == 0 || i >= 3);
	}
	assert_int_equal(w->st.symbols->minute.open_us, minute + 7 * MINUTE_US);
}

static void late_and_repeated_trades_go_the_slow_way(void **state)
{
	struct world *w = *state;
	static const bool slow[] = {false, true, true, false};

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 5, T0 + 100000, "10");
	take_trade(w, 5, T0 + 100000, "10");
	take_trade(w, 4, T0 + 90000, "11");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	take_trade(w, 6, T0 + 95000, "12");
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
		assert_int_equal(sink_batch_raw_at(&w->batch, STREAM_TRADE, i)->slow, slow[i]);
	assert_int_equal(BATCH_COUNT(w->batch.lates, struct batch_late), 1);
	assert_int_equal(BATCH_ROWS(w->batch.candles, const struct batch_candle)->candle.trades, 2);
}

static void a_new_session_leaves_a_gap(void **state)
{
	struct world *w = *state;
	const struct batch_gap *g;
	const struct batch_subscription *s;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "s1", "alive", T0 + SECOND_US, "");
	take_control(STREAM_TRADE, "s2", "begin", T0 + 8 * SECOND_US, SYMBOLS);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 1);
	g = BATCH_ROWS(w->batch.gaps, const struct batch_gap);
	assert_int_equal(g->from_us, T0 + SECOND_US);
	assert_int_equal(g->to_us, T0 + 8 * SECOND_US);
	assert_string_equal(g->cause, "feed");
	s = BATCH_ROWS(w->batch.subscriptions, const struct batch_subscription);
	assert_int_equal(BATCH_COUNT(w->batch.subscriptions, struct batch_subscription), 3);
	assert_string_equal(s[1].session, "s1");
	assert_int_equal(s[1].to_us, T0 + SECOND_US);
	assert_string_equal(s[2].session, "s2");
}

/* A symbol was taken out while the collector was away: nobody waits for it, and it has no gap. Who is heard through a session of
 * another collector, or of a running one, stays. */
/* Sessions s1 and s2 of the trade stream, and between them a hole; what its row names as the cause. */
static const char *cause_between(struct world *w, const char *end, const char *said)
{
	char more[128];

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "s1", end, T0 + SECOND_US, "");
	snprintf(more, sizeof more, SYMBOLS "%s", said);
	take_control(STREAM_TRADE, "s2", "begin", T0 + 8 * SECOND_US, more);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 1);
	return BATCH_ROWS(w->batch.gaps, const struct batch_gap)->cause;
}

static void a_gap_has_the_cause_that_the_feed_says(void **state)
{
	assert_string_equal(cause_between(*state, "alive", ",\"cause\":\"overflow\""), "overflow");
}

/* Who comes back after a clean stop was not there because it was stopped. */
static void a_clean_stop_is_the_cause(void **state)
{
	assert_string_equal(cause_between(*state, "ended", ",\"cause\":\"startup\""), "stopped");
}

static void a_symbol_taken_out_meanwhile_is_closed(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "c-1000-1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "c-1000-1", "alive", T0 + SECOND_US, "");
	take_control(STREAM_TRADE, "c-2000-1", "begin", T0 + 8 * SECOND_US, ",\"symbols\":[]");
	take_control(STREAM_TRADE, "c-2000-1", "alive", T0 + 9 * SECOND_US,
		",\"running\":[\"c-2000-1\",\"c-1000-1\"]");
	assert_int_equal(BATCH_COUNT(w->batch.subscriptions, struct batch_subscription), 1);
	take_control(STREAM_TRADE, "c-2000-1", "alive", T0 + 10 * SECOND_US,
		",\"running\":[\"c-2000-1\"]");
	assert_int_equal(BATCH_COUNT(w->batch.subscriptions, struct batch_subscription), 2);
	const struct batch_subscription *s =
		BATCH_ROWS(w->batch.subscriptions, const struct batch_subscription);
	assert_string_equal(s[1].session, "c-1000-1");
	assert_int_equal(s[1].to_us, T0 + SECOND_US);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 0);
	take_control(STREAM_TRADE, "c-c-3000-1", "begin", T0 + 20 * SECOND_US, SYMBOLS);
	take_control(STREAM_TRADE, "c-2000-1", "alive", T0 + 21 * SECOND_US,
		",\"running\":[\"c-2000-1\"]");
	assert_int_equal(BATCH_COUNT(w->batch.subscriptions, struct batch_subscription), 3);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 0);
}

static void a_clean_stop_settles_everything(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	take_control(STREAM_TRADE, "s1", "ended", T0 + SECOND_US, "");
	assert_int_equal(candles(w), 1);
	take_control(STREAM_TRADE, "s2", "begin", T0 + 3 * SECOND_US, SYMBOLS);
	assert_string_equal(BATCH_ROWS(w->batch.gaps, const struct batch_gap)->cause, "stopped");
}

static void a_stream_that_is_not_collected_any_more_is_not_waited_for(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_control(STREAM_MINI_TICKER, "s2", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(candles(w), 0);
	take_control(STREAM_MINI_TICKER, "s3", "ended", T0, ",\"symbols\":[]");
	assert_int_equal(candles(w), 1);
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 0);
}

static void skipped_records_make_a_span_of_its_own(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	w->st.sessions->skipped = true;
	take_control(STREAM_TRADE, "s1", "alive", T0 + 30 * SECOND_US, "");
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 1);
	assert_string_equal(BATCH_ROWS(w->batch.gaps, const struct batch_gap)->cause, "expired");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 31 * SECOND_US, "");
	assert_int_equal(BATCH_COUNT(w->batch.gaps, struct batch_gap), 1);
}

static void bad_records_are_kept_apart(void **state)
{
	struct world *w = *state;
	const struct batch_quarantine *q;

	w->st.recorded = false;
	snprintf(w->value, sizeof w->value, "{\"e\":\"trade\"");
	take(w, STREAM_TRADE, false);
	snprintf(w->value, sizeof w->value, "not a control record");
	take(w, STREAM_TRADE, true);
	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 2 * HOUR_US, "10"); /* more than an hour ahead */
	q = BATCH_ROWS(w->batch.quarantines, const struct batch_quarantine);
	assert_int_equal(BATCH_COUNT(w->batch.quarantines, struct batch_quarantine), 3);
	assert_int_equal(q[0].offset, 0);
	assert_int_equal(q[1].offset, 1);
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_TRADE), 0);
	assert_int_equal(w->st.places[STREAM_TRADE][3].next, 4);
}

/* After a start, records below the committed offset rebuild memory and write nothing. */
static void replayed_records_write_nothing(void **state)
{
	struct world *w = *state;

	w->st.places[STREAM_TRADE][3].committed = w->st.places[STREAM_TRADE][3].next = 2;
	take_trade(w, 1, T0 + 100000, "10");
	take_trade(w, 2, T0 + 200000, "12");
	assert_int_equal(w->batch.records, 0);
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_TRADE), 0);
	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 3, T0 + 300000, "11");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_TRADE), 1);
	assert_int_equal(BATCH_ROWS(w->batch.candles, const struct batch_candle)->candle.trades, 3);
}

static void take_ticker(struct world *w, int64_t t_us)
{
	snprintf(w->value, sizeof w->value,
		"{\"e\":\"24hrTicker\",\"E\":%lld,\"s\":\"BTCUSDT\",\"x\":\"1\",\"c\":\"2\","
		"\"Q\":\"3\",\"b\":\"4\",\"B\":\"5\",\"a\":\"6\",\"A\":\"7\",\"o\":\"8\",\"h\":"
		"\"9\",\"l\":\"10\",\"v\":\"11\",\"q\":\"12\",\"O\":%lld,\"C\":%lld,\"F\":-1,"
		"\"L\":-1,\"n\":0}",
		(long long)(t_us / 1000), (long long)(t_us / 1000), (long long)(t_us / 1000));
	take(w, STREAM_TICKER, false);
}

static void a_ticker_is_a_raw_row_and_no_second(void **state)
{
	struct world *w = *state;
	const struct batch_raw *row;
	const struct event_ticker *ticker;

	take_control(STREAM_TICKER, "s1", "begin", T0, SYMBOLS);
	take_ticker(w, T0 + 2 * SECOND_US);
	take_ticker(w, T0 + SECOND_US); /* disordered */
	take_control(STREAM_TICKER, "s1", "alive", T0 + MINUTE_US, "");
	take_ticker(w, T0 + 3 * SECOND_US); /* late */
	assert_int_equal(BATCH_COUNT(w->batch.candles, struct batch_candle), 0);
	assert_int_equal(BATCH_COUNT(w->batch.lates, struct batch_late), 0);
	assert_int_equal(sink_batch_raw_count(&w->batch, STREAM_TICKER), 3);
	assert_null(w->st.symbols->seconds);
	sink_batch_sort(&w->batch);
	for (int i = 0; i < 3; i++) {
		row = sink_batch_raw_at(&w->batch, STREAM_TICKER, (size_t)i);
		assert_int_equal(row->time_us, T0 + (i + 1) * SECOND_US);
		assert_int_equal(row->slow, i == 0);
		ticker = (const void *)(row + 1);
		assert_int_equal(ticker->close_us, row->time_us);
	}
	/* What is committed is not needed again. */
	assert_int_equal(sink_state_replay_from(&w->st, STREAM_TICKER, 3), 5);
}

static void a_full_batch_says_so(void **state)
{
	struct world *w = *state;
	struct sink_batch small;

	sink_batch_init(&small, 64);
	sink_batch_fold(&small, LADDER_1M, sink_state_symbol(&w->st, "BTCUSDT", 3), T0);
	assert_false(sink_batch_failed(&small));
	for (int i = 0; i < 10; i++)
		sink_batch_fold(&small, LADDER_1M, sink_state_symbol(&w->st, "BTCUSDT", 3),
			T0 + i * MINUTE_US);
	assert_true(sink_batch_failed(&small));
	sink_batch_done(&small);
}

static void seconds_are_one_list_whatever_the_order(void **state)
{
	static const int asked[] = {5, 6, 7, 7, 5, 1, 9, 8, 6, 0, 9, 2};
	struct world *w = *state;
	struct sink_symbol *sy = sink_state_symbol(&w->st, "BTCUSDT", 3);
	struct sink_second *s, *found[10] = {NULL};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
			int n = asked[i];

			s = sink_symbol_second(sy, T0 + n * SECOND_US);
			assert_non_null(s);
			assert_int_equal(s->second.open_us, T0 + n * SECOND_US);
			assert_true(!found[n] || found[n] == s);
			found[n] = s;
		}
		/* The last one asked for goes too, and is not remembered. */
		for (int n = 0; n < 3; n++) {
			s = sink_symbol_pop(sy, T0 + 3 * SECOND_US);
			assert_ptr_equal(s, found[n]);
			sink_second_free(sy, s);
			found[n] = NULL;
		}
		assert_null(sink_symbol_pop(sy, T0 + 3 * SECOND_US));
	}
	for (int n = 5; n < 10; n++) {
		s = sink_symbol_pop(sy, INT64_MAX);
		assert_ptr_equal(s, found[n]);
		sink_second_free(sy, s);
	}
	assert_null(sy->seconds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_is_written_once_when_settled),
		TEST(the_slowest_stream_decides),
		TEST(a_closed_kline_is_written_at_once_and_not_again),
		TEST(bars_are_written_when_they_are_over),
		TEST(a_minute_without_seconds_is_told_of),
		TEST(late_and_repeated_trades_go_the_slow_way),
		TEST(a_new_session_leaves_a_gap),
		TEST(a_gap_has_the_cause_that_the_feed_says),
		TEST(a_clean_stop_is_the_cause),
		TEST(a_symbol_taken_out_meanwhile_is_closed),
		TEST(a_clean_stop_settles_everything),
		TEST(a_stream_that_is_not_collected_any_more_is_not_waited_for),
		TEST(skipped_records_make_a_span_of_its_own),
		TEST(bad_records_are_kept_apart),
		TEST(replayed_records_write_nothing),
		TEST(a_ticker_is_a_raw_row_and_no_second),
		TEST(a_full_batch_says_so),
		TEST(seconds_are_one_list_whatever_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
