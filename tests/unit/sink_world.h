/* sink_world: the sink's memory without Kafka or PostgreSQL, and records for it. Included by the tests of the sink's parts. */
#pragma once
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	struct world *w = *state;

	sink_state_done(&w->st);
	sink_batch_done(&w->batch);
	event_parser_free(w->parser);
	return 0;
}

static inline void take(struct world *w, enum stream_kind stream, bool is_control)
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

static inline void take_control(enum stream_kind stream, const char *session, const char *kind,
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

static inline void take_trade(struct world *w, int64_t id, int64_t t_us, const char *price)
{
	snprintf(w->value, sizeof w->value,
		"{\"e\":\"trade\",\"E\":%lld,\"s\":\"BTCUSDT\",\"t\":%lld,\"p\":\"%s\",\"q\":\"1."
		"0\",\"T\":%lld,"
		"\"m\":true,\"M\":true}",
		(long long)(t_us / 1000), (long long)id, price, (long long)(t_us / 1000));
	take(w, STREAM_TRADE, false);
}

static inline void take_kline(struct world *w, int64_t open_us, const char *close)
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

static inline void take_agg_trade(
	struct world *w, int64_t id, int64_t first, int64_t last, int64_t t_us)
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
static inline void take_bar(struct world *w, int64_t open_us, int64_t first, int64_t last)
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

static inline size_t candles(const struct world *w)
{
	return BATCH_COUNT(w->batch.candles, struct batch_candle);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
