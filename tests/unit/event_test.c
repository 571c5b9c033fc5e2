#include "clock.h"
#include "event_frames.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reads_a_mini_ticker(void **state)
{
	struct event ev = good(STREAM_MINI_TICKER, MINI_TICKER);

	(void)state;
	assert_string_equal(ev.symbol, "BTCUSDT");
	assert_int_equal(ev.event_us, 1749183266025000);
	is_decimal(&ev.mini_ticker.close, "102492.27000000");
	is_decimal(&ev.mini_ticker.open, "105121.06000000");
	is_decimal(&ev.mini_ticker.high, "105909.71000000");
	is_decimal(&ev.mini_ticker.low, "100372.26000000");
	is_decimal(&ev.mini_ticker.volume, "24032.63625000");
	is_decimal(&ev.mini_ticker.quote, "2472261593.19821790");
	assert_int_equal(event_second_us(&ev), 1749183266000000);
}

static void reads_a_trade(void **state)
{
	struct event ev = good(STREAM_TRADE, TRADE);

	(void)state;
	assert_int_equal(ev.trade.id, 3735683259);
	assert_int_equal(ev.trade.trade_us, 1723161254999000);
	assert_true(ev.trade.buyer_is_maker);
	is_decimal(&ev.trade.price, "61837.63000000");
	is_decimal(&ev.trade.quantity, "0.02000000");
	/* By the trade's time, not the event's. */
	assert_int_equal(event_second_us(&ev), 1723161254000000);
}

static void reads_an_agg_trade(void **state)
{
	struct event ev = good(STREAM_AGG_TRADE, AGG_TRADE);

	(void)state;
	assert_int_equal(ev.agg_trade.id, 425085);
	assert_int_equal(ev.agg_trade.first_id, 439577);
	assert_int_equal(ev.agg_trade.last_id, 439579);
	assert_int_equal(ev.agg_trade.trade_us, 1633998287467000);
	assert_false(ev.agg_trade.buyer_is_maker);
	is_decimal(&ev.agg_trade.price, "13.80480000");
	is_decimal(&ev.agg_trade.quantity, "2.10000000");
	assert_int_equal(event_second_us(&ev), 1633998287000000);
	/* Taken back by the exchange: its id stays, its trades are gone. */
	ev = good(STREAM_AGG_TRADE, AGG_TRADE_OF("425085", "-1", "-1"));
	assert_int_equal(ev.agg_trade.first_id, -1);
	assert_int_equal(ev.agg_trade.last_id, -1);
	bad(STREAM_AGG_TRADE, AGG_TRADE_OF("-1", "1", "2"), "'a' is negative");
	bad(STREAM_AGG_TRADE, AGG_TRADE_OF("1", "3", "2"), "'l' is below 'f'");
	bad(STREAM_AGG_TRADE, AGG_TRADE_OF("1", "-1", "2"), "'f' is negative");
	bad(STREAM_AGG_TRADE, TRADE, "'e' is 'trade', not 'aggTrade'");
}

static void reads_a_ticker(void **state)
{
	struct event ev = good(STREAM_TICKER, TICKER);

	(void)state;
	assert_string_equal(ev.symbol, "BTCUSDT");
	assert_int_equal(event_time_us(&ev), 1749183266025000);
	assert_int_equal(event_order(&ev), 1749183266025000);
	is_decimal(&ev.ticker.before, "105121.07000000");
	is_decimal(&ev.ticker.close, "102492.27000000");
	is_decimal(&ev.ticker.last_quantity, "0.00195000");
	is_decimal(&ev.ticker.bid, "102492.26000000");
	is_decimal(&ev.ticker.bid_quantity, "3.78826000");
	is_decimal(&ev.ticker.ask, "102492.27000000");
	is_decimal(&ev.ticker.ask_quantity, "1.54698000");
	is_decimal(&ev.ticker.open, "105121.06000000");
	is_decimal(&ev.ticker.high, "105909.71000000");
	is_decimal(&ev.ticker.low, "100372.26000000");
	is_decimal(&ev.ticker.volume, "24032.63625000");
	is_decimal(&ev.ticker.quote, "2472261593.19821790");
	assert_int_equal(ev.ticker.open_us, 1749096866025000);
	assert_int_equal(ev.ticker.close_us, 1749183266025000);
	assert_int_equal(ev.ticker.first_id, 4995000001);
	assert_int_equal(ev.ticker.last_id, 4999000000);
	assert_int_equal(ev.ticker.trades, 4000000);
	bad(STREAM_TICKER, MINI_TICKER, "'e' is '24hrMiniTicker', not '24hrTicker'");
}

