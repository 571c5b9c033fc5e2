/* Goal: fill records survive print and parse, and what is wrong in one is named. */
#include "fill.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

#define GOOD                                                                                       \
	"{\"symbol\":\"BTCUSDT\",\"stream\":\"trade\",\"from\":1723161255000000,"                  \
	"\"to\":1723161256000000,\"cause\":\"ids\",\"state\":\"done\",\"reason\":\"\","            \
	"\"rows\":3,\"first_id\":100,\"last_id\":102,\"rows_from\":1723161254500000,"              \
	"\"rows_to\":1723161256000000}"

static int parse(const char *json, struct fill *out, struct err *e)
{
	return fill_parse(out, json, strlen(json), e);
}

static void prints_what_it_parses(void **state)
{
	static const struct fill all[] = {
		{"BTCUSDT", STREAM_TRADE, 1723161255000000, 1723161256000000, "ids", FILL_DONE, "",
			3, 100, 102, 1723161254500000, 1723161256000000},
		{"币安\"", STREAM_MINI_TICKER, 1, 1, "feed", FILL_REPAIRING, "", 0, -1, -1, 1, 3},
		{"A", STREAM_AGG_TRADE, -5, 7, "recording", FILL_UNREPAIRABLE,
			"the \"recording\" holds nothing here", 0, -1, -1, -5, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct buf text;
		struct fill back;
		struct err e = {""};

		buf_init(&text, 4096);
		fill_format(&all[i], &text);
		assert_int_equal(fill_parse(&back, text.data, text.len, &e), 0);
		assert_string_equal(back.symbol, all[i].symbol);
		assert_string_equal(back.cause, all[i].cause);
		assert_string_equal(back.reason, all[i].reason);
		assert_int_equal(back.stream, all[i].stream);
		assert_int_equal(back.state, all[i].state);
		assert_true(back.from_us == all[i].from_us && back.to_us == all[i].to_us);
		assert_true(back.rows == all[i].rows && back.first_id == all[i].first_id &&
			    back.last_id == all[i].last_id);
		assert_true(back.rows_from_us == all[i].rows_from_us &&
			    back.rows_to_us == all[i].rows_to_us);
		if (i == 0) {
			buf_add_char(&text, '\0');
			assert_string_equal(text.data, GOOD);
		}
		buf_done(&text);
	}
}

/* And where rows are looked for, as in records of earlier versions. */
static void an_absent_reason_is_none(void **state)
{
	struct fill f;
	struct err e = {""};

	(void)state;
	assert_int_equal(parse("{\"symbol\":\"A\",\"stream\":\"kline_1s\",\"from\":1,\"to\":2,"
			       "\"cause\":\"feed\","
			       "\"state\":\"repairing\",\"rows\":0,\"first_id\":-1,\"last_id\":-1,"
			       "\"new\":{}}",
				 &f, &e),
		0);
	assert_string_equal(f.reason, "");
	assert_int_equal(f.stream, STREAM_KLINE_1S);
	assert_true(f.rows_from_us == 1 && f.rows_to_us == 2);
}

/* GOOD with one piece replaced. */
static void bad(const char *piece, const char *by, const char *reason)
{
	const char *at = strstr(GOOD, piece);
	char json[1024];
	struct fill f, before;
	struct err e = {""};

	assert_non_null(at);
	snprintf(json, sizeof(json), "%.*s%s%s", (int)(at - GOOD), GOOD, by, at + strlen(piece));
	memset(&f, 0x5a, sizeof(f));
	before = f;
	assert_int_equal(parse(json, &f, &e), -1);
	if (!strstr(e.text, reason))
		fail_msg("%s: '%s' does not say '%s'", json, e.text, reason);
	assert_memory_equal(&f, &before, sizeof(f));
}

static void what_is_wrong_is_named(void **state)
{
	struct fill f;
	struct err e = {""};

	(void)state;
	assert_int_equal(parse(GOOD, &f, &e), 0);
	bad("\"symbol\"", "\"s\"", "'symbol' is missing");
	bad("\"trade\"", "\"depth\"", "'depth', which is no stream");
	bad("\"done\"", "\"gone\"", "'gone', not repairing, done or unrepairable");
	bad("1723161256000000", "1723161254999999", "'to' is below 'from'");
	bad("1723161254500000", "1723161255000001", "'rows_from' is behind 'from'");
	bad("\"rows_to\":1723161256000000", "\"rows_to\":1723161255999999",
		"'rows_to' is below 'to'");
	bad("1723161254500000", "\"1\"", "'rows_from' is no integer");
	bad("\"rows\":3", "\"rows\":-3", "'rows' is negative");
	bad("\"rows\":3", "\"rows\":\"3\"", "'rows' is no integer");
	bad("\"ids\"", "\"a cause that is too long\"", "'cause'");
	bad("\"reason\":\"\"", "\"reason\":7", "'reason'");
	bad("}", "", "ends early");
}

static void each_stream_is_filled_through_one_that_rest_has(void **state)
{
	(void)state;
	assert_int_equal(fill_through(STREAM_MINI_TICKER), STREAM_KLINE_1S);
	assert_int_equal(fill_through(STREAM_KLINE_1S), STREAM_KLINE_1S);
	assert_int_equal(fill_through(STREAM_TRADE), STREAM_AGG_TRADE);
	assert_int_equal(fill_through(STREAM_AGG_TRADE), STREAM_AGG_TRADE);
	for (int k = 0; k < STREAM_COUNT; k++)
		assert_non_null(stream_table[fill_through((enum stream_kind)k)].history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_it_parses),
		cmocka_unit_test(an_absent_reason_is_none),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(each_stream_is_filled_through_one_that_rest_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
