/* Requests to a scripted server: answers, errors, bans, stopping. The budget and the ban are the process's: tests that ban wait them out. */
#include "clock.h"
#include "daemon/binance_rest.h"
#include "http_script.h"
#include "log.h"
#include <stdio.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define OK(length, body) OK_HEAD "Content-Length: " length "\r\n\r\n" body

static struct settings *settings_at(int port)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	char text[64];

	assert_non_null(s);
	snprintf(text, sizeof(text), "exchange.rest_port=%d", port);
	assert_int_equal(settings_set(s, text, &e), 0);
	assert_int_equal(settings_set(s, "exchange.rest_host=127.0.0.1", &e), 0);
	assert_int_equal(settings_set(s, "exchange.tls=no", &e), 0);
	return s;
}

struct client {
	struct http_script server;
	struct settings *settings;
	struct binance_rest *rest;
	struct buf body;
	struct err e;
};

static void client_init(struct client *c, const char *const *answers, size_t count)
{
	http_script_start(&c->server, answers, count);
	c->settings = settings_at(c->server.port);
	c->rest = binance_rest_new(c->settings, "test", &c->e);
	assert_non_null(c->rest);
	buf_init(&c->body, 1000);
}

static void client_done(struct client *c)
{
	binance_rest_free(c->rest);
	http_script_stop(&c->server);
	settings_free(c->settings);
	buf_done(&c->body);
}

#define START(...)                                                                                 \
	static const char *const answers[] = {__VA_ARGS__};                                        \
	struct client c = {.e = {""}};                                                             \
	(void)state;                                                                               \
	client_init(&c, answers, sizeof(answers) / sizeof(answers[0]))

static enum rest_done get(struct client *c, const char *path)
{
	return binance_rest_get(c->rest, path, 2, &c->body, &c->e);
}

