/* Rows of the past as REST and the archive give them, and the events made of them, as the sink's own parser reads them. */
#include "clock.h"
#include "daemon/history_row.h"
#include "event.h"
#include "test.h"
#include <string.h>

#define BAR "1735689600000,100.50000000,101.0,99.5,100,2.5,1735689600999,250.1,3,1.5,150.2,0"
#define BAR_US "1735689600000000,100.5,101.0,99.5,100,2.5,1735689600999999,250.1,3,1.5,150.2,0"
#define AGG "26129,0.01633102,4.70443515,27781,27783,1498793709153,true,true"
#define AGG_LATER "26129,0.01633102,4.70443515,27781,27783,1735689600153,True,True"
#define TRADE "28457,4.00000100,12.00000000,48.000012,1735689600123456,False,True"

static struct history_text columns[HISTORY_COLUMNS_MAX];

static size_t split(const char *line)
{
	size_t count = 0;

	for (;;) {
		size_t len = strcspn(line, ",");
		columns[count++] = (struct history_text){line, len};
		if (!line[len])
			return count;
		line += len + 1;
	}
}

static struct history_row good_of(struct given_kind kind, const char *line)
{
	struct history_row row = {0};
	struct err e = {""};

	if (history_row_read(kind, columns, split(line), &row, &e) < 0)
		fail_msg("%s: %s", line, e.text);
	return row;
}

static void bad_of(struct given_kind kind, const char *line, const char *reason)
{
	struct history_row row = {.id = 77};
	struct err e = {""};

	assert_int_equal(history_row_read(kind, columns, split(line), &row, &e), -1);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", line, e.text, reason);
	assert_int_equal(row.id, 77);
}

static struct history_row good(enum stream_kind kind, const char *line)
{
	return good_of((struct given_kind){kind, LADDER_1S}, line);
}

static void bad(enum stream_kind kind, const char *line, const char *reason)
{
	bad_of((struct given_kind){kind, LADDER_1S}, line, reason);
}

static struct event event_of(const struct history_row *row, const char *symbol, const char *json)
{
	struct err e = {""};
	struct event_parser *p = event_parser_new(&e);
	struct event ev = {0};
	struct buf b;

	buf_init(&b, 4096);
	history_row_format(row, symbol, &b);
	if (json)
		assert_string_equal(b.data, json);
	const struct event_text text = {row->kind.stream, b.data, b.len};
	if (event_parse_history(p, &text, 1800000000000000, &ev, &e) < 0)
		fail_msg("%s: %s", b.data, e.text);
	buf_done(&b);
	event_parser_free(p);
	return ev;
}

static void is_decimal(const struct decimal *d, const char *text)
{
	char out[DECIMAL_TEXT_SIZE];

	decimal_format(d, out);
	assert_string_equal(out, text);
}

static void test_bar(void **state)
{
	struct history_row row = good(STREAM_KLINE_1S, BAR);
	struct event ev = event_of(&row, "BTCUSDT",
		"{\"e\":\"kline\",\"s\":\"BTCUSDT\",\"k\":{\"i\":\"1s\",\"x\":true,\"t\":"
		"1735689600000,"
		"\"o\":\"100.50000000\",\"h\":\"101.0\",\"l\":\"99.5\",\"c\":\"100\",\"v\":\"2.5\","
		"\"T\":1735689600999,\"q\":\"250.1\",\"n\":3,\"V\":\"1.5\",\"Q\":\"150.2\"}}");

	(void)state;
	assert_true(row.time_us == 1735689600000000);
	assert_int_equal(row.trades, 3);
	assert_true(ev.kline.open_us == 1735689600000000);
	assert_true(ev.kline.closed);
	assert_int_equal(ev.kline.trades, 3);
	assert_int_equal(ev.kline.first_id, -1);
	assert_true(ev.event_us == 1800000000000000);
	is_decimal(&ev.kline.open, "100.50000000");
	is_decimal(&ev.kline.taker_quote, "150.20000000");
	/* microseconds, by magnitude */
	row = good(STREAM_KLINE_1S, BAR_US);
	assert_true(row.time_us == 1735689600000000);
	ev = event_of(&row, "\xe8\xbf\x99\"456", NULL);
	assert_true(ev.kline.open_us == 1735689600000000);
	assert_string_equal(ev.symbol, "\xe8\xbf\x99\"456");
}

