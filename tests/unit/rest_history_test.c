/* A stretch of the past, page by page, from a scripted exchange: which requests go out, which rows come back. */
#include "clock.h"
#include "daemon/rest_history.h"
#include "http_script.h"
#include <stdio.h>

#define T0_MS 1735689600000LL
#define T0 (T0_MS * 1000)

struct client {
	struct http_script server;
	struct settings *settings;
	struct binance_rest *rest;
	struct rest_history history;
	struct err e;
};

static void client_init(struct client *c, const char *const *answers, size_t count)
{
	char text[64];

	*c = (struct client){.e = {""}};
	http_script_start(&c->server, answers, count);
	c->settings = settings_new(&c->e);
	snprintf(text, sizeof(text), "exchange.rest_port=%d", c->server.port);
	assert_int_equal(settings_set(c->settings, text, &c->e), 0);
	assert_int_equal(settings_set(c->settings, "exchange.rest_host=127.0.0.1", &c->e), 0);
	assert_int_equal(settings_set(c->settings, "exchange.tls=no", &c->e), 0);
	c->rest = binance_rest_new(c->settings, "test", &c->e);
	assert_non_null(c->rest);
	rest_history_init(&c->history);
}

static void client_done(struct client *c)
{
	rest_history_done(&c->history);
	binance_rest_free(c->rest);
	http_script_stop(&c->server);
	settings_free(c->settings);
}

/* An answer of `count` bars from second `first` on, or of trades with ids and seconds from `first` on. */
static char *answer(enum stream_kind kind, int64_t first, int count)
{
	static char body[400000], text[8][400500];
	static int next;
	char *out = text[next++ % 8];
	size_t len = 0;

	len += (size_t)snprintf(body + len, sizeof(body) - len, "[");
	for (int i = 0; i < count; i++) {
		long long ms = T0_MS + (first + i) * 1000;
		if (kind == STREAM_KLINE_1S)
			len += (size_t)snprintf(body + len, sizeof(body) - len,
				"%s[%lld,\"1.0\",\"2.0\",\"0.5\",\"1.5\",\"10.0\",%lld,\"15.0\",7,"
				"\"5.0\",\"7.5\",\"0\"]",
				i ? "," : "", ms, ms + 999);
		else
			len += (size_t)snprintf(body + len, sizeof(body) - len,
				"%s{\"a\":%lld,\"p\":\"1.0\",\"q\":\"2.0\",\"f\":%lld,\"l\":%lld,"
				"\"T\":%lld,"
				"\"m\":true,\"M\":true}",
				i ? ", " : "", (long long)first + i, (long long)(first + i) * 2,
				(long long)(first + i) * 2 + 1, ms);
	}
	len += (size_t)snprintf(body + len, sizeof(body) - len, "]");
	snprintf(out, sizeof(text[0]), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", len,
		body);
	return out;
}

static void begin(struct client *c, enum stream_kind kind, int64_t from_s, int64_t to_s)
{
	const struct rest_history_want want = {
		"BTCUSDT", {kind, LADDER_1S}, T0 + from_s * SECOND_US, T0 + to_s * SECOND_US};

	rest_history_begin(&c->history, &want);
}

static void page(struct client *c, int rows, int64_t first_us)
{
	struct history_row row = {0};
	int count = 0;

	if (rest_history_page(&c->history, c->rest, &c->e) != REST_OK)
		fail_msg("%s", c->e.text);
	while (rest_history_next(&c->history, &row))
		if (count++ == 0)
			assert_true(row.time_us == first_us);
	assert_int_equal(count, rows);
}

static void test_bars(void **state)
{
	const char *answers[] = {
		answer(STREAM_KLINE_1S, 0, 1000), answer(STREAM_KLINE_1S, 1000, 200)};
	struct client c;

	(void)state;
	client_init(&c, answers, 2);
	begin(&c, STREAM_KLINE_1S, 0, 1200);
	page(&c, 1000, T0);
	assert_false(c.history.finished);
	page(&c, 200, T0 + 1000 * SECOND_US);
	assert_true(c.history.finished);
	assert_string_equal(c.server.paths[0], "/api/v3/"
					       "klines?symbol=BTCUSDT&interval=1s&startTime="
					       "1735689600000&endTime=1735690799999&limit=1000");
	assert_string_equal(c.server.paths[1], "/api/v3/"
					       "klines?symbol=BTCUSDT&interval=1s&startTime="
					       "1735690600000&endTime=1735690799999&limit=1000");
	client_done(&c);
}

