/* What is told at the end of a slot, and to whom. */
#include "daemon/market_emit.h"
#include "model.h"

#define SLOT_MS 1700000000000LL

static struct buf lines;

static void write_line(void *ctx, const struct market_event *ev)
{
	(void)ctx;
	buf_printf(&lines, "%.*s %.*s\n", (int)ev->name.len, ev->name.data, (int)ev->object.len,
		ev->object.data);
}

static bool is_wanted(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "btcusdt@ticker") == 0;
}

static void trade(struct market_symbol *s, int64_t id, int64_t ms, const int64_t price_quantity[2])
{
	struct market_trade t = {.id = id,
		.price = price_quantity[0] * UNIT,
		.quantity = price_quantity[1] * UNIT,
		.trade_us = ms * MS_US,
		.maker = id % 2 == 0};

	assert_int_equal(market_symbol_add(s, &t), 1);
}

/* The lines of the slot that is next to end. */
static const char *slot(struct market_emit *m, struct market_symbol *s)
{
	int64_t end_us = s->slot_us;

	buf_reset(&lines);
	assert_true(market_symbol_slot(s));
	market_emit_ticker(m, end_us, s, end_us);
	return lines.data;
}

static void tickers_are_made_while_they_are_wanted(void **state)
{
	struct market_output output = {NULL, write_line, NULL};
	struct market_symbol s;
	struct market_emit m;
	char expected[1024];

	(void)state;
	buf_init(&lines, 1 << 16);
	market_emit_init(&m);
	m.output = &output;
	market_symbol_init(&s, "BTCUSDT");
	s.trades.max = 10;
	market_symbol_begin(&s, SLOT_MS * MS_US);
	long long end = s.slot_us / MS_US;
	trade(&s, 7, end - 2, (int64_t[]){50, 2});
	trade(&s, 8, end - 1, (int64_t[]){40, 1});
	assert_non_null(strstr(slot(&m, &s), "btcusdt@miniTicker {"));
	assert_null(strstr(lines.data, "@ticker"));
	output.wanted = is_wanted;
	trade(&s, 9, end + 500, (int64_t[]){45, 1});
	end += 1000;
	assert_non_null(strstr(slot(&m, &s), "btcusdt@miniTicker {"));
	snprintf(expected, sizeof(expected),
		"btcusdt@ticker {\"e\":\"24hrTicker\",\"E\":%lld,\"s\":\"BTCUSDT\",\"p\":"
		"\"-5.00000000\",\"P\":\"-10.000\",\"w\":\"46.25000000\",\"x\":\"50.00000000\","
		"\"c\":\"45.00000000\",\"Q\":\"1.00000000\",\"b\":\"44.00000000\",\"B\":"
		"\"1.00000000\",\"a\":\"45.00000000\",\"A\":\"1.00000000\",\"o\":\"50.00000000\","
		"\"h\":\"50.00000000\",\"l\":\"40.00000000\",\"v\":\"4.00000000\",\"q\":"
		"\"185.00000000\",\"O\":%lld,\"C\":%lld,\"F\":7,\"L\":9,\"n\":3}\n",
		end, end - 86400000, end);
	assert_string_equal(strchr(lines.data, '\n') + 1, expected);
	/* A day later nobody has traded for a day: the last price is that before the window. */
	while (s.slot_us < (end + 86400000) * MS_US)
		(void)market_symbol_slot(&s);
	assert_non_null(
		strstr(slot(&m, &s), "\"p\":\"0.00000000\",\"P\":\"0.000\",\"w\":\"0.00000000\""));
	assert_non_null(strstr(lines.data, "\"x\":\"45.00000000\",\"c\":\"45.00000000\""));
	assert_non_null(strstr(lines.data, "\"F\":-1,\"L\":-1,\"n\":0}"));
	market_symbol_done(&s);
	market_emit_done(&m);
	buf_done(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tickers_are_made_while_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
