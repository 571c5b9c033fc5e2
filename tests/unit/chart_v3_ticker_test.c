/* Goal: tickers, average prices and exchangeInfo: what is known, what is not, and of which symbols. */
#include "chart_rows.h"

static const char *text(const char *path, const char *query)
{
	get(path, query);
	if (a.status != 200)
		fail_msg("%s", a.body.data);
	return readable(a.body.data, a.body.len);
}

static void header_is(const char *line)
{
	if (!strstr(a.headers, line))
		fail_msg("no %s in %s", line, a.headers);
}

#define DAY "/api/v3/ticker/24hr"
#define PRICE "/api/v3/ticker/price"
#define INFO "/api/v3/exchangeInfo"
#define UNKNOWN_MEMBERS                                                                            \
	"\"lastQty\":\"0.00000000\",\"bidPrice\":\"0.00000000\",\"bidQty\":\"0.00000000\","        \
	"\"askPrice\":\"0.00000000\",\"askQty\":\"0.00000000\","

/* Settled up to 295 is the venue's; B has one candle in that time. The day before D begins at its minute. */
static void folds_the_day(void **state)
{
	(void)state;
	assert_string_equal(text(DAY, "symbol=B"),
		"{\"symbol\":\"B\",\"priceChange\":\"0.00000000\",\"priceChangePercent\":\"0.000\","
		"\"weightedAvgPrice\":\"1.00000000\",\"prevClosePrice\":\"1.00000000\","
		"\"lastPrice\":\"1."
		"00000000\"," UNKNOWN_MEMBERS "\"openPrice\":\"1.00000000\",\"highPrice\":\"1."
		"00000000\",\"lowPrice\":\"1.00000000\","
		"\"volume\":\"1.00000000\",\"quoteVolume\":\"1.00000000\",\"openTime\":@-86100,"
		"\"closeTime\":@300,"
		"\"firstId\":-1,\"lastId\":-1,\"count\":1}");
	header_is("X-Pricegraph-Incomplete: 1\r\n"); /* nobody listened for all of a day */
	header_is("X-Pricegraph-State: stale\r\n");
	/* A sample has no volume, so the day has none. What is stored before it is settled counts. */
	assert_string_equal(text(DAY, "symbol=A&type=MINI"),
		"{\"symbol\":\"A\",\"openPrice\":\"10.00000000\",\"highPrice\":\"50.00000000\","
		"\"lowPrice\":\"9."
		"00000000\",\"lastPrice\":\"50.00000000\",\"volume\":\"0.00000000\","
		"\"quoteVolume\":\"0.00000000\","
		"\"openTime\":@-86100,\"closeTime\":@300,\"firstId\":-1,\"lastId\":-1,\"count\":"
		"0}");
}

static void the_exchanges_own_day_comes_first(void **state)
{
	(void)state;
	database_needed();
	database_run("SELECT partition_ensure('replay-t', 'raw_mini_ticker', " US("0") ")");
	database_run("INSERT INTO raw_mini_ticker SELECT t, 'A', 'replay-t', c, 30, 60, 25, 1000, "
		     "40000, t FROM (VALUES (" US("293.5") ", 49), (" US("298.25") ", 49.5), (" US(
			     "200") ", 1)) AS v (t, c)");
	assert_string_equal(text(DAY, "symbol=A"),
		"{\"symbol\":\"A\",\"priceChange\":\"19.50000000\",\"priceChangePercent\":\"65."
		"000\","
		"\"weightedAvgPrice\":\"40.00000000\",\"prevClosePrice\":\"30.00000000\","
		"\"lastPrice\":\"49."
		"50000000\"," UNKNOWN_MEMBERS "\"openPrice\":\"30.00000000\",\"highPrice\":\"60."
		"00000000\",\"lowPrice\":\"25.00000000\","
		"\"volume\":\"1000.00000000\",\"quoteVolume\":\"40000.00000000\",\"openTime\":@-"
		"86101.75,\"closeTime\":@"
		"298.25,\"firstId\":-1,\"lastId\":-1,\"count\":0}");
	header_is("X-Pricegraph-Incomplete: 0\r\n");
	database_run("DELETE FROM raw_mini_ticker WHERE event_us > " US("250"));
	assert_non_null(strstr(text(DAY, "symbol=A"),
		"\"lastPrice\":\"50.00000000\"")); /* one of long ago is none */
	database_run("DELETE FROM raw_mini_ticker");
}

