/* Trades become events at their market times; worked out by hand. */
#include "daemon/market.h"
#include "daemon/market_rows.h"
#include "daemon/market_synthetic.h"
#include "model.h"

static const char *const names[] = {"BTCUSDT"};

/* The phase of BTCUSDT's slots. */
static int64_t phase_ms(void)
{
	struct market_symbol s;
	int64_t ms;

	market_symbol_init(&s, "BTCUSDT");
	ms = s.window.phase_us / MS_US;
	market_symbol_done(&s);
	return ms;
}

struct run {
	struct given given;
	struct market *market;
	struct market_output output;
	struct buf lines;
};

static void run_begin(struct run *r, int64_t start_ms)
{
	buf_init(&r->lines, 1 << 20);
	r->output = (struct market_output){&r->lines, lines_event, NULL};
	r->market = market_new(
		names, 1, (struct market_source){&r->given, given_next}, start_ms * MS_US);
	assert_non_null(r->market);
	market_output_set(r->market, &r->output);
}

static void run_until(struct run *r, int64_t limit_us)
{
	struct err e;
	int rc;

	while ((rc = market_step(r->market, limit_us, &e)) > 0)
		continue;
	assert_int_equal(rc, 0);
}

static void run_done(struct run *r)
{
	market_free(r->market);
	buf_done(&r->lines);
}

/* The lines that hold `part`, in order, one behind the other. */
static const char *lines_with(struct run *r, const char *part)
{
	static char out[8192];
	char *copy = strndup(r->lines.data ? r->lines.data : "", r->lines.len), *save = NULL;

	out[0] = '\0';
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strstr(line, part))
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s\n", line);
	}
	free(copy);
	return out;
}

#define KLINE(at, t, T, ids, ohlc, v, n, q, V, Q)                                                  \
	at " btcusdt@kline_1s {\"e\":\"kline\",\"E\":" at ",\"s\":\"BTCUSDT\",\"k\":{\"t\":" t     \
	   ",\"T\":" T ",\"s\":\"BTCUSDT\",\"i\":\"1s\"," ids "," ohlc ",\"v\":\"" v "\",\"n\":" n \
	   ",\"x\":true,\"q\":\"" q "\",\"V\":\"" V "\",\"Q\":\"" Q "\",\"B\":\"0\"}}\n"

static void trades_become_klines(void **state)
{
	struct run r = {0};

	(void)state;
	given_trade(&r.given, 10101, 10100, 50, 2); /* id 1, taker buys */
	given_trade(&r.given, 10201, 10200, 70, 1); /* id 2 */
	given_trade(&r.given, 10301, 10300, 60, 1); /* id 3 */
	given_trade(&r.given, 12501, 12500, 65, 4); /* id 4 */
	given_add(&r.given, MARKET_END, 13000);
	run_begin(&r, 10000);
	run_until(&r, MARKET_NEVER);
	assert_string_equal(lines_with(&r, "@kline"),
		KLINE("11004", "10000", "10999", "\"f\":1,\"L\":3",
			"\"o\":\"50.00000000\",\"c\":\"60.00000000\",\"h\":\"70.00000000\",\"l\":"
			"\"50.00000000\"",
			"4.00000000", "3", "230.00000000", "3.00000000",
			"160.00000000") KLINE("12004", "11000", "11999", "\"f\":-1,\"L\":-1",
			"\"o\":\"60.00000000\",\"c\":\"60.00000000\",\"h\":\"60.00000000\",\"l\":"
			"\"60.00000000\"",
			"0.00000000", "0", "0.00000000", "0.00000000", "0.00000000")
			KLINE("13000", "12000", "12999", "\"f\":4,\"L\":4",
				"\"o\":\"65.00000000\",\"c\":\"65.00000000\",\"h\":\"65.00000000\","
				"\"l\":\"65.00000000\"",
				"4.00000000", "1", "260.00000000", "0.00000000", "0.00000000"));
	assert_string_equal(lines_with(&r, "12501 btcusdt@trade"),
		"12501 btcusdt@trade "
		"{\"e\":\"trade\",\"E\":12501,\"s\":\"BTCUSDT\",\"t\":4,\"p\":\"65.00000000\","
		"\"q\":\"4.00000000\",\"T\":12500,\"m\":true,\"M\":true}\n");
	assert_string_equal(lines_with(&r, "!replay"),
		"13000 !replayEnded {\"e\":\"replayEnded\",\"E\":13000}\n");
	assert_true(market_ended(r.market));
	assert_int_equal(market_reached_us(r.market), 13 * SECOND_US);
	run_done(&r);
}

