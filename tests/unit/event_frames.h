/* Frames of each stream and what is said of them when they are parsed. */
#pragma once
#include "event.h"
#include "test.h"
#include <string.h>

/* Frames as the exchange sent them. */
#define MINI_TICKER                                                                                \
	"{\"e\":\"24hrMiniTicker\",\"E\":1749183266025,\"s\":\"BTCUSDT\",\"c\":\"102492."          \
	"27000000\","                                                                              \
	"\"o\":\"105121.06000000\",\"h\":\"105909.71000000\",\"l\":\"100372.26000000\","           \
	"\"v\":\"24032.63625000\",\"q\":\"2472261593.19821790\"}"
#define TRADE                                                                                      \
	"{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259,"                 \
	"\"p\":\"61837.63000000\",\"q\":\"0.02000000\",\"T\":1723161254999,\"m\":true,\"M\":true}"
#define AGG_TRADE_OF(a, f, l)                                                                      \
	"{\"e\":\"aggTrade\",\"E\":1633998288468,\"s\":\"OMGBUSD\",\"a\":" a                       \
	",\"p\":\"13.80480000\",\"q\":\"2.10000000\",\"f\":" f ",\"l\":" l                         \
	",\"T\":1633998287467,\"m\":false,\"M\":true}"
#define AGG_TRADE AGG_TRADE_OF("425085", "439577", "439579")
#define TICKER                                                                                     \
	"{\"e\":\"24hrTicker\",\"E\":1749183266025,\"s\":\"BTCUSDT\",\"p\":\"-2628.79000000\","    \
	"\"P\":\"-2.501\",\"w\":\"102869.71000000\",\"x\":\"105121.07000000\","                    \
	"\"c\":\"102492.27000000\",\"Q\":\"0.00195000\",\"b\":\"102492.26000000\","                \
	"\"B\":\"3.78826000\",\"a\":\"102492.27000000\",\"A\":\"1.54698000\","                     \
	"\"o\":\"105121.06000000\",\"h\":\"105909.71000000\",\"l\":\"100372.26000000\","           \
	"\"v\":\"24032.63625000\",\"q\":\"2472261593.19821790\",\"O\":1749096866025,"              \
	"\"C\":1749183266025,\"F\":4995000001,\"L\":4999000000,\"n\":4000000}"
#define KLINE_OF(i, t, f, l, n)                                                                    \
	"{\"e\":\"kline\",\"E\":1681154041004,\"s\":\"BELBTC\",\"k\":{\"t\":" t                    \
	",\"T\":1681154040999,\"s\":\"BELBTC\",\"i\":\"" i "\",\"f\":" f ",\"L\":" l               \
	",\"o\":\"0.00002369\",\"c\":\"0.00002370\",\"h\":\"0.00002371\",\"l\":\"0.00002368\","    \
	"\"v\":\"12.50000000\",\"n\":" n ",\"x\":true,\"q\":\"0.00029612\",\"V\":\"2.00000000\","  \
	"\"Q\":\"0.00004738\",\"B\":\"0\"}}"
#define KLINE KLINE_OF("1s", "1681154040000", "700", "702", "3")

static struct event_parser *parser;

static inline int set_up(void **state)
{
	(void)state;
	parser = event_parser_new(NULL);
	return parser ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	event_parser_free(parser);
	return 0;
}

static inline int parse(enum stream_kind kind, const char *json, struct event *out, struct err *e)
{
	size_t len = strlen(json);
	char *exact = test_malloc(len + 1);

	/* Kafka's values are not terminated. */
	memcpy(exact, json, len);
	exact[len] = '}';
	int rc = event_parse(parser, kind, exact, len, out, e);
	test_free(exact);
	return rc;
}

static inline struct event good(enum stream_kind kind, const char *json)
{
	struct event ev;
	struct err e = {""};

	if (parse(kind, json, &ev, &e) != 0)
		fail_msg("%s: %s", json, e.text);
	assert_int_equal(ev.kind, kind);
	return ev;
}

static inline void bad(enum stream_kind kind, const char *json, const char *reason)
{
	struct event ev, before;
	struct err e = {""};

	memset(&ev, 0x5a, sizeof(ev));
	before = ev;
	if (parse(kind, json, &ev, &e) == 0)
		fail_msg("taken: %s", json);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", json, e.text, reason);
	assert_memory_equal(&ev, &before, sizeof(ev));
}

static inline void is_decimal(const struct decimal *d, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	assert_string_equal(text, expected);
}
