#include "member.h"
#include "test.h"
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static struct json_tokener *tokener;
static struct json_object *root;
static struct err why;
static struct members m;

static int set_up(void **state)
{
	(void)state;
	tokener = json_tokener_new();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	return tokener ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	json_object_put(root);
	root = NULL;
	json_tokener_free(tokener);
	return 0;
}

static void of(const char *json)
{
	json_object_put(root);
	why.text[0] = '\0';
	root = member_root(tokener, json, strlen(json), &why);
	if (!root)
		fail_msg("%s: %s", json, why.text);
	m = (struct members){root, "", &why};
}

static void reads_integers_that_fit(void **state)
{
	int64_t n = -7;

	(void)state;
	of("{\"a\":9223372036854775807,\"b\":9223372036854775808,\"c\":-9223372036854775807,"
	   "\"d\":-9223372036854775809,\"e\":1e3,\"f\":\"1\",\"g\":null,\"h\":0}");
	assert_int_equal(member_int(&m, "a", &n), 0);
	assert_true(n == INT64_MAX);
	assert_int_equal(member_int(&m, "c", &n), 0);
	assert_true(n == -INT64_MAX);
	assert_int_equal(member_int(&m, "b", &n), -1);
	assert_string_equal(why.text, "member 'b' is out of range");
	assert_int_equal(member_int(&m, "d", &n), -1);
	assert_int_equal(member_int(&m, "e", &n), -1);
	assert_string_equal(why.text, "member 'e' is no integer");
	assert_int_equal(member_int(&m, "f", &n), -1);
	assert_int_equal(member_int(&m, "g", &n), -1);
	assert_int_equal(member_int(&m, "z", &n), -1);
	assert_string_equal(why.text, "member 'z' is missing");
	assert_true(n == -INT64_MAX);
	assert_int_equal(member_int(&m, "h", &n), 0);
	assert_int_equal(n, 0);
}

static void reads_numbers(void **state)
{
	double d = -7;

	(void)state;
	of("{\"a\":1.5,\"b\":2,\"c\":\"2\"}");
	assert_int_equal(member_double(&m, "a", &d), 0);
	assert_true(d == 1.5);
	assert_int_equal(member_double(&m, "b", &d), 0);
	assert_true(d == 2);
	assert_int_equal(member_double(&m, "c", &d), -1);
	assert_string_equal(why.text, "member 'c' is no number");
	assert_int_equal(member_double(&m, "z", &d), -1);
	assert_true(member_exists(&m, "a"));
	assert_false(member_exists(&m, "z"));
}

static void names_members_with_their_path(void **state)
{
	struct json_object *array = NULL;
	int64_t n;

	(void)state;
	of("{\"k\":{\"t\":[]},\"l\":[1,2]}");
	m.path = "k.";
	assert_int_equal(member_int(&m, "l", &n), -1);
	assert_string_equal(why.text, "member 'k.l' is no integer");
	m.path = "";
	assert_int_equal(member_array(&m, "l", &array), 0);
	assert_int_equal(json_object_array_length(array), 2);
	assert_int_equal(member_array(&m, "k", &array), -1);
	assert_string_equal(why.text, "member 'k' is no array");
}

static void takes_only_texts_that_can_be_stored(void **state)
{
	static const char *const good[] = {
		"a", "ä", "€", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"};
	static const char *const bad[] = {"", "\\u0000", "\\u001f", "\x7f", "\xc0\xaf", "\x80",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3x", "123456789"};
	char json[100], out[9];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(json, sizeof(json), "{\"s\":\"%s\"}", good[i]);
		of(json);
		assert_int_equal(member_text(&m, "s", out, sizeof(out)), 0);
		assert_string_equal(out, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(json, sizeof(json), "{\"s\":\"%s\"}", bad[i]);
		of(json);
		memset(out, 'x', sizeof(out));
		assert_int_equal(member_text(&m, "s", out, sizeof(out)), -1);
		assert_int_equal(out[0], 'x');
	}
}

static void takes_one_whole_object(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "1 ", "{}{}", "{},", "{\"a\":1,}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {""};
		assert_null(member_root(tokener, bad[i], strlen(bad[i]), &e));
		assert_true(e.text[0] != '\0');
	}
	assert_null(member_root(tokener, "{}", (size_t)INT32_MAX + 1, &why));
}

static int read_number(const struct members *members, void *out)
{
	return member_int(members, "n", out);
}

static void parses_a_text_at_once(void **state)
{
	struct err e = {""};
	int64_t n = -7;

	(void)state;
	assert_int_equal(member_parse("{\"n\":5}", 7, read_number, &n, &e), 0);
	assert_true(n == 5);
	assert_int_equal(member_parse("{\"m\":5}", 7, read_number, &n, &e), -1);
	assert_string_equal(e.text, "member 'n' is missing");
	assert_int_equal(member_parse("{\"n\":5}", 6, read_number, &n, &e), -1);
	assert_string_equal(e.text, "JSON ends early");
	assert_int_equal(member_parse("{\"n\":'5'}", 9, read_number, &n, &e), -1);
	assert_int_equal(member_parse("{\"n\":5,\"m\":[[[[1]]]]}", 21, read_number, &n, &e), -1);
	assert_true(n == 5);
}

static void finds_a_choice(void **state)
{
	static const char *const names[] = {"begin", "alive", "ended"};
	int choice = -7;

	(void)state;
	of("{\"a\":\"ended\",\"b\":\"end\",\"c\":1}");
	assert_int_equal(member_choice(&m, "a", names, 3, &choice), 0);
	assert_int_equal(choice, 2);
	assert_int_equal(member_choice(&m, "b", names, 3, &choice), -1);
	assert_string_equal(why.text, "member 'b' is 'end', not begin, alive or ended");
	assert_int_equal(member_choice(&m, "b", names, 1, &choice), -1);
	assert_string_equal(why.text, "member 'b' is 'end', not begin");
	assert_int_equal(member_choice(&m, "c", names, 3, &choice), -1);
	assert_string_equal(why.text, "member 'c' is no string");
	assert_int_equal(member_choice(&m, "z", names, 3, &choice), -1);
	assert_int_equal(choice, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_a_text_at_once),
		cmocka_unit_test_setup_teardown(finds_a_choice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_integers_that_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_members_with_their_path, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			takes_only_texts_that_can_be_stored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_one_whole_object, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
