/* Requests of the websocket and of REST without a socket: what is asked, what is answered. */
#include "daemon/exchange_request.h"
#include "daemon/exchange_rest.h"
#include "daemon/market_to_hub.h"
#include "model.h"

static void wake(struct hub_client *c)
{
	(void)c;
}

struct asking {
	struct hub *hub;
	struct hub_client client;
	struct buf answer;
};

static enum request_outcome asked(struct asking *a, const char *text)
{
	buf_reset(&a->answer);
	return exchange_request(a->hub, &a->client, text, strlen(text), &a->answer);
}

static void control_requests(void **state)
{
	static const char *const cases[][2] = {
		{"{\"method\":\"SUBSCRIBE\",\"params\":[\"a@trade\",\"b@trade\"],\"id\":1}",
			"{\"result\":null,\"id\":1}"},
		{"{\"id\":-9223372036854775808,\"method\":\"LIST_SUBSCRIPTIONS\"}",
			"{\"result\":[\"a@trade\",\"b@trade\"],\"id\":-9223372036854775808}"},
		{"{\"method\":\"UNSUBSCRIBE\",\"params\":[\"a@trade\"],\"id\":\"x-Y_9\"}",
			"{\"result\":null,\"id\":\"x-Y_9\"}"},
		{"{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":null}",
			"{\"result\":[\"b@trade\"],\"id\":null}"},
		{"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":2}",
			"{\"result\":null,\"id\":2}"},
		{"{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":3}",
			"{\"result\":true,\"id\":3}"},
		{"{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\",1],\"id\":3}",
			"{\"error\":{\"code\":2,\"msg\":\"Invalid request: too many "
			"parameters\"},\"id\":3}"},
		{"{\"method\":\"SUBSCRIBE\",\"params\":{},\"id\":4}",
			"{\"error\":{\"code\":2,\"msg\":\"Invalid request: params must be an "
			"array\"},\"id\":4}"},
		{"{\"method\":5,\"id\":4}",
			"{\"error\":{\"code\":2,\"msg\":\"Invalid request: missing field `method` "
			"at line 1 column 19\"},\"id\":4}"},
		{"{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":\"\\\"\"}",
			"{\"error\":{\"code\":2,\"msg\":\"Invalid request: request ID must be an "
			"unsigned integer\"},\"id\":null}"},
		{"", "{\"error\":{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 "
		     "column 1\"}}"},
		{"{} x", "{\"error\":{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 "
			 "column 3\"}}"},
	};
	struct asking a = {.hub = hub_new(1000, false, wake)};

	(void)state;
	buf_init(&a.answer, 1 << 20);
	hub_join(a.hub, &a.client);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum request_outcome outcome = asked(&a, cases[i][0]);

		assert_int_equal(outcome, i == 0 ? REQUEST_SUBSCRIBED : REQUEST_ANSWERED);
		if (strncmp(cases[i][0], "{} x", 4) != 0)
			assert_string_equal(a.answer.data, cases[i][1]);
	}
	hub_leave(a.hub, &a.client);
	hub_free(a.hub);
	buf_done(&a.answer);
}

static void stream_names(void **state)
{
	char long_name[HUB_NAME_MAX + 2];

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	assert_true(exchange_stream_valid((struct slice){long_name, HUB_NAME_MAX}));
	assert_false(exchange_stream_valid((struct slice){long_name, HUB_NAME_MAX + 1}));
	assert_true(exchange_stream_valid((struct slice){"!miniTicker@arr", 15}));
	assert_true(exchange_stream_valid((struct slice){"btcusdt@kline_1d@+08:00", 23}));
	assert_false(exchange_stream_valid((struct slice){"", 0}));
	assert_false(exchange_stream_valid((struct slice){"a\"b", 3}));
	assert_false(exchange_stream_valid((struct slice){"a/b", 3}));
}

static void zones(void **state)
{
	static const struct {
		const char *text;
		int64_t minutes;
	} cases[] = {{"0", 0}, {"8", 480}, {"-1:00", -60}, {"05:45", 345}, {"14:00", 840},
		{"-12", -720}, {"+3", 180}};
	static const char *const bad[] = {
		"", "x", "14:01", "-12:01", "15", "1:", "1:5", "1:005", "100", "--1"};
	struct rest_answer a = {.status = 200};

	(void)state;
	buf_init(&a.body, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rest_request r = {.count = 1, .params = {{"timeZone", cases[i].text}}};
		int64_t us = 1;

		assert_int_equal(rest_param_zone(&r, "timeZone", &us, &a), 0);
		assert_int_equal(us, cases[i].minutes * MINUTE_US);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rest_request r = {.count = 1, .params = {{"timeZone", bad[i]}}};
		int64_t us = 1;

		a.status = 200;
		assert_int_equal(rest_param_zone(&r, "timeZone", &us, &a), -1);
		assert_int_equal(a.status, 400);
		assert_int_equal(us, 1);
	}
	buf_done(&a.body);
}

/* A market of two trades in a second, ended. */
static struct market *small_market(struct given *g)
{
	static const char *const names[] = {"BTCUSDT"};
	struct market *m;
	struct err e;

