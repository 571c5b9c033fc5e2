#include "err.h"
#include "test.h"
#include <string.h>

static void sets_the_reason(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, "port %d is taken", 80), -1);
	assert_string_equal(e.text, "port 80 is taken");
	err_set(&e, "again: %s", e.text);
	assert_string_equal(e.text, "again: port 80 is taken");
}

static void wraps_the_reason_in_context(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, "no such file");
	assert_int_equal(err_wrap(&e, "cannot open '%s'", "x"), -1);
	assert_string_equal(e.text, "cannot open 'x': no such file");
	err_wrap(&e, "%s", e.text);
	assert_string_equal(e.text, "cannot open 'x': no such file: cannot open 'x': no such file");
}

static void takes_null(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
}

static void cuts_what_is_too_long(void **state)
{
	char text[2 * ERR_TEXT_SIZE];
	struct err e = {0};

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
	err_wrap(&e, "context");
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
	assert_memory_equal(e.text, "context: aaa", 12);
	err_wrap(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_the_reason),
		cmocka_unit_test(wraps_the_reason_in_context),
		cmocka_unit_test(takes_null),
		cmocka_unit_test(cuts_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