static void a_second_waits_for_its_late_trade(void **state)
{
	struct run r = {0};

	(void)state;
	given_trade(&r.given, 10101, 10100, 50, 2);
	given_trade(&r.given, 11220, 10999, 70, 1); /* 221 ms late */
	given_trade(&r.given, 11300, 11299, 60, 1);
	given_trade(&r.given, 17000, 10500, 60, 1); /* its second is long closed */
	given_add(&r.given, MARKET_END, 17500);
	run_begin(&r, 10000);
	run_until(&r, 11100 * MS_US);
	assert_string_equal(lines_with(&r, "@kline"), "");
	run_until(&r, 11220 * MS_US);
	assert_non_null(strstr(
		lines_with(&r, "@kline"), "11220 btcusdt@kline_1s {\"e\":\"kline\",\"E\":11220"));
	assert_non_null(strstr(lines_with(&r, "@kline"), "\"n\":2"));
	run_until(&r, MARKET_NEVER);
	assert_int_equal(market_late(r.market), 1);
	assert_string_equal(lines_with(&r, "17000 btcusdt@trade"), "");
	run_done(&r);
}

/* One order fills twice at one price, then at another; another order at the same instant. */
static void trades_become_agg_trades(void **state)
{
	struct run r = {0};
	struct market_order o;
	const struct market_symbol *s;

	(void)state;
	given_trade(&r.given, 10101, 10100, 50, 2);
	given_trade(&r.given, 10101, 10100, 50, 3);
	given_trade(&r.given, 10101, 10100, 51, 1);
	given_trade(&r.given, 10102, 10101, 51, 1);
	for (size_t i = 0; i < 4; i++)
		r.given.items[i].trade.maker = false;
	given_add(&r.given, MARKET_END, 10900);
	run_begin(&r, 10000);
	market_trades_keep(r.market, 100);
	run_until(&r, 10101 * MS_US);
	s = market_symbol_at(r.market, 0);
	assert_string_equal(lines_with(&r, "@aggTrade"),
		"10101 btcusdt@aggTrade "
		"{\"e\":\"aggTrade\",\"E\":10101,\"s\":\"BTCUSDT\",\"a\":1,\"p\":\"50.00000000\","
		"\"q\":\"5.00000000\",\"f\":1,\"l\":2,\"T\":10100,\"m\":false,\"M\":true}\n"
		"10101 btcusdt@aggTrade "
		"{\"e\":\"aggTrade\",\"E\":10101,\"s\":\"BTCUSDT\",\"a\":2,\"p\":\"51.00000000\","
		"\"q\":\"1.00000000\",\"f\":3,\"l\":3,\"T\":10100,\"m\":false,\"M\":true}\n");
	run_until(&r, MARKET_NEVER);
	assert_int_equal(s->trades.count, 4);
	assert_int_equal(
		market_trades_order(&s->trades, market_trades_find_order(&s->trades, 3), &o), 4);
	assert_int_equal(o.first_id, 4);
	assert_false(s->order_open);
	run_done(&r);
}

/* Each second: the symbols that changed, each with its own E; a second without news has none. */
static void mini_tickers_gather_in_an_array(void **state)
{
	struct run r = {0};
	const char *lines, *first, *second;

	(void)state;
	given_trade(&r.given, 10101, 10100, 50, 2);
	given_trade(&r.given, 15101, 15100, 50, 2);
	given_add(&r.given, MARKET_END, 17000);
	run_begin(&r, 10000);
	run_until(&r, MARKET_NEVER);
	lines = lines_with(&r, " !miniTicker@arr [{\"e\":\"24hrMiniTicker\"");
	first = strchr(lines, '\n') + 1;
	second = strchr(first, '\n') + 1;
	assert_string_equal(second, ""); /* two of seven */
	assert_non_null(strstr(lines, "}]\n"));
	run_done(&r);
}

