/* cache_to_poll and poll_request: what is asked, what is refused, when a poll is answered and with what text. */
#include "cgi/cache_to_poll.h"
#include "cgi/poll_request.h"
#include "clock.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T0 (1700000000 * SECOND_US)

struct fixture {
	struct cache *cache;
	struct cache_to_poll *polls;
	struct fcgi_handler handler;
	struct answer answer;
	struct fcgi_park park;
	int64_t offset;
};

static char symbols[2][SYMBOL_SIZE] = {"BTCUSDT", "ETHUSDT"};

static int partition_of(const char *symbol)
{
	return topic_partition(symbol, strlen(symbol));
}

static void control(struct fixture *f, int which, enum control_kind kind, int64_t t_us)
{
	struct cache_place at = {.partition = partition_of(symbols[which]),
		.kind = STREAM_TRADE,
		.offset = f->offset++,
		.produced_ms = clock_wall_us() / MS_US};
	struct control c = {.kind = kind,
		.session = "s",
		.collector = "c",
		.t_us = t_us,
		.clock_us = t_us,
		.speed = 1,
		.has_symbols = kind == CONTROL_BEGIN,
		.symbol_count = kind == CONTROL_BEGIN,
		.symbols = &symbols[which]};
	cache_control(f->cache, &at, &c);
}

static void trade(struct fixture *f, int which, int64_t at_us, int64_t id)
{
	struct cache_place at = {.partition = partition_of(symbols[which]),
		.kind = STREAM_TRADE,
		.offset = f->offset++};
	struct event ev = {.kind = STREAM_TRADE, .event_us = at_us};
	snprintf(ev.symbol, sizeof(ev.symbol), "%s", symbols[which]);
	ev.trade.id = id;
	ev.trade.trade_us = at_us;
	assert_int_equal(decimal_parse(&ev.trade.price, "2.5", 3), 0);
	assert_int_equal(decimal_parse(&ev.trade.quantity, "2", 1), 0);
	cache_event(f->cache, &at, &ev);
}

static void warm(struct fixture *f)
{
	const struct cache_start whole = {.whole = true};
	cache_begin(f->cache);
	for (int p = 0; p < TOPIC_PARTITIONS; p++)
		for (int k = 0; k < STREAM_COUNT; k++)
			cache_begin_at(f->cache, p, (enum stream_kind)k, &whole);
	f->offset = 0;
	control(f, 0, CONTROL_BEGIN, T0);
	control(f, 1, CONTROL_BEGIN, T0);
	cache_warm(f->cache);
	cache_epoch(f->cache, 4);
}

static enum handled ask_as(struct fixture *f, const struct request *rq)
{
	buf_reset(&f->answer.body);
	f->answer.headers[0] = '\0';
	f->park.context = NULL;
	return f->handler.handle(f->handler.arg, 0, rq, &f->answer, &f->park);
}

static struct request get(const char *query)
{
	return (struct request){.method = "GET",
		.path = "/api/v1/live",
		.query = query,
		.if_none_match = "",
		.accept = "",
		.prefer = "",
		.last_event_id = ""};
}

static enum handled ask(struct fixture *f, const char *query)
{
	struct request rq = get(query);
	return ask_as(f, &rq);
}

static void refused(struct fixture *f, const char *query, int status, const char *part)
{
	assert_int_equal(ask(f, query), HANDLED_ANSWER);
	assert_int_equal(f->answer.status, status);
	if (strstr(f->answer.body.data, part) == NULL)
		fail_msg("%s: %s", query, f->answer.body.data);
}

static bool resume(struct fixture *f, bool timed_out)
{
	buf_reset(&f->answer.body);
	return f->handler.resume(f->handler.arg, f->park.context, timed_out, &f->answer);
}

static void forget(struct fixture *f)
{
	f->handler.forget(f->handler.arg, f->park.context);
	f->park.context = NULL;
}

/* The cursor of the last answer; the caller's buffer. */
static const char *cursor_of(struct fixture *f, char out[512])
{
	const char *p = strstr(f->answer.body.data, "\"cursor\":\"");
	assert_non_null(p);
	p += strlen("\"cursor\":\"");
	snprintf(out, 512, "%.*s", (int)strcspn(p, "\""), p);
	return out;
}

static void has(struct fixture *f, const char *text)
{
	assert_int_equal(f->answer.status, 200);
	if (strstr(f->answer.body.data, text) == NULL)
		fail_msg("no '%s' in %s", text, f->answer.body.data);
}

static int set_up(void **state)
{
	const struct cache_limits limits = {
		.keep_us = 60 * SECOND_US, .settle_us = 5 * SECOND_US, .bytes_max = 1 << 20};
	struct fixture *f = calloc(1, sizeof(*f));
	f->cache = cache_new(&limits, "replay-x");
	f->polls = cache_to_poll_new(f->cache, "replay-x", 1);
	f->handler = cache_to_poll_handler(f->polls);
	buf_init(&f->answer.body, 1 << 20);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	cache_to_poll_free(f->polls);
	cache_free(f->cache);
	buf_done(&f->answer.body);
	free(f);
	return 0;
}

