#include "buf.h"
#include "test.h"
#include <string.h>

static void is_empty_at_first(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	buf_reset(&b);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_done(&b);
	buf_done(&b);
	buf_done(NULL);
}

static void appends_and_terminates(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_add(&b, "ab", 2);
	buf_add_str(&b, "cd");
	buf_add_char(&b, 'e');
	buf_printf(&b, "-%s%d", "x", 7);
	assert_string_equal(b.data, "abcde-x7");
	assert_int_equal(b.len, 8);
	assert_false(b.failed);
	const char *memory = b.data;
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_add_str(&b, "again");
	assert_ptr_equal(b.data, memory);
	buf_done(&b);
}

static void extends_by_what_is_written_at_once(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_add_str(&b, "ab");
	void *room = buf_extend(&b, 2);
	assert_ptr_equal(room, b.data + 2);
	memcpy(room, "cd", 2);
	assert_string_equal(b.data, "abcd");
	assert_null(buf_extend(&b, 2));
	assert_true(b.failed);
	assert_int_equal(b.len, 4);
	buf_done(&b);
}

static void writes_members_of_json(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add_json_member(&b, "name", "a\"b");
	assert_string_equal(b.data, "\"name\":\"a\\\"b\",");
	buf_done(&b);
}

static void prints_every_int(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_add_int(&b, 0);
	buf_add_char(&b, ' ');
	buf_add_int(&b, -1);
	buf_add_char(&b, ' ');
	buf_add_int(&b, INT64_MAX);
	buf_add_char(&b, ' ');
	buf_add_int(&b, INT64_MIN);
	assert_string_equal(b.data, "0 -1 9223372036854775807 -9223372036854775808");
	buf_done(&b);
}

static void takes_its_maximum_and_no_more(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_add_str(&b, "abcd");
	assert_false(b.failed);
	buf_add(&b, "", 0);
	assert_false(b.failed);
	buf_add_char(&b, 'e');
	assert_true(b.failed);
	assert_string_equal(b.data, "abcd");
	buf_reset(&b);
	assert_false(b.failed);
	buf_add_str(&b, "ab");
	buf_printf(&b, "%s", "cde");
	assert_true(b.failed);
	/* What comes behind the failed append is not taken: no holes. */
	buf_add_char(&b, 'f');
	assert_string_equal(b.data, "ab");
	buf_done(&b);
}

static void grows_to_large_sizes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 1 << 20; i++)
		buf_add_char(&b, (char)('a' + i % 26));
	assert_false(b.failed);
	assert_int_equal(b.len, 1 << 20);
	for (int i = 0; i < 1 << 20; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_done(&b);
}

static void refuses_what_no_memory_holds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX - 1);
	buf_add_str(&b, "ab");
	buf_add(&b, "", SIZE_MAX / 4);
	assert_true(b.failed);
	assert_string_equal(b.data, "ab");
	buf_done(&b);
}

static void assert_json(const char *text, size_t len, const char *json)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_json(&b, text, len);
	assert_string_equal(b.data, json);
	buf_done(&b);
}

static void escapes_json(void **state)
{
	(void)state;
	assert_json("", 0, "\"\"");
	assert_json("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
	assert_json("\n\r\t\b\x01\x1f\x7f", 7, "\"\\n\\r\\t\\u0008\\u0001\\u001f\x7f\"");
	assert_json("a\0b", 3, "\"a\\u0000b\"");
	assert_json("é€😀", 9, "\"é€😀\"");
}

#define BAD "\xef\xbf\xbd"

static void replaces_what_is_not_utf8(void **state)
{
	(void)state;
	assert_json("a\x80z", 3, "\"a" BAD "z\"");
	assert_json("\xc0\xaf", 2, "\"" BAD BAD "\"");
	assert_json("\xed\xa0\x80", 3, "\"" BAD BAD BAD "\"");
	assert_json("\xe0\x80\x80", 3, "\"" BAD BAD BAD "\"");
	assert_json("\xf0\x80\x80\x80", 4, "\"" BAD BAD BAD BAD "\"");
	assert_json("\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\"");
	assert_json("\xe2\x82", 2, "\"" BAD BAD "\"");
	assert_json("\xe2\x82x", 3, "\"" BAD BAD "x\"");
	assert_json("\xf5\xff", 2, "\"" BAD BAD "\"");
	assert_json("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"");
	assert_json("\xf4\x8f\xbf\xbf\xed\x9f\xbf", 7, "\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\"");
}

static void writes_big_endian(void **state)
{
	const unsigned char expected[] = {1, 2, 0xff, 0xfe, 0xfd, 0xfc, 1, 2, 3, 4, 5, 6, 7, 8};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add_be16(&b, 0x0102);
	buf_add_be32(&b, 0xfffefdfc);
	buf_add_be64(&b, 0x0102030405060708);
	assert_int_equal(b.len, sizeof(expected));
	assert_memory_equal(b.data, expected, sizeof(expected));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_first),
		cmocka_unit_test(appends_and_terminates),
		cmocka_unit_test(extends_by_what_is_written_at_once),
		cmocka_unit_test(writes_members_of_json),
		cmocka_unit_test(prints_every_int),
		cmocka_unit_test(takes_its_maximum_and_no_more),
		cmocka_unit_test(grows_to_large_sizes),
		cmocka_unit_test(refuses_what_no_memory_holds),
		cmocka_unit_test(escapes_json),
		cmocka_unit_test(replaces_what_is_not_utf8),
		cmocka_unit_test(writes_big_endian),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
