/* The choice against the exchange's list: who is collected, who is named as not traded, and what holds without the list. */
#include "daemon/feed_wants.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL(name, status) "{\"symbol\":\"" name "\",\"status\":\"" status "\",\"filters\":[{}]}"
#define INFO(symbols) "{\"timezone\":\"UTC\",\"symbols\":[" symbols "],\"sors\":[]}"
static const char list[] = INFO(SYMBOL("ETHUSDT", "TRADING") "," SYMBOL(
	"BTCUSDT", "TRADING") "," SYMBOL("MATICUSDT", "BREAK") "," SYMBOL("\\u8fd9\\u662f456",
	"TRADING") "," SYMBOL("", "TRADING") ",5,{\"symbol\":7}," SYMBOL("ETHBTC",
	"END_OF_DAY") "," SYMBOL("HALTUSDT", "HALT"));

static struct feed_choice *chosen(const char *symbols, const char *streams)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);

	assert_int_equal(settings_set(s, symbols, &e), 0);
	assert_int_equal(settings_set(s, streams, &e), 0);
	struct feed_choice *c = feed_choice_new(s, &e);
	assert_non_null(c);
	settings_free(s);
	return c;
}

static struct feed_catalog *listed(void)
{
	struct err e = {""};
	struct feed_catalog *c = feed_catalog_new(list, strlen(list), &e);

	assert_non_null(c);
	return c;
}

/* The symbols, one behind the other. */
static const char *symbols_of(const struct feed_wants *w)
{
	static char text[500];

	*text = '\0';
	for (size_t i = 0; i < w->symbol_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", w->symbols[i]);
	return text;
}

static void test_catalog(void **state)
{
	struct feed_catalog *c = listed();
	struct err e = {""};

	(void)state;
	assert_int_equal(c->count, 6);
	assert_string_equal(feed_catalog_find(c, "MATICUSDT")->status, "BREAK");
	assert_true(feed_catalog_is_listed(feed_catalog_find(c, "\xe8\xbf\x99\xe6\x98\xaf"
								"456")));
	assert_null(feed_catalog_find(c, "BTCUSD"));
	assert_null(feed_catalog_find(c, ""));
	feed_catalog_free(c);
	static const char *const none[] = {"", "[]", "{\"symbols\":[]}", "{\"symbols\":5}", "{",
		"{\"code\":-1003,\"msg\":\"no\"}"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		e.text[0] = '\0';
		assert_null(feed_catalog_new(none[i], strlen(none[i]), &e));
		assert_true(e.text[0]);
	}
}

static void test_checked(void **state)
{
	struct feed_choice *c = chosen("feed.symbols=\xe8\xbf\x99\xe6\x98\xaf"
				       "456,*USDT,BTCUSDT,"
				       "\xe8\xbf\x99\xe6\x98\xaf"
				       "456,NOSUCH,ETHBTC",
		"feed.streams=trade,miniTicker,trade");
	struct feed_catalog *catalog = listed();
	struct err e = {""};
	struct feed_wants *w = feed_wants_new(c, catalog, false, &e);

	(void)state;
	assert_string_equal(symbols_of(w), "\xe8\xbf\x99\xe6\x98\xaf"
					   "456 BTCUSDT ETHUSDT HALTUSDT ");
	assert_int_equal(w->count, 8);
	assert_int_equal(w->all[0].stream, STREAM_MINI_TICKER);
	assert_string_equal(w->all[5].symbol, "BTCUSDT");
	assert_int_equal(w->all[5].stream, STREAM_TRADE);
	assert_true(w->checked);
	feed_wants_free(w);
	/* Two names are not traded, each with its reason; the pattern's BREAK symbol is no fault, and one that is halted is listened to. */
	size_t i = 0;
	const char *status;
	assert_string_equal(feed_wants_fault(c, catalog, &i, &status)->name, "NOSUCH");
	assert_null(status);
	assert_string_equal(feed_wants_fault(c, catalog, &i, &status)->name, "ETHBTC");
	assert_string_equal(status, "END_OF_DAY");
	assert_null(feed_wants_fault(c, catalog, &i, &status));
	/* An old list may lack what is new, but what it says is not traded was not. */
	w = feed_wants_new(c, catalog, true, &e);
	assert_string_equal(symbols_of(w), "\xe8\xbf\x99\xe6\x98\xaf"
					   "456 BTCUSDT NOSUCH ETHUSDT HALTUSDT ");
	feed_wants_free(w);
	feed_catalog_free(catalog);
	feed_choice_free(c);
}

static void test_without_a_list(void **state)
{
	struct feed_choice *c = chosen("feed.symbols=BTCUSDT,*BTC,ETHUSDT,BTCUSDT,-ETHUSDT",
		"feed.streams=trade,!miniTicker@arr");
	struct err e = {""};
	struct feed_wants *w = feed_wants_new(c, NULL, false, &e);

	(void)state;
	assert_string_equal(symbols_of(w), "BTCUSDT ");
	assert_false(w->checked);
	assert_int_equal(w->count, 2);
	assert_int_equal(w->all[0].stream, STREAM_MINI_TICKER); /* of the whole exchange */
	assert_string_equal(w->all[0].symbol, "");
	feed_wants_free(w);
	feed_choice_free(c);
}

static void test_too_many(void **state)
{
	struct feed_choice *c = chosen("feed.symbols=*", "feed.streams=trade,miniTicker,kline_1s");
	struct feed_catalog many = {.count = FEED_WANTS_MAX / 3 + 1};
	struct err e = {""};

	(void)state;
	many.symbols = calloc(many.count, sizeof(*many.symbols));
	for (size_t i = 0; i < many.count; i++) {
		snprintf(many.symbols[i].name, SYMBOL_SIZE, "S%07zu", i);
		snprintf(many.symbols[i].status, FEED_STATUS_SIZE, "TRADING");
	}
	assert_null(feed_wants_new(c, &many, false, &e));
	assert_non_null(strstr(e.text, "more than 65536"));
	many.count--;
	struct feed_wants *w = feed_wants_new(c, &many, false, &e);
	assert_int_equal(w->count, 3 * many.count);
	feed_wants_free(w);
	free(many.symbols);
	feed_choice_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalog),
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_without_a_list),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