static void test_bars_of_a_level(void **state)
{
	const struct given_kind hour = {STREAM_KLINE_1S, LADDER_1H},
				day = {STREAM_KLINE_1S, LADDER_1D};
	/* As the exchange has them: cut short by the halt of 2023-03-24, and the first day after that of 2018-02-08. */
	struct history_row row = good_of(hour, "1679659200000,1,2,1,2,0,1679661581646,0,0,0,0,0");
	struct event ev = event_of(&row, "A", NULL);

	(void)state;
	assert_true(row.time_us == 1679659200000000 && row.end_us == 1679662800000000);
	assert_true(ev.kline.level == LADDER_1H && ev.kline.open_us == 1679659200000000);
	assert_true(ev.kline.closed && ev.kline.trades == 0);
	row = good_of(day, "1518048000000,1,2,1,2,5,1518049694788,9,3,1,2,0");
	assert_int_equal(event_of(&row, "A", NULL).kline.level, LADDER_1D);
	bad_of(hour, "1679659200000,1,1,1,1,1,1679659259999,1,1,1,1", "one of 1m, not of 1h");
	bad_of(hour, "1679659260000,1,1,1,1,1,1679662859999,1,1,1,1", "no bar of 1h begins then");
	bad_of(hour, "1679659200000,1,1,1,1,1,1679662800000,1,1,1,1", "not within a bar of 1h");
	bad_of(day, "1679616000000,1,1,1,1,1,1679619599999,1,1,1,1", "one of 1h, not of 1d");
	bad_of(day, "1679616000000,1,1,1,1,1,1680220799999,1,1,1,1", "one of 1w, not of 1d");
}

static void test_trades(void **state)
{
	struct history_row row = good(STREAM_AGG_TRADE, AGG_LATER);
	struct event ev = event_of(&row, "ETHBTC",
		"{\"e\":\"aggTrade\",\"s\":\"ETHBTC\",\"a\":26129,\"p\":\"0.01633102\",\"q\":\"4."
		"70443515\","
		"\"f\":27781,\"l\":27783,\"T\":1735689600153,\"m\":true}");

	(void)state;
	assert_int_equal(row.id, 26129);
	assert_int_equal(ev.agg_trade.first_id, 27781);
	assert_true(ev.agg_trade.buyer_is_maker);
	row = good(STREAM_TRADE, TRADE);
	assert_true(row.time_us == 1735689600123456);
	ev = event_of(&row, "ETHBTC",
		"{\"e\":\"trade\",\"s\":\"ETHBTC\",\"t\":28457,\"p\":\"4.00000100\",\"q\":\"12."
		"00000000\","
		"\"T\":1735689600123456,\"m\":false}");
	assert_int_equal(ev.trade.id, 28457);
	assert_false(ev.trade.buyer_is_maker);
	/* one that the exchange took back */
	row = good(STREAM_AGG_TRADE, "5,0.1,0.0,-1,-1,1735689600153,false");
	assert_int_equal(event_of(&row, "X", NULL).agg_trade.first_id, -1);
}

static void test_wrong(void **state)
{
	(void)state;
	bad(STREAM_AGG_TRADE, AGG, "no time since July 2017");
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689600999,1,1,1",
		"10 columns, 11 are due");
	bad(STREAM_KLINE_1S, "", "1 columns");
	bad(STREAM_KLINE_1S, "1735689600000,x,1,1,1,1,1735689600999,1,1,1,1",
		"open: 'x' is no decimal");
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689600999,1,1,1,-1", "is negative");
	bad(STREAM_KLINE_1S, "1735689600000,1e5,1,1,1,1,1735689600999,1,1,1,1", "open");
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689600999,1,1.0,1,1", "trades");
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689600999,1,-1,1,1", "trades: negative");
	bad(STREAM_KLINE_1S, "1735689600500,1,1,1,1,1,1735689600999,1,1,1,1",
		"no bar of 1s begins then");
	/* a minute's bar */
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689659999,1,1,1,1",
		"the bar is one of 1m, not of 1s");
	bad(STREAM_KLINE_1S, "1735689600000,1,1,1,1,1,1735689599999,1,1,1,1",
		"not within a bar of 1s");
	bad(STREAM_KLINE_1S, "99999999999999999999,1,1,1,1,1,1,1,1,1,1", "open time");
	bad(STREAM_TRADE, "x,1,1,1,1735689600123,true", "id: 'x' is no whole number");
	bad(STREAM_TRADE, "-1,1,1,1,1735689600123,true", "id: negative");
	bad(STREAM_TRADE, "1,1,1,1,1735689600123,yes", "neither true nor false");
	bad(STREAM_TRADE, "1,1,1,1,,true", "time");
	bad(STREAM_AGG_TRADE, "1,1,1,5,4,1735689600123,true", "trade ids");
	bad(STREAM_AGG_TRADE, "1,1,1,-1,4,1735689600123,true", "trade ids");
	bad(STREAM_AGG_TRADE, "1,\"1\",1,1,4,1735689600123,true", "price");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_bars_of_a_level),
		cmocka_unit_test(test_trades),
		cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
