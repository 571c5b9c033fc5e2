/* From the choice and the exchange's list to what is wanted, on its thread; the list is played by the test. */
#include "clock.h"
#include "daemon/binance_rest.h"
#include "daemon/feed_symbols.h"
#include "test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
	pthread_mutex_t lock;
	char list[1000]; /* "": not to be had */
	int asked;
	bool stopping;
	atomic_int woken;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct binance_rest *binance_rest_new(const struct settings *s, const char *user, struct err *e)
{
	(void)e;
	assert_true(s && user);
	fake.stopping = false;
	return (struct binance_rest *)&fake;
}

void binance_rest_free(struct binance_rest *r)
{
	(void)r;
}

void binance_rest_stop(struct binance_rest *r)
{
	(void)r;
	pthread_mutex_lock(&fake.lock);
	fake.stopping = true;
	pthread_mutex_unlock(&fake.lock);
}

bool binance_rest_stopping(const struct binance_rest *r)
{
	(void)r;
	pthread_mutex_lock(&fake.lock);
	bool stopping = fake.stopping;
	pthread_mutex_unlock(&fake.lock);
	return stopping;
}

const char *binance_rest_base(const struct binance_rest *r)
{
	(void)r;
	return "http://test";
}

enum rest_done binance_rest_get(
	struct binance_rest *r, const char *path_query, int weight, struct buf *body, struct err *e)
{
	(void)r;
	buf_reset(body);
	pthread_mutex_lock(&fake.lock);
	fake.asked++;
	buf_add_str(body, fake.list);
	pthread_mutex_unlock(&fake.lock);
	if (strcmp(path_query, "/api/v3/exchangeInfo") != 0 || weight != 20)
		abort();
	if (body->len)
		return REST_OK;
	err_set(e, "down");
	return REST_LATER;
}

static void wake(void *arg)
{
	if (arg != &fake)
		abort();
	atomic_fetch_add(&fake.woken, 1);
}

/* "A=TRADING B=BREAK" */
static void set_list(const char *symbols)
{
	char copy[500], *rest = copy;
	size_t len = 0;

	snprintf(copy, sizeof(copy), "%s", symbols);
	pthread_mutex_lock(&fake.lock);
	fake.list[0] = '\0';
	for (char *one; (one = strtok_r(rest, " ", &rest));) {
		char *status = strchr(one, '=');
		*status++ = '\0';
		len += (size_t)snprintf(fake.list + len, sizeof(fake.list) - len,
			"%s{\"symbol\":\"%s\",\"status\":\"%s\"}", len ? "," : "{\"symbols\":[",
			one, status);
	}
	if (len)
		snprintf(fake.list + len, sizeof(fake.list) - len, "]}");
	pthread_mutex_unlock(&fake.lock);
}

static struct feed_choice *chosen(const char *symbols)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	char assignment[300];

	snprintf(assignment, sizeof(assignment), "feed.symbols=%s", symbols);
	assert_int_equal(settings_set(s, assignment, &e), 0);
	assert_int_equal(settings_set(s, "feed.streams=trade", &e), 0);
	struct feed_choice *c = feed_choice_new(s, &e);
	assert_non_null(c);
	settings_free(s);
	return c;
}

static bool pass(int64_t until_us)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	nanosleep(&ms, NULL);
	return clock_mono_us() < until_us;
}

/* What comes next is these symbols. */
static void expect(struct feed_symbols *f, const char *symbols, bool checked)
{
	int64_t until_us = clock_mono_us() + 10 * SECOND_US;
	char text[500] = "";

	while (!atomic_load(&fake.woken) && pass(until_us))
		;
	assert_int_equal(atomic_exchange(&fake.woken, 0), 1);
	struct feed_wants *w = feed_symbols_take(f);
	assert_non_null(w);
	for (size_t i = 0; i < w->count; i++) {
		assert_int_equal(w->all[i].stream, STREAM_TRADE);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			w->all[i].symbol);
	}
	assert_string_equal(text, symbols);
	assert_int_equal(w->checked, checked);
	feed_wants_free(w);
}

/* The list was asked for, and nothing comes of it. */
static void expect_nothing(struct feed_symbols *f, struct feed_choice *c)
{
	int64_t until_us = clock_mono_us() + 10 * SECOND_US;

	pthread_mutex_lock(&fake.lock);
	int before = fake.asked;
	pthread_mutex_unlock(&fake.lock);
	feed_symbols_choose(f, c);
	/* Twice: what came of the first is through when the second is asked. */
	for (int times = 1; times <= 2; times++) {
		int asked = before;
		while (asked < before + times && pass(until_us)) {
			pthread_mutex_lock(&fake.lock);
			asked = fake.asked;
			pthread_mutex_unlock(&fake.lock);
		}
		assert_true(asked >= before + times);
		if (times == 1)
			feed_symbols_choose(f, chosen("OTHER"));
	}
	assert_null(feed_symbols_take(f));
}

static struct feed_symbols *started(const char *symbols)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	struct feed_symbols *f = feed_symbols_new(s, chosen(symbols), wake, &fake, &e);

	assert_non_null(f);
	settings_free(s);
	return f;
}

static void test_checked(void **state)
{
	(void)state;
	set_list("A=TRADING B=TRADING C=BREAK");
	struct feed_symbols *f = started("A,C,NOSUCH");
	expect(f, "A", true); /* the first choice goes without those that are not traded */
	feed_symbols_choose(f, chosen("A,C,NOSUCH,B"));
	expect(f, "A B", true); /* that they are not is not new */
	expect_nothing(f, chosen("A,OTHER"));
	expect_nothing(f, chosen("A,C,NOSUCH,B"));
	set_list("A=BREAK B=TRADING D=TRADING");
	feed_symbols_choose(f, chosen("A,B"));
	expect(f, "B", true);
	set_list("A=TRADING B=TRADING D=TRADING");
	feed_symbols_choose(f, chosen("A,*"));
	expect(f, "A B D", true);
	feed_symbols_choose(f, chosen("-*,B"));
	expect(f, "B", true);
	feed_symbols_free(f);
}

static void test_not_to_be_had(void **state)
{
	(void)state;
	set_list("");
	struct feed_symbols *f = started("A,NOSUCH,*B");
	expect(f, "A NOSUCH", false);
	set_list("A=TRADING XB=TRADING");
	feed_symbols_choose(f, chosen("A,NOSUCH,*B"));
	expect(f, "A XB", true);
	/* Down again: the old list still says what it knows, and a new name counts as it stands. */
	set_list("");
	feed_symbols_choose(f, chosen("*B,NEW"));
	expect(f, "NEW XB", true);
	feed_symbols_free(f);
}

static void test_stopped_at_once(void **state)
{
	(void)state;
	set_list("A=TRADING");
	for (int i = 0; i < 50; i++) {
		struct feed_symbols *f = started("A");
		if (i % 2)
			feed_symbols_choose(f, chosen("*"));
		feed_symbols_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_not_to_be_had),
		cmocka_unit_test(test_stopped_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