static void mini_tickers_at_slot_ends(void **state)
{
	int64_t first = 10000 + phase_ms() + 500; /* within the slot that ends at 11000 + phase */
	struct run r = {0};
	char expected[256];

	(void)state;
	given_trade(&r.given, first + 1, first, 50, 2);
	given_trade(&r.given, first + 2, first + 1, 40, 1);
	given_trade(&r.given, first + 2600, first + 2500, 45,
		1); /* T is the very end of a slot, E is later */
	given_add(&r.given, MARKET_END, 20000);
	run_begin(&r, 10000);
	run_until(&r, MARKET_NEVER);
	snprintf(expected, sizeof(expected),
		"%lld btcusdt@miniTicker "
		"{\"e\":\"24hrMiniTicker\",\"E\":%lld,\"s\":\"BTCUSDT\",\"c\":\"40.00000000\","
		"\"o\":\"50.00000000\",\"h\":\"50.00000000\",\"l\":\"40.00000000\",\"v\":\"3."
		"00000000\",\"q\":\"140.00000000\"}\n",
		(long long)(first + 500), (long long)(first + 500));
	assert_memory_equal(lines_with(&r, "@miniTicker"), expected, strlen(expected));
	snprintf(expected, sizeof(expected),
		"%lld btcusdt@miniTicker {\"e\":\"24hrMiniTicker\",\"E\":%lld,",
		(long long)(first + 2600), (long long)(first + 2500));
	assert_non_null(strstr(lines_with(&r, "@miniTicker"), expected));
	run_done(&r);
}

static void a_pause_is_jumped(void **state)
{
	struct run r = {0};
	const struct market_span *spans;
	size_t count;

	(void)state;
	given_trade(&r.given, 10101, 10100, 50, 2);
	given_add(&r.given, MARKET_TIME, 12500);
	given_add(&r.given, MARKET_JUMP, 12500)->to_us = 100 * SECOND_US;
	given_trade(&r.given, 102501, 102500, 70, 1);
	given_add(&r.given, MARKET_END, 103000);
	run_begin(&r, 10000);
	run_until(&r, 12500 * MS_US);
	assert_int_equal(market_reached_us(r.market), 100 * SECOND_US);
	run_until(&r, MARKET_NEVER);
	assert_string_equal(lines_with(&r, "Jumped"),
		"12500 !replayJumped {\"e\":\"replayJumped\",\"E\":100000,\"from\":12500}\n");
	assert_non_null(strstr(lines_with(&r, "@kline"), "\"t\":11000,"));
	assert_null(strstr(
		lines_with(&r, "@kline"), "\"t\":12000,")); /* its second was not wholly recorded */
	assert_non_null(strstr(lines_with(&r, "@kline"), "\"t\":100000,"));
	assert_non_null(strstr(lines_with(&r, "@kline"), "\"t\":102000,"));
	spans = market_spans(r.market, &count);
	assert_int_equal(count, 2);
	assert_int_equal(spans[0].to_us, 12500 * MS_US);
	assert_int_equal(spans[1].from_us, 100 * SECOND_US);
	run_done(&r);
}

static void frames_pass_through(void **state)
{
	struct run r = {0};
	struct market_item *item;

	(void)state;
	item = given_add(&r.given, MARKET_FRAME, 10500);
	item->text = strdup("{\"stream\":\"a@depth\",\"data\":{\"u\":1}}");
	item->text_len = strlen(item->text);
	item->name_at = 11;
	item->name_len = 7;
	item->data_at = 27;
	item->data_len = 7;
	item->wrapped = true;
	given_add(&r.given, MARKET_END, 11000);
	run_begin(&r, 10000);
	run_until(&r, MARKET_NEVER);
	assert_string_equal(lines_with(&r, "depth"), "10500 a@depth {\"u\":1}\n");
	run_done(&r);
}

static void a_failing_source_is_said(void **state)
{
	struct run r = {.given = {.fails = true}};
	struct err e;

	(void)state;
	run_begin(&r, 10000);
	assert_int_equal(market_step(r.market, MARKET_NEVER, &e), -1);
	assert_string_equal(e.text, "the disk is gone");
	assert_int_equal(market_next_us(r.market, &e), -1);
	run_done(&r);
}