static void test_answers(void **state)
{
	START(OK("2", "[]"), OK("3", "[1]"),
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 39\r\n\r\n"
		"{\"code\":-1121,\"msg\":\"Invalid symbol.\"} ",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n<html");

	assert_int_equal(get(&c, "/api/v3/klines?symbol=A"), REST_OK);
	assert_int_equal(c.body.len, 2);
	assert_memory_equal(c.body.data, "[]", 2);
	assert_int_equal(get(&c, "/api/v3/klines?symbol=B"), REST_OK);
	assert_memory_equal(c.body.data, "[1]", 3);
	assert_int_equal(get(&c, "/api/v3/klines"), REST_REFUSED);
	assert_int_equal(binance_rest_code(c.rest), -1121);
	assert_string_equal(c.e.text, "HTTP status 400: Invalid symbol.");
	assert_int_equal(get(&c, "/api/v3/nonsense"), REST_REFUSED);
	assert_int_equal(binance_rest_code(c.rest), 0);
	assert_string_equal(c.e.text, "HTTP status 404");
	assert_string_equal(c.server.paths[1], "/api/v3/klines?symbol=B");
	assert_int_equal(c.server.connections, 1); /* kept alive */
	client_done(&c);
}

static void test_too_long(void **state)
{
	static char answer[3000] = OK_HEAD "Content-Length: 2000\r\n\r\n";
	static const char *const answers[] = {answer};
	struct client c = {.e = {""}};

	(void)state;
	memset(answer + strlen(answer), ' ', 2000);
	client_init(&c, answers, 1);
	assert_int_equal(get(&c, "/"), REST_REFUSED);
	assert_string_equal(c.e.text, "the answer is longer than 1000 bytes");
	client_done(&c);
}

static void test_server_error(void **state)
{
	START("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 502 Bad Gateway\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", "", "",
		OK("2", "{}"));
	int64_t before_us = clock_mono_us();

	assert_int_equal(get(&c, "/"), REST_LATER);
	assert_true(binance_rest_not_before_us(c.rest) >= before_us + SECOND_US / 4);
	assert_true(binance_rest_not_before_us(c.rest) <= before_us + 5 * SECOND_US);
	assert_int_equal(get(&c, "/"), REST_LATER);
	assert_true(binance_rest_not_before_us(c.rest) >= before_us + 9 * SECOND_US);
	assert_int_equal(get(&c, "/"), REST_LATER); /* hung up, and again on a new connection */
	assert_int_equal(get(&c, "/"), REST_OK);    /* nobody is banned */
	client_done(&c);
}

static void test_nobody_there(void **state)
{
	START(OK("2", "{}"));
	struct settings *s = settings_at(1);
	struct binance_rest *r = binance_rest_new(s, "test", &c.e);

	assert_non_null(r);
	assert_int_equal(binance_rest_get(r, "/", 1, &c.body, &c.e), REST_LATER);
	assert_true(binance_rest_wait(r));
	assert_true(clock_mono_us() >= binance_rest_not_before_us(r));
	binance_rest_free(r);
	settings_free(s);
	client_done(&c);
}

/* 429 holds for all handles of the process, for as long as Retry-After says. */
static void test_too_many(void **state)
{
	START("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: "
	      "close\r\nContent-Length: 36\r\n\r\n"
	      "{\"code\":-1003,\"msg\":\"Way too much.\"}\n",
		OK("2", "{}"));
	struct binance_rest *other = binance_rest_new(c.settings, "other", &c.e);

	assert_non_null(other);
	assert_int_equal(get(&c, "/"), REST_LATER);
	assert_int_equal(binance_rest_code(c.rest), -1003);
	int64_t until_us = binance_rest_not_before_us(c.rest);
	assert_int_equal(binance_rest_get(other, "/", 1, &c.body, &c.e), REST_LATER);
	assert_true(binance_rest_not_before_us(other) == until_us);
	assert_int_equal(c.server.requests, 1); /* the other has not even asked */
	assert_true(binance_rest_wait(other));
	assert_int_equal(binance_rest_get(other, "/", 1, &c.body, &c.e), REST_OK);
	binance_rest_free(other);
	client_done(&c);
}

/* The time in the text of a ban. */
static void test_banned(void **state)
{
	static char answer[400];
	static const char *const answers[] = {answer, OK("2", "{}")};
	struct client c = {.e = {""}};
	char body[200];

	(void)state;
	int64_t until_ms = clock_wall_us() / MS_US + 1500;
	snprintf(body, sizeof(body),
		"{\"code\":-1003,\"msg\":\"Way too much request weight used; IP banned until %lld. "
		"Please use WebSocket Streams for live updates to avoid bans.\"}",
		(long long)until_ms);
	snprintf(answer, sizeof(answer),
		"HTTP/1.1 418 I'm a teapot\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	client_init(&c, answers, 2);
	assert_int_equal(get(&c, "/"), REST_LATER);
	assert_true(binance_rest_wait(c.rest));
	assert_true(clock_wall_us() / MS_US >= until_ms - 1);
	assert_true(clock_wall_us() / MS_US < until_ms + 30000);
	assert_int_equal(get(&c, "/"), REST_OK);
	client_done(&c);
}

/* The header's weight bounds a bulk user, while others still get through. */
static void test_weight(void **state)
{
	START(OK_HEAD
		"x-mbx-used-weight-1m: 2999\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
		OK_HEAD
		"X-MBX-USED-WEIGHT-1M: 5\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
	struct binance_rest *bulk = binance_rest_new(c.settings, "bulk", &c.e);

	assert_non_null(bulk);
	binance_rest_bulk(bulk);
	if (clock_wall_us() % MINUTE_US > 58 * SECOND_US) /* a minute's end would free the budget */
		assert_true(binance_rest_pause(bulk, 3 * SECOND_US));
	assert_int_equal(get(&c, "/"), REST_OK);
	assert_int_equal(binance_rest_get(bulk, "/", 2, &c.body, &c.e), REST_LATER);
	assert_true(binance_rest_not_before_us(bulk) > clock_mono_us());
	assert_true(binance_rest_not_before_us(bulk) <= clock_mono_us() + MINUTE_US);
	assert_int_equal(get(&c, "/"), REST_OK);
	assert_int_equal(binance_rest_get(bulk, "/", 2, &c.body, &c.e), REST_OK);
	assert_int_equal(c.server.requests, 3);
	binance_rest_free(bulk);
	client_done(&c);
}

static void test_time(void **state)
{
	START(OK("28", "{\"serverTime\":1499827319559} "), OK("2", "{}"),
		OK("30", "{\"serverTime\":1499827319559123}"));
	int64_t t_us = 7, round_trip_us = -1;

	assert_int_equal(binance_rest_time(c.rest, &t_us, &round_trip_us, &c.e), REST_OK);
	assert_true(t_us == 1499827319559000);
	assert_true(round_trip_us >= 0);
	assert_int_equal(binance_rest_time(c.rest, &t_us, &round_trip_us, &c.e), REST_LATER);
	assert_string_equal(c.e.text, "no serverTime in the answer");
	assert_int_equal(binance_rest_time(c.rest, &t_us, &round_trip_us, &c.e), REST_LATER);
	assert_true(t_us == 1499827319559000);
	client_done(&c);
}

static void *stop_soon(void *arg)
{
	struct client *c = arg;

	while (atomic_load(&c->server.requests) == 0)
		;
	binance_rest_stop(c->rest);
	return NULL;
}

static void test_stopped(void **state)
{
	START(NULL); /* never answered */
	pthread_t thread;
	int64_t before_us = clock_mono_us();

	assert_int_equal(pthread_create(&thread, NULL, stop_soon, &c), 0);
	assert_int_equal(get(&c, "/"), REST_STOPPED);
	assert_true(clock_mono_us() - before_us < 5 * SECOND_US);
	assert_int_equal(get(&c, "/"), REST_STOPPED);
	assert_false(binance_rest_pause(c.rest, 100 * SECOND_US));
	assert_false(binance_rest_wait(c.rest));
	pthread_join(thread, NULL);
	client_done(&c);
}

static void test_escape(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	binance_rest_escape(&b, "1INCH&a=\xe8\xbf\x99");
	assert_string_equal(b.data, "1INCH%26a%3D%E8%BF%99");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_server_error),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_banned),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_escape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