static void reads_a_kline(void **state)
{
	struct event ev = good(STREAM_KLINE_1S, KLINE);

	(void)state;
	assert_int_equal(ev.kline.open_us, 1681154040000000);
	assert_int_equal(event_second_us(&ev), 1681154040000000);
	assert_int_equal(ev.kline.trades, 3);
	assert_int_equal(ev.kline.first_id, 700);
	assert_int_equal(ev.kline.last_id, 702);
	assert_true(ev.kline.closed);
	is_decimal(&ev.kline.open, "0.00002369");
	is_decimal(&ev.kline.close, "0.00002370");
	is_decimal(&ev.kline.high, "0.00002371");
	is_decimal(&ev.kline.low, "0.00002368");
	is_decimal(&ev.kline.volume, "12.50000000");
	is_decimal(&ev.kline.quote, "0.00029612");
	is_decimal(&ev.kline.taker_volume, "2.00000000");
	is_decimal(&ev.kline.taker_quote, "0.00004738");
}

static void reads_a_kline_without_trades(void **state)
{
	struct event ev = good(STREAM_KLINE_1S, KLINE_OF("1s", "1681154040000", "-1", "-1", "0"));

	(void)state;
	assert_int_equal(ev.kline.trades, 0);
	assert_int_equal(ev.kline.first_id, -1);
	assert_int_equal(ev.kline.last_id, -1);
}

/* By it repeats are known, and raw rows are sorted. */
static void orders_by_id_or_by_time(void **state)
{
	struct event trade = good(STREAM_TRADE, TRADE), agg = good(STREAM_AGG_TRADE, AGG_TRADE),
		     ticker = good(STREAM_MINI_TICKER, MINI_TICKER),
		     kline = good(STREAM_KLINE_1S, KLINE);

	(void)state;
	assert_int_equal(event_order(&trade), 3735683259);
	assert_int_equal(event_time_us(&trade), 1723161254999000);
	assert_int_equal(event_order(&agg), 425085);
	assert_int_equal(event_time_us(&agg), 1633998287467000);
	assert_int_equal(event_order(&ticker), 1749183266025000);
	assert_int_equal(event_time_us(&ticker), 1749183266025000);
	assert_int_equal(event_time_us(&kline), 1681154040000000);
}

static void takes_microseconds(void **state)
{
	struct event ev = good(STREAM_TRADE,
		"{\"e\":\"trade\",\"E\":1723161255343123,\"s\":\"A\",\"t\":0,\"p\":\"1\","
		"\"q\":\"2\",\"T\":1723161255342999,\"m\":false}");

	(void)state;
	assert_int_equal(ev.event_us, 1723161255343123);
	assert_int_equal(ev.trade.trade_us, 1723161255342999);
}

static void takes_any_symbol_and_unknown_members(void **state)
{
	struct event ev = good(STREAM_TRADE,
		"{\"new\":[{\"a\":null}],\"e\":\"trade\",\"E\":1723161255343,"
		"\"s\":\"这是测试币456\",\"t\":1,\"p\":\"1\",\"q\":\"2\",\"T\":1723161255342,"
		"\"m\":true}");

	(void)state;
	assert_string_equal(ev.symbol, "这是测试币456");
}

/* JSON with the first `from` replaced. */
static const char *with(const char *json, const char *from, const char *to)
{
	static char text[2000];
	const char *at = strstr(json, from);

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
	return text;
}

static void names_the_member_that_is_missing(void **state)
{
	static const char *const mini[] = {"e", "E", "s", "c", "o", "h", "l", "v", "q"};
	static const char *const full[] = {"E", "s", "x", "c", "Q", "b", "B", "a", "A", "o", "h",
		"l", "v", "q", "O", "C", "F", "L", "n"};
	static const char *const traded[] = {"e", "E", "s", "t", "p", "q", "T", "m"};
	static const char *const bar[] = {
		"i", "f", "L", "o", "c", "h", "l", "v", "n", "x", "q", "V", "Q"};
	char from[16], reason[64];

	(void)state;
	for (size_t i = 0; i < sizeof(mini) / sizeof(*mini); i++) {
		snprintf(from, sizeof(from), "\"%s\":", mini[i]);
		snprintf(reason, sizeof(reason), "member '%s' is missing", mini[i]);
		bad(STREAM_MINI_TICKER, with(MINI_TICKER, from, "\"zz\":"), reason);
	}
	for (size_t i = 0; i < sizeof(full) / sizeof(*full); i++) {
		snprintf(from, sizeof(from), "\"%s\":", full[i]);
		snprintf(reason, sizeof(reason), "member '%s' is missing", full[i]);
		bad(STREAM_TICKER, with(TICKER, from, "\"zz\":"), reason);
	}
	for (size_t i = 0; i < sizeof(traded) / sizeof(*traded); i++) {
		snprintf(from, sizeof(from), "\"%s\":", traded[i]);
		snprintf(reason, sizeof(reason), "member '%s' is missing", traded[i]);
		bad(STREAM_TRADE, with(TRADE, from, "\"zz\":"), reason);
	}
	for (size_t i = 0; i < sizeof(bar) / sizeof(*bar); i++) {
		snprintf(from, sizeof(from), "\"%s\":", bar[i]);
		snprintf(reason, sizeof(reason), "member 'k.%s' is missing", bar[i]);
		bad(STREAM_KLINE_1S, with(KLINE, from, "\"zz\":"), reason);
	}
	bad(STREAM_KLINE_1S, with(KLINE, "\"k\":", "\"zz\":"), "member 'k' is missing");
	bad(STREAM_KLINE_1S, with(KLINE, "\"t\":", "\"zz\":"), "member 'k.t' is missing");
}

