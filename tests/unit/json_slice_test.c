#include "daemon/json_slice.h"
#include "test.h"
#include <string.h>

static struct slice text(const char *s)
{
	return (struct slice){s, strlen(s)};
}

static void members_are_found_byte_for_byte(void **state)
{
	struct slice o =
		text(" {\"a\" : 1 ,\"b\":\"x,}\\\"y\" , \"c\":{\"d\":[1,{\"e\":2}]},\"f\":[ ]}");

	(void)state;
	assert_true(slice_is(json_member(o, "a"), "1"));
	assert_true(slice_is(json_member(o, "b"), "\"x,}\\\"y\""));
	assert_true(slice_is(json_member(o, "c"), "{\"d\":[1,{\"e\":2}]}"));
	assert_true(slice_is(json_member(json_member(o, "c"), "d"), "[1,{\"e\":2}]"));
	assert_true(slice_is(json_member(o, "f"), "[ ]"));
	assert_null(json_member(o, "d").data);
	assert_null(json_member(o, "A").data);
}

static void what_is_no_object_has_no_members(void **state)
{
	static const char *const bad[] = {"", " ", "1", "[{\"a\":1}]", "{", "{}", "{\"a\"",
		"{\"a\":", "{\"a\":1", "{\"a\":\"x", "{\"a\":[1,2", "{a:1}", "{\"a\" 1}",
		"{\"a\":}", "{\"b\\"};
	struct slice none = {NULL, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(json_member(text(bad[i]), "a").data);
	assert_null(json_member(none, "a").data);
}

static void strings_and_integers(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_true(slice_is(json_string(text("\"ab\"")), "ab"));
	assert_true(slice_is(json_string(text("\"\"")), ""));
	assert_null(json_string(text("\"a\\n\"")).data);
	assert_null(json_string(text("12")).data);
	assert_null(json_string(text("\"")).data);
	assert_true(json_integer(text("-120"), &n));
	assert_int_equal(n, -120);
	assert_true(json_integer(text("999999999999999999"), &n));
	assert_int_equal(n, 999999999999999999);
	assert_false(json_integer(text("1000000000000000000"), &n));
	assert_false(json_integer(text("1.5"), &n));
	assert_false(json_integer(text(""), &n));
	assert_false(json_integer(text("-"), &n));
	assert_false(json_integer(text("\"1\""), &n));
	assert_int_equal(n, 999999999999999999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_byte_for_byte),
		cmocka_unit_test(what_is_no_object_has_no_members),
		cmocka_unit_test(strings_and_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