static void refuses_bad_requests(void **state)
{
	struct fixture *f = *state;
	struct request rq = get("symbols=BTCUSDT");
	char many[2000] = "symbols=BTCUSDT";
	warm(f);
	refused(f, "", 400, "-1102");
	refused(f, "symbols=", 400, "symbols");
	refused(f, "symbols=NOSUCH", 400, "NOSUCH");
	refused(f, "symbols=BTCUSDT,", 400, "-1121");
	refused(f, "symbols=BTCUSDT,BTCUSDT", 400, "twice");
	refused(f, "symbols=BTCUSDT&wait=61", 400, "wait");
	refused(f, "symbols=BTCUSDT&wait=-1", 400, "wait");
	refused(f, "symbols=BTCUSDT&wait=x", 400, "wait");
	refused(f, "symbols=BTCUSDT&streams=trade", 400, "streams");
	refused(f, "symbols=BTCUSDT&cursor=junk", 400, "cursor");
	refused(f, "symbols=BTCUSDT&cursor=c1:replay-x:4,c1:replay-x:4", 400, "one for each");
	for (int i = 0; i < CACHE_WANTS_MAX; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), ",S%d", i);
	refused(f, many, 400, "at most 100");
	rq.method = "POST";
	assert_int_equal(ask_as(f, &rq), HANDLED_ANSWER);
	assert_int_equal(f->answer.status, 405);
	rq = get("symbols=BTCUSDT");
	rq.accept = "text/event-stream";
	ask_as(f, &rq);
	assert_int_equal(f->answer.status, 406);
	rq = get("symbols=BTCUSDT");
	rq.path = "/api/v1/other";
	ask_as(f, &rq);
	assert_int_equal(f->answer.status, 404);
}

static void waits_as_told(void **state)
{
	struct fixture *f = *state;
	struct request rq = get("symbols=BTCUSDT");
	warm(f);
	char cursor[512], query[700];
	assert_int_equal(ask(f, "symbols=BTCUSDT&wait=0"), HANDLED_ANSWER);
	snprintf(query, sizeof(query), "symbols=BTCUSDT&cursor=%s", cursor_of(f, cursor));
	rq.query = query;
	assert_int_equal(ask_as(f, &rq), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, 25 * SECOND_US);
	forget(f);
	rq.prefer = "respond-async, wait=7";
	assert_int_equal(ask_as(f, &rq), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, 7 * SECOND_US);
	forget(f);
	rq.prefer = "wait=700";
	assert_int_equal(ask_as(f, &rq), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, 60 * SECOND_US);
	forget(f);
	snprintf(query, sizeof(query), "symbols=BTCUSDT&wait=3&cursor=%s", cursor);
	assert_int_equal(ask_as(f, &rq), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, 3 * SECOND_US);
	forget(f);
	snprintf(query, sizeof(query), "symbols=BTCUSDT&wait=0&cursor=%s", cursor);
	assert_int_equal(ask_as(f, &rq), HANDLED_ANSWER);
	has(f, "\"events\":[]");
}

static void answers_in_the_agreed_form(void **state)
{
	struct fixture *f = *state;
	char expected[1500], cursor[512];
	warm(f);
	trade(f, 0, T0 + SECOND_US, 1);
	cache_revision(f->cache, "BTCUSDT", 2, 81);
	assert_int_equal(ask(f, "symbols=BTCUSDT,ETHUSDT&cursor=c1:replay-x:4"), HANDLED_ANSWER);
	cursor_of(f, cursor);
	assert_int_equal(strncmp(cursor, "c1:replay-x:4:", 14), 0);
	snprintf(expected, sizeof(expected),
		"{\"venue\":\"replay-x\",\"epoch\":4,\"cursor\":\"%s\",\"recovered\":true,"
		"\"state\":\"replay\",\"lag_ms\":",
		cursor);
	assert_int_equal(strncmp(f->answer.body.data, expected, strlen(expected)), 0);
	has(f, ",\"as_of\":{\"BTCUSDT\":1700000000000,\"ETHUSDT\":1700000000000},\"revision\":{"
	       "\"BTCUSDT\":\"2.81\"},"
	       "\"events\":[{\"type\":\"candle\",\"symbol\":\"BTCUSDT\",\"t\":1700000001000,\"o\":"
	       "\"2.50000000\","
	       "\"h\":\"2.50000000\",\"l\":\"2.50000000\",\"c\":\"2.50000000\",\"v\":\"2."
	       "00000000\",\"q\":\"5.00000000\","
	       "\"n\":1,\"origin\":\"trade\",\"closed\":false}]}\n");
	assert_string_equal(f->answer.headers, "Cache-Control: no-store\r\n");
}