static void names_the_member_of_another_type(void **state)
{
	(void)state;
	bad(STREAM_TRADE, with(TRADE, "\"61837.63000000\"", "61837.63"), "'p' is no decimal");
	bad(STREAM_TRADE, with(TRADE, "\"61837.63000000\"", "\"6e4\""), "'p' is no decimal");
	bad(STREAM_TRADE, with(TRADE, "\"61837.63000000\"", "\"\""), "'p' is no decimal");
	bad(STREAM_TRADE, with(TRADE, "\"61837.63000000\"", "\"1\\u0000\""), "'p' is no decimal");
	bad(STREAM_TRADE, with(TRADE, "\"61837.63000000\"", "\"-1\""), "'p' is negative");
	bad(STREAM_TRADE, with(TRADE, "3735683259", "\"3735683259\""), "'t' is no integer");
	bad(STREAM_TRADE, with(TRADE, "3735683259", "3735683259.0"), "'t' is no integer");
	bad(STREAM_TRADE, with(TRADE, "3735683259", "-5"), "'t' is negative");
	bad(STREAM_TRADE, with(TRADE, "true", "1"), "'m' is neither true nor false");
	bad(STREAM_TRADE, with(TRADE, "\"BTCUSDT\"", "7"), "'s' is no string");
	bad(STREAM_TRADE, with(TRADE, "\"BTCUSDT\"", "null"), "'s' is no string");
	bad(STREAM_KLINE_1S, "{\"e\":\"kline\",\"E\":1681154041004,\"s\":\"A\",\"k\":[]}",
		"'k' is no object");
}

static void refuses_symbols_that_would_do_harm(void **state)
{
	char long_symbol[SYMBOL_SIZE + 3];

	(void)state;
	bad(STREAM_TRADE, with(TRADE, "BTCUSDT", ""), "'s' is empty");
	bad(STREAM_TRADE, with(TRADE, "BTCUSDT", "BTC\\u0000"), "'s' is empty");
	bad(STREAM_TRADE, with(TRADE, "BTCUSDT", "BTC\\n"), "'s' is empty");
	memset(long_symbol, 'A', sizeof(long_symbol) - 1);
	long_symbol[sizeof(long_symbol) - 1] = '\0';
	bad(STREAM_TRADE, with(TRADE, "BTCUSDT", long_symbol), "'s' is empty, too long");
	long_symbol[SYMBOL_SIZE - 1] = '\0';
	struct event ev = good(STREAM_TRADE, with(TRADE, "BTCUSDT", long_symbol));
	assert_string_equal(ev.symbol, long_symbol);
	bad(STREAM_TRADE, with(TRADE, "BTCUSDT", "BTC\xff"), "no JSON");
}

static void refuses_times_that_cannot_be(void **state)
{
	(void)state;
	bad(STREAM_TRADE, with(TRADE, "1723161255343", "1498867199999"), "'E' is before 2017-07");
	bad(STREAM_TRADE, with(TRADE, "1723161254999", "0"), "'T' is before 2017-07");
	bad(STREAM_TRADE, with(TRADE, "1723161254999", "-1723161254999"), "'T' is before");
	bad(STREAM_TRADE, with(TRADE, "1723161254999", "9223372036854775808"), "out of range");
	bad(STREAM_TRADE, with(TRADE, "3735683259", "99999999999999999999999"), "out of range");
	bad(STREAM_KLINE_1S, KLINE_OF("1s", "1681154040001", "1", "3", "3"), "begins no bar of 1s");
	good(STREAM_TRADE, with(TRADE, "1723161254999", "1498867200000"));
}