/* B as if it had been heard for all of the day. */
static void ids_are_told_where_the_day_is_whole(void **state)
{
	(void)state;
	database_needed();
	database_run("UPDATE symbol SET first_us = first_us - 200000000000 WHERE symbol = 'B'");
	database_run("UPDATE gap SET state = 'repaired' WHERE symbol = 'B'");
	second("B", 290, "2, 3, 2, 2.5, 4, 9, 6, 4", 1);
	database_run("UPDATE candle_1s SET first_id = 95, last_id = 100 WHERE symbol = 'B' AND "
		     "open_us = " US("290"));
	assert_non_null(
		strstr(text(DAY, "symbol=B"), "\"firstId\":94,\"lastId\":100,\"count\":7}"));
	header_is("X-Pricegraph-Incomplete: 0\r\n");
	assert_non_null(strstr(
		a.body.data, "\"priceChange\":\"1.50000000\",\"priceChangePercent\":\"150.000\""));
	database_run("DELETE FROM candle_1s WHERE symbol = 'B' AND open_us = " US("290"));
	database_run("UPDATE symbol SET first_us = first_us + 200000000000 WHERE symbol = 'B'");
	database_run("UPDATE gap SET state = 'open' WHERE symbol = 'B'");
}

static void an_idle_symbol_is_flat_at_its_last_close(void **state)
{
	(void)state;
	database_needed();
	database_run("SELECT partition_ensure('replay-t', 'candle_1d', " US("-10*86400") ")");
	database_run("INSERT INTO candle_1d (open_us, symbol, venue, open, high, low, close, "
		     "volume, quote, trades, origin, "
		     "revision) VALUES (" US(
			     "-10*86400") ", 'NONE', 'replay-t', 5, 7, 4, 6, 1, 1, 1, 4, 1)");
	database_run("UPDATE symbol SET first_us = " US("-10*86400") " WHERE symbol = 'NONE'");
	text(DAY, "symbol=NONE&type=MINI");
	assert_non_null(
		strstr(a.body.data, "\"openPrice\":\"6.00000000\",\"highPrice\":\"6.00000000\","
				    "\"lowPrice\":\"6.00000000\",\"lastPrice\":\"6."
				    "00000000\",\"volume\":\"0.00000000\""));
	assert_string_equal(
		text(PRICE, "symbol=NONE"), "{\"symbol\":\"NONE\",\"price\":\"6.00000000\"}");
	database_run("UPDATE symbol SET first_us = NULL WHERE symbol = 'NONE'");
	database_run("DELETE FROM candle_1d WHERE symbol = 'NONE'");
}

static void tells_prices(void **state)
{
	(void)state;
	assert_string_equal(text(PRICE, ""),
		"[{\"symbol\":\"A\",\"price\":\"50.00000000\"},{\"symbol\":\"B\",\"price\":\"1."
		"00000000\"},{\"symbol\":\"NEW\","
		"\"price\":\"0.00000000\"},{\"symbol\":\"NONE\",\"price\":\"0.00000000\"}]");
	assert_string_equal(text(PRICE, "symbols=%5B%22B%22,%22A%22%5D"),
		"[{\"symbol\":\"A\",\"price\":\"50.00000000\"},{\"symbol\":\"B\",\"price\":\"1."
		"00000000\"}]");
	assert_string_equal(
		text(PRICE, "symbols=[\"B\"]"), "[{\"symbol\":\"B\",\"price\":\"1.00000000\"}]");
	/* NONE is not subscribed to. */
	assert_string_equal(text(PRICE, "symbolStatus=BREAK"),
		"[{\"symbol\":\"NONE\",\"price\":\"0.00000000\"}]");
	assert_string_equal(text(PRICE, "symbolStatus=HALT"), "[]");
	assert_string_equal(text(PRICE, "symbols=[\"NONE\",\"A\"]&symbolStatus=TRADING"),
		"[{\"symbol\":\"A\",\"price\":\"50.00000000\"}]");
}

static void averages_five_minutes(void **state)
{
	(void)state;
	/* A: 233.123456789 for 12.75; neither the second that was removed nor the sample counts. */
	assert_string_equal(text("/api/v3/avgPrice", "symbol=A"),
		"{\"mins\":5,\"price\":\"18.28419269\",\"closeTime\":@296.999}");
	/* B: nothing in its last five minutes but the candle at 5000. */
	assert_string_equal(text("/api/v3/avgPrice", "symbol=B"),
		"{\"mins\":5,\"price\":\"1.00000000\",\"closeTime\":@5000.999}");
	assert_non_null(strstr(text("/api/v3/avgPrice", "symbol=NEW"), "\"price\":\"0.00000000\""));
}

static void tells_rules_from_names_and_prices(void **state)
{
	(void)state;
	text(INFO, "symbol=A");
	assert_non_null(strstr(a.body.data,
		"{\"timezone\":\"UTC\",\"serverTime\":1723161902000,\"rateLimits\":[],"));
	assert_non_null(strstr(a.body.data,
		"\"symbols\":[{\"symbol\":\"A\",\"status\":\"TRADING\",\"baseAsset\":\"A\""));
	/* Prices like 14.5, volumes like 3.75 in the last hour. */
	assert_non_null(strstr(a.body.data, "\"tickSize\":\"0.10000000\""));
	assert_non_null(strstr(a.body.data, "\"stepSize\":\"0.01000000\""));
	text(INFO, "symbols=[\"NONE\"]");
	assert_non_null(strstr(a.body.data, "\"status\":\"BREAK\""));
	assert_non_null(strstr(a.body.data, "\"tickSize\":\"0.00000001\""));
}