	given_trade(g, 60101, 60100, 50, 2);
	given_trade(g, 60201, 60200, 70, 1);
	given_add(g, MARKET_END, 60900);
	m = market_new(names, 1, (struct market_source){g, given_next}, 60 * SECOND_US);
	while (market_step(m, MARKET_NEVER, &e) > 0)
		continue;
	return m;
}

static void rest_answers(void **state)
{
	static const struct {
		const char *path;
		struct rest_param params[2];
		bool microseconds;
		const char *body;
	} cases[] = {
		{"/api/v3/ping", {{0}}, false, "{}"},
		{"/api/v3/time", {{0}}, false, "{\"serverTime\":60900}"},
		{"/api/v3/time", {{0}}, true, "{\"serverTime\":60900000}"},
		{"/api/v3/klines", {{"symbol", "BTCUSDT"}, {"interval", "1m"}}, false,
			"[[60000,\"50.00000000\",\"70.00000000\",\"50.00000000\",\"70.00000000\","
			"\"3.00000000\",119999,"
			"\"170.00000000\",2,\"2.00000000\",\"100.00000000\",\"0\"]]"},
		{"/api/v3/nosuch", {{0}}, false, "{\"code\":-1000,\"msg\":\"No such endpoint.\"}"},
	};
	struct given g = {.count = 0};
	struct market *m = small_market(&g);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rest_request r = {
			.path = cases[i].path, .microseconds = cases[i].microseconds};
		struct rest_answer a = {.status = 0};

		for (; r.count < 2 && cases[i].params[r.count].name; r.count++)
			r.params[r.count] = cases[i].params[r.count];
		buf_init(&a.body, 1 << 20);
		exchange_rest(m, 60900 * MS_US, &r, &a);
		assert_string_equal(a.body.data, cases[i].body);
		buf_done(&a.body);
	}
	market_free(m);
}

/* The arrow: unseen before it starts, then sent, the clock behind the frames, told of the end. */
static void the_market_runs_into_the_hub(void **state)
{
	static const char *const names[] = {"BTCUSDT"};
	struct given g = {.count = 0};
	struct hub *h = hub_new(1 << 20, false, wake);
	struct hub_client c = {.combined = false};
	struct market *m;
	struct market_to_hub *a;
	struct message *message;
	int64_t sent, unsent;
	struct err e;

	(void)state;
	given_trade(&g, 60101, 60100, 50, 2);
	given_add(&g, MARKET_END, 60900);
	m = market_new(names, 1, (struct market_source){&g, given_next}, 60 * SECOND_US);
	a = market_to_hub_new(m, h, NULL, 0, false);
	hub_join(h, &c);
	assert_int_equal(hub_subscribe(h, &c, (struct slice){"btcusdt@trade", 13}), 0);
	assert_true(market_to_hub_run(a, &e) > 0);
	assert_int_equal(market_to_hub_state(a), MARKET_WAITING);
	assert_int_equal(market_to_hub_clock_us(a), 60 * SECOND_US);
	assert_int_equal(c.count, 0);
	market_to_hub_start(a);
	market_to_hub_start(a);
	while (market_to_hub_state(a) == MARKET_RUNNING)
		assert_true(market_to_hub_run(a, &e) >= 0);
	assert_string_equal(market_state_name(market_to_hub_state(a)), "ended");
	assert_int_equal(market_to_hub_clock_us(a), 60900 * MS_US);
	market_to_hub_counts(a, &sent, &unsent);
	assert_int_equal(sent, 1);
	assert_in_range(unsent, 1, 2); /* aggTrade; miniTicker if BTCUSDT's phase is below 900 ms */
	assert_int_equal(c.count, 3);
	message = hub_take(&c);
	assert_memory_equal(message->text, "{\"e\":\"trade\"", 12);
	message_release(message);
	message = hub_take(&c);
	assert_int_equal(message->kind, MESSAGE_PING);
	assert_memory_equal(message->text, "60900", 5);
	message_release(message);
	message = hub_take(&c);
	assert_memory_equal(message->text, "{\"e\":\"replayEnded\",\"E\":60900}", 29);
	message_release(message);
	market_to_hub_greet(a, &c); /* who comes late is told too */
	assert_int_equal(c.count, 2);
	hub_leave(h, &c);
	market_to_hub_free(a);
	market_free(m);
	hub_free(h);
}

static void a_failed_source_stops_the_arrow(void **state)
{
	struct given g = {.fails = true};
	struct hub *h = hub_new(1000, false, wake);
	struct market *m = market_new(NULL, 0, (struct market_source){&g, given_next}, 0);
	struct market_to_hub *a = market_to_hub_new(m, h, NULL, 1, false);
	struct err e;

	(void)state;
	market_to_hub_start(a);
	assert_int_equal(market_to_hub_run(a, &e), -1);
	assert_string_equal(e.text, "the disk is gone");
	market_to_hub_free(a);
	market_free(m);
	hub_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_requests),
		cmocka_unit_test(stream_names),
		cmocka_unit_test(zones),
		cmocka_unit_test(rest_answers),
		cmocka_unit_test(the_market_runs_into_the_hub),
		cmocka_unit_test(a_failed_source_stops_the_arrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
