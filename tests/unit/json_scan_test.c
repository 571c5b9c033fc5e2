/* The exact scanner: what is JSON and what is not, which slices come back, and the values in them. */
#include "json_scan.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
	struct json_value a, b, inner;
};

static const struct json_wanted inside_b[] = {
	{"i", offsetof(struct found, inner), NULL},
	{NULL, 0, NULL},
};
static const struct json_wanted wanted[] = {
	{"a", offsetof(struct found, a), NULL},
	{"b", offsetof(struct found, b), inside_b},
	{NULL, 0, NULL},
};

/* In memory that ends with the text, so that a sanitizer sees each byte read too many. */
static int scan_bytes(const char *text, size_t len, struct found *out)
{
	static char exact[1 << 16];
	char *at = exact + sizeof(exact) - len;

	memcpy(at, text, len);
	char *heap = malloc(len ? len : 1);
	memcpy(heap, text, len);
	struct found ignored;
	int failed = json_scan(heap, len, wanted, &ignored);
	free(heap);
	assert_int_equal(json_scan(at, len, wanted, out), failed);
	return failed;
}

static int scan(const char *text, struct found *out)
{
	return scan_bytes(text, strlen(text), out);
}

static void assert_slice(const struct json_value *v, const char *text)
{
	if (!text) {
		assert_null(v->at);
		return;
	}
	assert_int_equal(v->len, strlen(text));
	assert_memory_equal(v->at, text, v->len);
}

static void test_valid(void **state)
{
	static const char *const good[] = {"{}", " [ ] ", "0", "-0", "12", "-1.50", "1e5", "1E+5",
		"1.0e-10", "true", "false", "null", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u12aF\"",
		"[1,2 , 3]", "{\"a\":{\"b\":[{}]}}", "\t\r\n{ \"a\" : 1 , \"b\" : 2 }\n",
		"\"\xc3\xa4\xe8\xbf\x99\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"",
		"\"\\ud800\""};
	struct found f;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (scan(good[i], &f) < 0)
			fail_msg("refused: %s", good[i]);
}

static void test_invalid(void **state)
{
	static const char *const bad[] = {"", " ", "{", "}", "[", "]", "{]", "[}", "[1,]", "[,1]",
		"[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}",
		"{\"a\" 1}", "{\"a\":1 \"b\":2}", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1",
		"NaN", "Infinity", "tru", "True", "nul", "\"", "\"a", "\"\\", "\"\\x\"",
		"\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\n\"", "1 2", "{} {}", "{}x", "//c\n1",
		"\xef\xbb\xbf{}", "\"\x80\"", "\"\xc3\"", "\"\xc3(\"", "\"\xc0\xaf\"",
		"\"\xc1\xbf\"", "\"\xe0\x9f\xbf\"", "\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe8\xbf", "\"\xf0\x9f\x98(\"",
		"\"\xff\""};
	struct found f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (scan(bad[i], &f) == 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(scan_bytes("{}\0", 3, &f), -1);
	assert_int_equal(scan_bytes("\"a\0b\"", 5, &f), -1);
}

/* Cut off anywhere, a text is no longer JSON. */
static void test_truncated(void **state)
{
	const char *text = "{\"a\":[1.5e3,true,\"\\u00e4\xc3\xa4\"],\"b\":{\"i\":null}}";
	struct found f;

	(void)state;
	assert_int_equal(scan(text, &f), 0);
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(scan_bytes(text, len, &f), -1);
}

static void test_depth(void **state)
{
	char text[2 * (JSON_SCAN_DEPTH + 1)];
	struct found f;

	(void)state;
	for (int depth = JSON_SCAN_DEPTH; depth <= JSON_SCAN_DEPTH + 1; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		assert_int_equal(
			scan_bytes(text, 2 * (size_t)depth, &f), depth > JSON_SCAN_DEPTH ? -1 : 0);
	}
}

static void test_slices(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(
		scan("{\"x\":{\"a\":9},\"a\" : [1, {\"b\":2}] ,\"b\":{\"j\":1,\"i\":\"v\"}}", &f),
		0);
	assert_slice(&f.a, "[1, {\"b\":2}]");
	assert_slice(&f.b, "{\"j\":1,\"i\":\"v\"}");
	assert_slice(&f.inner, "\"v\"");
	assert_int_equal(scan("{\"b\":\"no object\"}", &f), 0);
	assert_slice(&f.a, NULL);
	assert_slice(&f.b, "\"no object\"");
	assert_slice(&f.inner, NULL);
	assert_int_equal(scan("[{\"a\":1}]", &f), 0);
	assert_slice(&f.a, NULL);
	/* Longer, shorter and escaped names are others. */
	assert_int_equal(scan("{\"aa\":1,\"\":2,\"\\u0061\":3}", &f), 0);
	assert_slice(&f.a, NULL);
}

static void test_repeated_member(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(scan("{\"a\":1,\"a\":2,\"b\":{\"i\":1},\"b\":{\"k\":2}}", &f), 0);
	assert_slice(&f.a, "2");
	assert_slice(&f.b, "{\"k\":2}");
	assert_slice(&f.inner, NULL);
}

static struct json_value value_of(const char *text)
{
	return (struct json_value){text, strlen(text)};
}

static void test_int(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {{"0", 0}, {"-0", 0}, {"17", 17}, {"-17", -17},
		{"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
	static const char *const bad[] = {"9223372036854775808", "-9223372036854775809", "1.0",
		"1e3", "\"1\"", "true", "99999999999999999999999"};
	int64_t out = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct json_value v = value_of(good[i].text);
		assert_int_equal(json_scan_int(&v, &out), 0);
		assert_true(out == good[i].value);
	}
	out = 5;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json_value v = value_of(bad[i]);
		assert_int_equal(json_scan_int(&v, &out), -1);
	}
	assert_int_equal(json_scan_int(&(struct json_value){NULL, 0}, &out), -1);
	assert_int_equal(out, 5);
}

static void test_text(void **state)
{
	char out[64];
	struct json_value v =
		value_of("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u8FD9\\ud83d\\ude00\xc3\xa4\"");

	(void)state;
	const char *plain = "a\"\\/\b\f\n\r\t\xc3\xa4\xe8\xbf\x99\xf0\x9f\x98\x80\xc3\xa4";
	assert_int_equal(json_scan_text(&v, out, sizeof(out)), strlen(plain));
	assert_string_equal(out, plain);
	static const char *const bad[] = {"\"\\u0000\"", "\"\\ud800\"", "\"\\ud800x\"",
		"\"\\ud800\\n12345\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "12", "null", "{}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v = value_of(bad[i]);
		assert_int_equal(json_scan_text(&v, out, sizeof(out)), -1);
	}
	v = value_of("\"1234567\"");
	assert_int_equal(json_scan_text(&v, out, 8), 7);
	assert_int_equal(json_scan_text(&v, out, 7), -1);
	v = value_of("\"12345\\u00e4\"");
	assert_int_equal(json_scan_text(&v, out, 7), -1);
}

static void test_equals(void **state)
{
	struct json_value v = value_of("\"trade\""), other = value_of("trade");

	(void)state;
	assert_true(json_scan_equals(&v, "trade"));
	assert_false(json_scan_equals(&v, "trad"));
	assert_false(json_scan_equals(&v, "trades"));
	assert_false(json_scan_equals(&other, "trade"));
	assert_false(json_scan_equals(&(struct json_value){NULL, 0}, ""));
	assert_true(json_scan_is_string(&v));
	assert_false(json_scan_is_object(&v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_repeated_member),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_equals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