static void the_exchanges_own_rules_come_first(void **state)
{
	(void)state;
	database_needed();
	database_run(
		"INSERT INTO symbol_info VALUES "
		"('replay-t', 'B', 1, 'HALT', "
		"'{\"symbol\":\"B\",\"x\":1,\"permissionSets\":[[\"SPOT\",\"MARGIN\"]],\"y\":2}'), "
		"('replay-t', 'A', 2, 'TRADING', "
		"'{\"permissionSets\":[[\"SPOT\"]],\"symbol\":\"A\"}'), "
		"('replay-t', 'Z', 3, 'TRADING', '{\"symbol\":\"Z\"}')");
	assert_non_null(strstr(text(INFO, ""),
		"\"symbols\":[{\"symbol\":\"B\",\"x\":1,\"permissionSets\":[[\"SPOT\",\"MARGIN\"]],"
		"\"y\":2},"
		"{\"permissionSets\":[[\"SPOT\"]],\"symbol\":\"A\"},{\"symbol\":\"NEW\","));
	assert_null(strstr(a.body.data, "\"Z\"")); /* not collected */
	assert_non_null(strstr(text(INFO, "symbol=B&showPermissionSets=false"),
		"\"symbols\":[{\"symbol\":\"B\",\"x\":1,\"permissionSets\":[],\"y\":2}]}"));
	assert_non_null(strstr(text(INFO, "permissions=MARGIN"),
		"\"symbols\":[{\"symbol\":\"B\",\"x\":1,\"permissionSets\":[[\"SPOT\",\"MARGIN\"]],"
		"\"y\":2}]}"));
	assert_non_null(strstr(text(INFO, "permissions=[\"LEVERAGED\",\"SPOT\"]&symbolStatus=HALT"),
		"[{\"symbol\":\"B\""));
	assert_non_null(strstr(text(INFO, "permissions=LEVERAGED"), "\"symbols\":[]}"));
	assert_non_null(strstr(text(INFO, "symbolStatus=HALT"), "\"y\":2}]}"));
	assert_string_equal(
		text(PRICE, "symbolStatus=HALT"), "[{\"symbol\":\"B\",\"price\":\"1.00000000\"}]");
	database_run("DELETE FROM symbol_info");
}

static void refuses_as_the_exchange_does(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *path = i == 0 ? DAY : i == 1 ? PRICE : INFO;

		refuses("GET", path, "symbol=NOSUCH", 400,
			"\"code\":-1121,\"msg\":\"Invalid symbol.\"");
		refuses("GET", path, "symbols=[\"A\",\"NOSUCH\"]", 400, "\"code\":-1121");
		refuses("GET", path, "symbol=A&symbols=[\"A\"]", 400, "\"code\":-1128");
		refuses("GET", path, "symbols=[\"A\",\"A\"]", 400, "\"code\":-1151");
		refuses("GET", path, "symbols=A,B", 400, "\"code\":-1100");
		refuses("GET", path, "symbol=", 400, "\"code\":-1105");
		refuses("GET", path, "symbolStatus=OPEN", 400, "\"code\":-1122");
		refuses("GET", path, "nope=1", 400, "\"code\":-1103");
	}
	refuses("GET", DAY, "type=BIG", 400, "\"code\":-1139,\"msg\":\"Invalid ticker type.\"");
	refuses("GET", DAY, "symbol=NONE&symbolStatus=TRADING", 400, "\"code\":-1220");
	refuses("GET", INFO, "symbol=A&symbolStatus=TRADING", 400, "\"code\":-1128");
	refuses("GET", INFO, "symbol=A&permissions=SPOT", 400, "\"code\":-1128");
	refuses("GET", INFO, "permissions=[\"SPOT\"", 400, "\"code\":-1100");
	refuses("GET", "/api/v3/avgPrice", "", 400, "\"code\":-1102");
	refuses("GET", "/api/v3/avgPrice", "symbol=NOSUCH", 400, "\"code\":-1121");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_the_day),
		cmocka_unit_test(the_exchanges_own_day_comes_first),
		cmocka_unit_test(ids_are_told_where_the_day_is_whole),
		cmocka_unit_test(an_idle_symbol_is_flat_at_its_last_close),
		cmocka_unit_test(tells_prices),
		cmocka_unit_test(averages_five_minutes),
		cmocka_unit_test(tells_rules_from_names_and_prices),
		cmocka_unit_test(the_exchanges_own_rules_come_first),
		cmocka_unit_test(refuses_as_the_exchange_does),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