static void refuses_a_kline_that_is_no_second(void **state)
{
	(void)state;
	bad(STREAM_KLINE_1S, KLINE_OF("1m", "1681154040000", "1", "3", "3"), "'1m', not '1s'");
	bad(STREAM_KLINE_1S, KLINE_OF("1s", "1681154040000", "3", "1", "3"), "'k.L' is below");
	bad(STREAM_KLINE_1S, KLINE_OF("1s", "1681154040000", "-1", "1", "3"), "'k.f' is negative");
	bad(STREAM_KLINE_1S, KLINE_OF("1s", "1681154040000", "1", "3", "-3"), "'k.n' is negative");
}

static void refuses_another_event(void **state)
{
	(void)state;
	bad(STREAM_TRADE, MINI_TICKER, "'e' is '24hrMiniTicker', not 'trade'");
	bad(STREAM_MINI_TICKER, TRADE, "'e' is 'trade', not '24hrMiniTicker'");
}

static void refuses_what_is_no_json_object(void **state)
{
	char nested[300] = "{\"a\":";

	(void)state;
	memset(nested + strlen(nested), '[', 100);
	memset(nested + strlen(nested), ']', 100);
	memcpy(nested + strlen(nested), "}", 2);
	bad(STREAM_TRADE, "", "ends early");
	bad(STREAM_TRADE, "{\"e\":\"trade\"", "ends early");
	bad(STREAM_TRADE, "[]", "no object");
	bad(STREAM_TRADE, "null", "no object");
	bad(STREAM_TRADE, "hello", "no JSON");
	bad(STREAM_TRADE, TRADE "x", "");
	bad(STREAM_TRADE, TRADE TRADE, "");
	bad(STREAM_TRADE, nested, "no JSON");
	bad(STREAM_TRADE, "{'e':'trade'}", "no JSON");
	/* The parser goes on as if nothing had been. */
	good(STREAM_TRADE, TRADE);
}

static void ends_at_the_given_length(void **state)
{
	struct event ev;
	struct err e = {""};

	(void)state;
	assert_int_equal(event_parse(parser, STREAM_TRADE, TRADE, strlen(TRADE) - 1, &ev, &e), -1);
	static const char zero_inside[] = "{\"e\":\"trade\",\0\"E\":1}";
	assert_int_equal(
		event_parse(parser, STREAM_TRADE, zero_inside, sizeof(zero_inside) - 1, &ev, &e),
		-1);
}

/* Real frames, quoted in public places from 2021 to 2025. */
static void reads_recorded_frames(void **state)
{
	char path[1000], line[4000];
	const char *folder = getenv("PRICEGRAPH_DATA");
	size_t frames = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/ws/miniticker_snippets.jsonl",
		folder ? folder : "../shared/data");
	FILE *file = fopen(path, "re");
	if (!file) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		char *data = strstr(line, "{\"e\":\"24hrMiniTicker\"");
		if (!data)
			continue;
		size_t len = strcspn(data, "}") + 1;
		struct event ev;
		struct err e = {""};
		if (event_parse(parser, STREAM_MINI_TICKER, data, len, &ev, &e) != 0)
			fail_msg("%s: %s", data, e.text);
		assert_true(decimal_cmp(&ev.mini_ticker.low, &ev.mini_ticker.high) <= 0);
		frames++;
	}
	fclose(file);
	assert_in_range(frames, 1, 100);
}

static void frees_nothing(void **state)
{
	(void)state;
	event_parser_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_mini_ticker),
		cmocka_unit_test(reads_a_trade),
		cmocka_unit_test(reads_an_agg_trade),
		cmocka_unit_test(reads_a_ticker),
		cmocka_unit_test(reads_a_kline),
		cmocka_unit_test(reads_a_kline_without_trades),
		cmocka_unit_test(orders_by_id_or_by_time),
		cmocka_unit_test(takes_microseconds),
		cmocka_unit_test(takes_any_symbol_and_unknown_members),
		cmocka_unit_test(names_the_member_that_is_missing),
		cmocka_unit_test(names_the_member_of_another_type),
		cmocka_unit_test(refuses_symbols_that_would_do_harm),
		cmocka_unit_test(refuses_times_that_cannot_be),
		cmocka_unit_test(refuses_a_kline_that_is_no_second),
		cmocka_unit_test(refuses_another_event),
		cmocka_unit_test(refuses_what_is_no_json_object),
		cmocka_unit_test(ends_at_the_given_length),
		cmocka_unit_test(reads_recorded_frames),
		cmocka_unit_test(frees_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
