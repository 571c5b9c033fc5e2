/* What the operator asks for: names, patterns, what is taken out, and files that can't be used. */
#include "daemon/feed_choice.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings *with(const char *symbols, const char *streams)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);

	assert_non_null(s);
	assert_int_equal(settings_set(s, symbols, &e), 0);
	assert_int_equal(settings_set(s, streams, &e), 0);
	return s;
}

static struct feed_choice *chosen(const char *symbols, const char *streams)
{
	struct err e = {""};
	struct settings *s = with(symbols, streams);
	struct feed_choice *c = feed_choice_new(s, &e);

	if (!c)
		fail_msg("%s", e.text);
	settings_free(s);
	return c;
}

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *symbol;
		bool matches;
	} cases[] = {{"BTCUSDT", "BTCUSDT", true}, {"BTCUSDT", "BTCUSD", false},
		{"BTCUSD", "BTCUSDT", false}, {"*", "A", true}, {"*USDT", "BTCUSDT", true},
		{"*USDT", "USDT", true}, {"*USDT", "USDTUSDT", true}, {"*USDT", "USDTBTC", false},
		{"BTC*", "BTCUSDT", true}, {"B*U*T", "BTCUSDT", true}, {"B*U*X", "BTCUSDT", false},
		{"*BTC*", "WBTCUSDT", true}, {"**", "A", true}, {"A**B", "AB", true},
		{"\xe8\xbf\x99*",
			"\xe8\xbf\x99\xe6\x98\xaf"
			"456",
			true},
		{"btc*", "BTCUSDT", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (feed_choice_matches(cases[i].pattern, cases[i].symbol) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].symbol);
}

static void test_last_match_decides(void **state)
{
	struct feed_choice *c = chosen("feed.symbols=*USDT, -BTC*,BTCUSDT, 1INCHBTC ,-DOGEUSDT",
		"feed.streams=trade,!miniTicker@arr");

	(void)state;
	assert_true(feed_choice_wants(c, "ETHUSDT"));
	assert_true(feed_choice_wants(c, "BTCUSDT"));
	assert_false(feed_choice_wants(c, "BTCDOMUSDT"));
	assert_false(feed_choice_wants(c, "DOGEUSDT"));
	assert_true(feed_choice_wants(c, "1INCHBTC"));
	assert_false(feed_choice_wants(c, "ETHBTC"));
	assert_true(c->whole && c->streams[STREAM_TRADE] && !c->streams[STREAM_MINI_TICKER]);
	assert_true(feed_choice_has_stream(c, STREAM_MINI_TICKER));
	assert_false(feed_choice_has_stream(c, STREAM_KLINE_1S));
	struct feed_choice *copy = feed_choice_copy(c);
	assert_true(feed_choice_is_equal(c, copy));
	copy->entries[1].out = false;
	assert_false(feed_choice_is_equal(c, copy));
	feed_choice_free(copy);
	feed_choice_free(c);
}

static void refused(const char *symbols, const char *streams, const char *why)
{
	struct settings *s = with(symbols, streams);
	struct err e = {""};

	assert_null(feed_choice_new(s, &e));
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
	refused("feed.symbols=-A,-*", "feed.streams=trade", "nothing to collect");
	refused("feed.symbols=A,-", "feed.streams=trade", "1 to 63 bytes");
	refused("feed.symbols=A B", "feed.streams=trade", "'A B'");
	refused("feed.symbols=A\"", "feed.streams=trade", "no symbol has");
	refused("feed.symbols=\xff\xfe", "feed.streams=trade", "UTF-8");
	refused("feed.symbols=A", "feed.streams=miniTicker,!miniTicker@arr", "one of them");
	refused("feed.symbols=A123456789B123456789C123456789D123456789E123456789F123456789G123",
		"feed.streams=trade", "1 to 63 bytes");
}

static struct feed_choice *from_file(const char *text, struct err *e)
{
	char path[] = "/tmp/feed_choice.XXXXXX", assignment[200];
	struct settings *s = with("feed.symbols=BTCUSDT", "feed.streams=trade");
	int fd = mkstemp(path);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	snprintf(assignment, sizeof(assignment), "feed.symbols_file=%s", path);
	assert_int_equal(settings_set(s, assignment, e), 0);
	struct feed_choice *c = feed_choice_new(s, e);
	unlink(path);
	settings_free(s);
	return c;
}

static void test_file(void **state)
{
	struct err e = {""};
	struct feed_choice *c = from_file(
		"# mine\n\nETHUSDT # the second\r\n  *BTC\n-BTCUSDT\n\xe8\xbf\x99\xe6\x98\xaf\n",
		&e);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->count, 5);
	assert_true(!c->entries[0].in_file && c->entries[1].in_file && c->entries[2].pattern);
	assert_true(feed_choice_wants(c, "ETHUSDT") && feed_choice_wants(c, "WAVESBTC") &&
		    feed_choice_wants(c, "\xe8\xbf\x99\xe6\x98\xaf"));
	assert_false(feed_choice_wants(c, "BTCUSDT"));
	feed_choice_free(c);
	assert_null(from_file("ETHUSDT\nA B\n", &e));
	assert_non_null(strstr(e.text, ":2: 'A B'"));
	char line[400];
	memset(line, 'A', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_null(from_file(line, &e));
	assert_non_null(strstr(e.text, ":1: a line of more than"));
}

static void test_file_that_is_not_there(void **state)
{
	struct settings *s = with("feed.symbols=", "feed.streams=trade");
	struct err e = {""};

	(void)state;
	assert_int_equal(settings_set(s, "feed.symbols_file=/nowhere/at/all", &e), 0);
	struct feed_choice *c = feed_choice_new(s, &e);
	assert_non_null(c);
	assert_int_equal(c->count, 0);
	feed_choice_free(c);
	assert_int_equal(settings_set(s, "feed.symbols_file=/tmp", &e), 0);
	assert_null(feed_choice_new(s, &e));
	assert_non_null(strstr(e.text, "/tmp"));
	settings_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_last_match_decides),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
