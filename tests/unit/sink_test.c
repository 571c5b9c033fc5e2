/* The sink's memory: what records leave behind in state and batch, without Kafka or PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/sink_take.h"

#include <stdio.h>
#include <string.h>

#define T0 1723161255000000LL /* a whole second */

struct world {
	struct sink_state st;
	struct sink_batch batch;
	struct event_parser *parser;
	int64_t next[STREAM_COUNT];
	char value[2048];
};

static struct world world;

static int set_up(void **state)
{
	struct err e;

	memset(&world, 0, sizeof world);
	sink_state_init(&world.st, "replay-test", 5 * SECOND_US);
	sink_batch_init(&world.batch, 1 << 20);
	world.parser = event_parser_new(&e);
	assert_non_null(world.parser);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	sink_state_done(&w->st);
	sink_batch_done(&w->batch);
	event_parser_free(w->parser);
	return 0;
}

static void take(struct world *w, enum stream_kind stream, bool is_control)
{
	struct err e = {""};
	struct kafka_record r = {.tag = (int)stream,
		.partition = 3,
		.offset = w->next[stream]++,
		.produced_ms = 1000,
		.value = w->value,
		.value_len = strlen(w->value),
		.is_control = is_control};

	assert_int_equal(sink_take(&w->st, &w->batch, w->parser, &r, &e), 0);
	sink_take_identities(&w->st);
	if (r.offset >= w->st.places[stream][3].committed)
		assert_int_equal(w->st.places[stream][3].identity, sink_take_identity(&r));
}

static void take_control(enum stream_kind stream, const char *session, const char *kind,
	int64_t t_us, const char *symbols)
{
	struct world *w = &world;

	snprintf(w->value, sizeof w->value,
		"{\"session\":\"%s\",\"collector\":\"c\",\"seq\":1,\"kind\":\"%s\",\"T\":%lld,"
		"\"clock\":%lld,"
		"\"speed\":1,\"partition\":3%s}",
		session, kind, (long long)t_us, (long long)t_us, symbols);
	take(w, stream, true);
}

static void take_trade(struct world *w, int64_t id, int64_t t_us, const char *price)
{
	snprintf(w->value, sizeof w->value,
		"{\"e\":\"trade\",\"E\":%lld,\"s\":\"BTCUSDT\",\"t\":%lld,\"p\":\"%s\",\"q\":\"1."
		"0\",\"T\":%lld,"
		"\"m\":true,\"M\":true}",
		(long long)(t_us / 1000), (long long)id, price, (long long)(t_us / 1000));
	take(w, STREAM_TRADE, false);
}

static void take_kline(struct world *w, int64_t open_us, const char *close)
{
	long long ms = open_us / 1000;

	snprintf(w->value, sizeof w->value,
		"{\"e\":\"kline\",\"E\":%lld,\"s\":\"BTCUSDT\",\"k\":{\"t\":%lld,\"T\":%lld,\"s\":"
		"\"BTCUSDT\","
		"\"i\":\"1s\",\"f\":1,\"L\":2,\"o\":\"1\",\"c\":\"%s\",\"h\":\"9\",\"l\":\"1\","
		"\"v\":\"2\",\"n\":2,"
		"\"x\":true,\"q\":\"4\",\"V\":\"1\",\"Q\":\"2\",\"B\":\"0\"}}",
		ms + 1004, ms, ms + 999, close);
	take(w, STREAM_KLINE_1S, false);
}

static void take_agg_trade(struct world *w, int64_t id, int64_t first, int64_t last, int64_t t_us)
{
	snprintf(w->value, sizeof w->value,
		"{\"e\":\"aggTrade\",\"E\":%lld,\"s\":\"BTCUSDT\",\"a\":%lld,\"p\":\"10\",\"q\":"
		"\"1\","
		"\"f\":%lld,\"l\":%lld,\"T\":%lld,\"m\":true,\"M\":true}",
		(long long)(t_us / 1000), (long long)id, (long long)first, (long long)last,
		(long long)(t_us / 1000));
	take(w, STREAM_AGG_TRADE, false);
}