/* A halt: nothing, or less than asked for; rows outside are not ours. */
static void test_halt(void **state)
{
	const char *answers[] = {answer(STREAM_KLINE_1S, 0, 0), answer(STREAM_KLINE_1S, -5, 20)};
	struct client c;

	(void)state;
	client_init(&c, answers, 2);
	begin(&c, STREAM_KLINE_1S, 0, 100);
	page(&c, 0, 0);
	assert_true(c.history.finished);
	begin(&c, STREAM_KLINE_1S, 0, 10);
	page(&c, 10, T0);
	assert_true(c.history.finished);
	begin(&c, STREAM_KLINE_1S, 10, 5);
	assert_true(c.history.finished);
	client_done(&c);
}

/* The first id by time, then by id: none is passed over, however many share a millisecond. */
static void test_trades(void **state)
{
	const char *answers[] = {
		answer(STREAM_AGG_TRADE, 500, 1000), answer(STREAM_AGG_TRADE, 1500, 1000)};
	struct client c;

	(void)state;
	client_init(&c, answers, 2);
	begin(&c, STREAM_AGG_TRADE, 500, 1700);
	page(&c, 1000, T0 + 500 * SECOND_US);
	assert_false(c.history.finished);
	page(&c, 201, T0 + 1500 * SECOND_US); /* its end is included */
	assert_true(c.history.finished);
	assert_string_equal(c.server.paths[0],
		"/api/v3/aggTrades?symbol=BTCUSDT&startTime=1735690100000&limit=1000");
	assert_string_equal(
		c.server.paths[1], "/api/v3/aggTrades?symbol=BTCUSDT&fromId=1500&limit=1000");
	client_done(&c);
}

static void test_resume(void **state)
{
	const char *answers[] = {
		answer(STREAM_KLINE_1S, 70, 30), answer(STREAM_AGG_TRADE, 1500, 10)};
	struct client c;

	(void)state;
	client_init(&c, answers, 2);
	begin(&c, STREAM_KLINE_1S, 0, 100);
	rest_history_resume(&c.history, T0 + 70 * SECOND_US);
	page(&c, 30, T0 + 70 * SECOND_US);
	begin(&c, STREAM_AGG_TRADE, 0, 5000);
	rest_history_resume(&c.history, 1500);
	page(&c, 10, T0 + 1500 * SECOND_US);
	assert_true(c.history.finished);
	assert_string_equal(
		c.server.paths[1], "/api/v3/aggTrades?symbol=BTCUSDT&fromId=1500&limit=1000");
	begin(&c, STREAM_KLINE_1S, 0, 100);
	rest_history_resume(&c.history, T0 + 100 * SECOND_US);
	assert_true(c.history.finished);
	client_done(&c);
}

#define WRONG(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

/* Nothing of an answer that can't be read is taken, and the place stays. */
static void test_nonsense(void **state)
{
	static const char *const bodies[] = {WRONG("<html>"), WRONG("{}"), WRONG("[1]"),
		WRONG("[{}]"), WRONG("[[1,2]]"), WRONG(""),
		WRONG("[[1735689600000,\"1\",\"1\",\"1\",\"x\",\"1\",1735689600999,\"1\",1,\"1\","
		      "\"1\",\"0\"]]"),
		WRONG("[[1735689601000,\"1\",\"1\",\"1\",\"1\",\"1\",1735689601999,\"1\",1,\"1\","
		      "\"1\",\"0\"],"
		      "[1735689600000,\"1\",\"1\",\"1\",\"1\",\"1\",1735689600999,\"1\",1,\"1\","
		      "\"1\",\"0\"]]")};
	const size_t count = sizeof(bodies) / sizeof(bodies[0]);
	struct history_row row;
	struct client c;

	(void)state;
	client_init(&c, bodies, count);
	begin(&c, STREAM_KLINE_1S, 0, 100);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rest_history_page(&c.history, c.rest, &c.e), REST_REFUSED);
		assert_int_equal(binance_rest_code(c.rest), 0);
		assert_non_null(strstr(c.e.text, "answer"));
		assert_false(rest_history_next(&c.history, &row));
		assert_false(c.history.finished);
		assert_true(c.history.next_us == T0);
	}
	client_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_halt),
		cmocka_unit_test(test_trades),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
