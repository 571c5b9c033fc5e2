/* meta_record: the two kinds of keys, strictly; everything else is passed over or an error that says why. */
#include "cgi/meta_record.h"
#include "test.h"
#include <string.h>

static struct meta_parser *parser;

static int parse(const char *key, const char *value, struct meta_record *out)
{
	struct err e = {{0}};
	struct kafka_record r = {.key = key,
		.key_len = key ? strlen(key) : 0,
		.value = value,
		.value_len = value ? strlen(value) : 0};
	int rc = meta_parse(parser, &r, out, &e);
	assert_int_equal(rc == 0, e.text[0] == '\0');
	return rc;
}

static void reads_epoch_and_revision(void **state)
{
	struct meta_record m;
	(void)state;
	assert_int_equal(parse("epoch", "{\"epoch\":3,\"generation\":9}", &m), 0);
	assert_int_equal(m.kind, META_EPOCH);
	assert_int_equal(m.epoch, 3);
	assert_int_equal(parse("rev/BTCUSDT", "{\"revision\":\"2.81\"}", &m), 0);
	assert_int_equal(m.kind, META_REVISION);
	assert_string_equal(m.symbol, "BTCUSDT");
	assert_int_equal(m.generation, 2);
	assert_int_equal(m.revision, 81);
}

static void passes_over_what_it_does_not_know(void **state)
{
	struct meta_record m;
	char symbol[200] = "rev/";
	(void)state;
	assert_int_equal(parse("other", "junk", &m), 0);
	assert_int_equal(m.kind, META_OTHER);
	assert_int_equal(parse("rev/BTCUSDT", NULL, &m), 0);
	assert_int_equal(m.kind, META_OTHER);
	assert_int_equal(parse(NULL, "{}", &m), 0);
	assert_int_equal(m.kind, META_OTHER);
	assert_int_equal(parse("rev/", "{\"revision\":\"2.81\"}", &m), 0);
	assert_int_equal(m.kind, META_OTHER);
	const struct kafka_record nul = {.key = "rev/\0BTC",
		.key_len = 8,
		.value = "{\"revision\":\"2.81\"}",
		.value_len = 19};
	struct err e;
	assert_int_equal(meta_parse(parser, &nul, &m, &e), 0);
	assert_int_equal(m.kind, META_OTHER);
	memset(symbol + 4, 'A', 100);
	assert_int_equal(parse(symbol, "{\"revision\":\"2.81\"}", &m), 0);
	assert_int_equal(m.kind, META_OTHER);
}

static void refuses_bad_values(void **state)
{
	static const char *const bad[] = {"", "junk", "[]", "{}", "{\"epoch\":\"3\"}",
		"{\"revision\":2}", "{\"revision\":\"2\"}", "{\"revision\":\"2.\"}",
		"{\"revision\":\".2\"}", "{\"revision\":\"2.1x\"}", "{\"revision\":\"-2.1\"}",
		"{\"revision\":\"99999999999999999999.1\"}", "{\"revision\":\"2 .1\"}"};
	struct meta_record m = {.epoch = 77};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse("rev/A", bad[i], &m), -1);
		assert_int_equal(parse("epoch", bad[i], &m), -1);
		assert_int_equal(m.epoch, 77);
	}
}

static int set_up(void **state)
{
	(void)state;
	parser = meta_parser_new();
	return parser == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	meta_parser_free(parser);
	meta_parser_free(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_epoch_and_revision),
		cmocka_unit_test(passes_over_what_it_does_not_know),
		cmocka_unit_test(refuses_bad_values),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