/* Rows of REST over the same market. */
static void rows_of_a_range(void **state)
{
	struct run r = {0};
	struct market_bar out[16];
	struct market_range range = {
		.interval = interval_find("1s"), .from_us = -1, .to_us = -1, .limit = 16};

	(void)state;
	given_trade(&r.given, 11101, 11100, 50, 2);
	given_trade(&r.given, 13101, 13100, 60, 1);
	given_add(&r.given, MARKET_JUMP, 15500)->to_us = 200 * SECOND_US;
	given_trade(&r.given, 201501, 201500, 70, 1);
	given_add(&r.given, MARKET_END, 202300);
	run_begin(&r, 10000);
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 0);
	run_until(&r, MARKET_NEVER);
	/* 11..15 with flat ones, then 200, 201 and the open 202. */
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 8);
	assert_int_equal(out[0].open_us, 11 * SECOND_US);
	assert_int_equal(out[1].trades, 0);
	assert_int_equal(out[1].open, 50 * UNIT);
	assert_int_equal(out[4].open_us, 15 * SECOND_US);
	assert_int_equal(out[5].open_us, 200 * SECOND_US);
	assert_int_equal(out[5].close, 60 * UNIT);
	assert_int_equal(out[7].open_us, 202 * SECOND_US);
	range.limit = 3;
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 3);
	assert_int_equal(out[0].open_us, 200 * SECOND_US);
	range.to_us = 199 * SECOND_US;
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 3);
	assert_int_equal(out[2].open_us, 15 * SECOND_US);
	range.from_us = 14500 * MS_US;
	range.to_us = 200 * SECOND_US;
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 2);
	assert_int_equal(out[0].open_us, 15 * SECOND_US);
	assert_int_equal(out[1].open_us, 200 * SECOND_US);
	range = (struct market_range){
		.interval = interval_find("1m"), .from_us = 0, .to_us = -1, .limit = 16};
	assert_int_equal(market_rows(r.market, market_symbol_at(r.market, 0), &range, out), 2);
	assert_int_equal(out[0].trades, 2);
	assert_int_equal(out[0].high, 60 * UNIT);
	assert_int_equal(out[1].open_us, 180 * SECOND_US);
	run_done(&r);
}

/* A market that is given its past tells the same from there on as one that lived it. */
static void a_past_is_as_good_as_lived(void **state)
{
	const int64_t start = 1700000000, middle = start + 300, end = start + 600;
	struct market_synthetic *a = market_synthetic_new(1, names, 1, start * SECOND_US);
	struct market_synthetic *b = market_synthetic_new(1, names, 1, middle * SECOND_US);
	struct run lived = {0}, told = {0};

	(void)state;
	run_begin(&lived, 0);
	run_begin(&told, 0);
	market_free(lived.market);
	market_free(told.market);
	lived.market = market_new(names, 1, market_synthetic_source(a), start * SECOND_US);
	told.market = market_new(names, 1, market_synthetic_source(b), start * SECOND_US);
	for (int64_t second = start; second < middle; second++) {
		size_t count;
		const struct market_trade *t = market_synthetic_second(b, 0, second, &count);

		for (size_t i = 0; i < count; i++)
			assert_int_equal(market_past(told.market, t[i]), 0);
	}
	market_past_end(told.market, middle * SECOND_US);
	assert_int_equal(market_reached_us(told.market), middle * SECOND_US);
	run_until(&lived, (middle + 2) * SECOND_US);
	run_until(&told, (middle + 2) * SECOND_US);
	market_output_set(lived.market, &lived.output);
	market_output_set(told.market, &told.output);
	run_until(&lived, end * SECOND_US);
	run_until(&told, end * SECOND_US);
	assert_non_null(strstr(lived.lines.data, "@miniTicker"));
	assert_string_equal(lived.lines.data, told.lines.data);
	market_synthetic_free(a);
	market_synthetic_free(b);
	run_done(&lived);
	run_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trades_become_klines),
		cmocka_unit_test(a_second_waits_for_its_late_trade),
		cmocka_unit_test(trades_become_agg_trades),
		cmocka_unit_test(mini_tickers_gather_in_an_array),
		cmocka_unit_test(mini_tickers_at_slot_ends),
		cmocka_unit_test(a_pause_is_jumped),
		cmocka_unit_test(frames_pass_through),
		cmocka_unit_test(a_failing_source_is_said),
		cmocka_unit_test(rows_of_a_range),
		cmocka_unit_test(a_past_is_as_good_as_lived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
