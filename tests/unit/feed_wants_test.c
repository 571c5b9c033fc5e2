/* What the settings ask for. */
#include "daemon/feed_wants.h"
#include "test.h"
#include <string.h>

static struct settings *with(const char *symbols, const char *streams)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);

	assert_non_null(s);
	assert_int_equal(settings_set(s, symbols, &e), 0);
	assert_int_equal(settings_set(s, streams, &e), 0);
	return s;
}

static void test_product(void **state)
{
	struct settings *s = with(
		"feed.symbols=BTCUSDT, ETHUSDT,BTCUSDT", "feed.streams=trade,miniTicker,trade");
	struct feed_wants w;
	struct err e = {""};

	(void)state;
	assert_int_equal(feed_wants_init(&w, s, &e), 0);
	assert_int_equal(w.count, 4);
	assert_int_equal(w.all[0].stream, STREAM_MINI_TICKER);
	assert_string_equal(w.all[1].symbol, "ETHUSDT");
	assert_int_equal(w.all[3].stream, STREAM_TRADE);
	assert_true(w.streams[STREAM_TRADE] && w.streams[STREAM_MINI_TICKER] &&
		    !w.streams[STREAM_KLINE_1S]);
	feed_wants_done(&w);
	settings_free(s);
}

static void refused(const char *symbols, const char *streams, const char *why)
{
	struct settings *s = with(symbols, streams);
	struct feed_wants w;
	struct err e = {""};

	assert_int_equal(feed_wants_init(&w, s, &e), -1);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
	settings_free(s);
}

static void test_refusals(void **state)
{
	(void)state;
	refused("feed.symbols=A", "feed.streams=trade,depth", "'depth'");
	refused("feed.symbols=A", "feed.streams=", "nothing to collect");
	refused("feed.symbols=", "feed.streams=trade", "nothing to collect");
	refused("feed.symbols=A123456789B123456789C123456789D123456789E123456789F123456789G123",
		"feed.streams=trade", "1 to 63 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