static void takes_a_cursor_for_each_symbol(void **state)
{
	struct fixture *f = *state;
	char query[700];
	warm(f);
	trade(f, 0, T0 + SECOND_US, 1);
	long long next = (long long)f->offset;
	int p = partition_of("BTCUSDT"), q = partition_of("ETHUSDT");
	snprintf(query, sizeof(query),
		"symbols=BTCUSDT,ETHUSDT&wait=0&cursor=c1:replay-x:4:%d.trade.0,c1:replay-x:4:%d."
		"trade.2",
		p, q);
	assert_int_equal(ask(f, query), HANDLED_ANSWER);
	has(f, "\"t\":1700000001000");
	has(f, "\"recovered\":true");
	snprintf(query, sizeof(query),
		"symbols=BTCUSDT,ETHUSDT&wait=0&cursor=c1:replay-x:4:%d.trade.%lld,c1:replay-x:4:%"
		"d.trade.2",
		p, next, q);
	assert_int_equal(ask(f, query), HANDLED_ANSWER);
	has(f, "\"events\":[]");
	/* Of another venue, of another epoch: not continued. */
	assert_int_equal(ask(f, "symbols=BTCUSDT&cursor=c1:binance:4"), HANDLED_ANSWER);
	has(f, "\"recovered\":false");
	assert_int_equal(ask(f, "symbols=BTCUSDT&cursor=c1:replay-x:3"), HANDLED_ANSWER);
	has(f, "\"recovered\":false");
}

static void wakes_for_events_and_no_others(void **state)
{
	struct fixture *f = *state;
	char cursor[512], query[700];
	warm(f);
	ask(f, "symbols=BTCUSDT&wait=0");
	snprintf(query, sizeof(query), "symbols=BTCUSDT&cursor=%s", cursor_of(f, cursor));
	assert_int_equal(ask(f, query), HANDLED_PARK);
	assert_false(resume(f, false));
	trade(f, 1, T0 + SECOND_US, 1);
	assert_false(resume(f, false));
	trade(f, 0, T0 + SECOND_US, 1);
	assert_true(resume(f, false));
	has(f, "\"t\":1700000001000");
	/* Another one that asks the same gets the same, byte by byte. */
	char *first = strdup(f->answer.body.data);
	assert_true(resume(f, false));
	assert_string_equal(f->answer.body.data, first);
	free(first);
	forget(f);
}

static void wakes_when_quiet_seconds_have_passed(void **state)
{
	struct fixture *f = *state;
	char cursor[512], query[700];
	const struct timespec tick = {.tv_nsec = 10 * 1000 * 1000};
	warm(f);
	ask(f, "symbols=BTCUSDT&wait=0");
	snprintf(query, sizeof(query), "symbols=BTCUSDT&cursor=%s", cursor_of(f, cursor));
	assert_int_equal(ask(f, query), HANDLED_PARK);
	int64_t begun_us = clock_mono_us();
	control(f, 0, CONTROL_ALIVE, T0 + SECOND_US);
	while (!resume(f, false)) {
		nanosleep(&tick, NULL);
		assert_true(clock_mono_us() - begun_us < 10 * SECOND_US);
	}
	assert_true(clock_mono_us() - begun_us >= SECOND_US - 50 * MS_US);
	has(f, "\"as_of\":{\"BTCUSDT\":1700000001000}");
	has(f, "\"events\":[]");
	has(f, "\"recovered\":true");
	forget(f);
	/* Whose cursor is older already at the start waits a second, whatever happens. */
	assert_int_equal(ask(f, query), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, SECOND_US);
	forget(f);
}

static void holds_back_while_cold(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(ask(f, "symbols=BTCUSDT&wait=0"), HANDLED_ANSWER);
	assert_int_equal(f->answer.status, 503);
	assert_int_equal(ask(f, "symbols=BTCUSDT"), HANDLED_PARK);
	assert_int_equal(f->park.wait_us, 2 * SECOND_US);
	assert_false(resume(f, false));
	assert_true(resume(f, true));
	assert_int_equal(f->answer.status, 503);
	warm(f);
	assert_true(resume(f, false));
	has(f, "\"recovered\":false");
	forget(f);
	/* Symbols can be judged only once it is warm. */
	cache_begin(f->cache);
	assert_int_equal(ask(f, "symbols=NOSUCH"), HANDLED_PARK);
	warm(f);
	assert_true(resume(f, false));
	assert_int_equal(f->answer.status, 400);
	forget(f);
}

static void tells_all_when_the_epoch_rises(void **state)
{
	struct fixture *f = *state;
	char cursor[512], query[700];
	warm(f);
	ask(f, "symbols=BTCUSDT&wait=0");
	snprintf(query, sizeof(query), "symbols=BTCUSDT&cursor=%s", cursor_of(f, cursor));
	assert_int_equal(ask(f, query), HANDLED_PARK);
	assert_true(cache_epoch(f->cache, 5));
	cache_begin(f->cache);
	assert_false(resume(f, false));
	warm(f);
	cache_epoch(f->cache, 5);
	assert_true(resume(f, false));
	has(f, "\"epoch\":5");
	has(f, "\"recovered\":false");
	forget(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_bad_requests),
		TEST(waits_as_told),
		TEST(answers_in_the_agreed_form),
		TEST(takes_a_cursor_for_each_symbol),
		TEST(wakes_for_events_and_no_others),
		TEST(wakes_when_quiet_seconds_have_passed),
		TEST(holds_back_while_cold),
		TEST(tells_all_when_the_epoch_rises),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