/* A closed bar of the trades first..last; none: last < first. */
static void take_bar(struct world *w, int64_t open_us, int64_t first, int64_t last)
{
	long long ms = open_us / 1000, n = last - first + 1;

	snprintf(w->value, sizeof w->value,
		"{\"e\":\"kline\",\"E\":%lld,\"s\":\"BTCUSDT\",\"k\":{\"t\":%lld,\"T\":%lld,\"s\":"
		"\"BTCUSDT\",\"i\":\"1s\",\"f\":%lld,\"L\":%lld,\"o\":\"1\",\"c\":\"2\",\"h\":"
		"\"9\","
		"\"l\":\"1\",\"v\":\"2\",\"n\":%lld,\"x\":true,\"q\":\"4\",\"V\":\"1\",\"Q\":\"2\","
		"\"B\":\"0\"}}",
		ms + 1004, ms, ms + 999, n > 0 ? (long long)first : -1LL,
		n > 0 ? (long long)last : -1LL, n > 0 ? n : 0LL);
	take(w, STREAM_KLINE_1S, false);
}

#define SYMBOLS ",\"symbols\":[\"BTCUSDT\"]"

static size_t candles(const struct world *w)
{
	return BATCH_COUNT(w->batch.candles, struct batch_candle);
}

static void a_second_is_written_once_when_settled(void **state)
{
	struct world *w = *state;
	const struct batch_candle *c;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	take_trade(w, 2, T0 + 200000, "12");
	assert_int_equal(sink_batch_bytes(&w->batch),
		2 * sizeof(struct batch_trade) + sizeof(struct batch_subscription));
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
	assert_int_equal(BATCH_COUNT(w->batch.trades, struct batch_trade), 2);
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

static void bars_are_folded_when_they_are_over(void **state)
{
	struct world *w = *state;
	int64_t minute = clock_floor(T0, MINUTE_US);
	const struct batch_fold *f;

	take_control(STREAM_KLINE_1S, "s1", "begin", T0, SYMBOLS);
	take_kline(w, T0, "5");
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + 60 * SECOND_US + 4 * SECOND_US, "");
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1M], struct batch_fold), 0);
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + 60 * SECOND_US + 5 * SECOND_US, "");
	sink_batch_sort(&w->batch);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1M], struct batch_fold), 1);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1H], struct batch_fold), 0);
	f = BATCH_ROWS(w->batch.folds[LADDER_1M], const struct batch_fold);
	assert_int_equal(f->open_us, minute);
	take_control(STREAM_KLINE_1S, "s1", "alive", minute + DAY_US + HOUR_US, "");
	sink_batch_sort(&w->batch);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1H], struct batch_fold), 1);
	assert_int_equal(BATCH_COUNT(w->batch.folds[LADDER_1D], struct batch_fold), 1);
}

static void late_and_repeated_trades_go_the_slow_way(void **state)
{
	struct world *w = *state;
	const struct batch_trade *t;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 5, T0 + 100000, "10");
	take_trade(w, 5, T0 + 100000, "10");
	take_trade(w, 4, T0 + 90000, "11");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	take_trade(w, 6, T0 + 95000, "12");
	t = BATCH_ROWS(w->batch.trades, const struct batch_trade);
	assert_false(t[0].slow);
	assert_true(t[1].slow);
	assert_true(t[2].slow);
	assert_false(t[3].slow);
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
	assert_int_equal(BATCH_COUNT(w->batch.trades, struct batch_trade), 0);
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
	assert_int_equal(BATCH_COUNT(w->batch.trades, struct batch_trade), 0);
	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 3, T0 + 300000, "11");
	take_control(STREAM_TRADE, "s1", "alive", T0 + 60 * SECOND_US, "");
	assert_int_equal(BATCH_COUNT(w->batch.trades, struct batch_trade), 1);
	assert_int_equal(BATCH_ROWS(w->batch.candles, const struct batch_candle)->candle.trades, 3);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
	assert_int_equal(BATCH_COUNT(w->batch.agg_trades, struct batch_agg_trade), 4);
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
		TEST(a_second_is_written_once_when_settled),
		TEST(the_slowest_stream_decides),
		TEST(a_closed_kline_is_written_at_once_and_not_again),
		TEST(bars_are_folded_when_they_are_over),
		TEST(late_and_repeated_trades_go_the_slow_way),
		TEST(a_new_session_leaves_a_gap),
		TEST(a_symbol_taken_out_meanwhile_is_closed),
		TEST(a_clean_stop_settles_everything),
		TEST(a_stream_that_is_not_collected_any_more_is_not_waited_for),
		TEST(skipped_records_make_a_span_of_its_own),
		TEST(bad_records_are_kept_apart),
		TEST(replayed_records_write_nothing),
		TEST(a_full_batch_says_so),
		TEST(seconds_are_one_list_whatever_the_order),
		TEST(missing_trades_are_a_hole_once_settled),
		TEST(aggregates_are_counted_themselves_and_by_their_trades),
		TEST(bars_keep_the_last_id_over_empty_ones),
		TEST(subscriptions_bound_what_is_missing),
		TEST(marks_are_stored_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
