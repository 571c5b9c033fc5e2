#include "log_line.h"
#include "test.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void __attribute__((format(printf, 3, 4)))
fill(struct log_line *l, const char *event, const char *format, ...)
{
	va_list args;

	*l = (struct log_line){.wall_us = 1723161255343007, .level = 2, .thread = "feed"};
	va_start(args, format);
	log_line_fill(l, event, format, args);
	va_end(args);
}

static void assert_line(const struct log_line *l, bool journald, const char *expected)
{
	char text[LOG_LINE_SIZE];
	size_t len = log_line_print(l, "collector", journald, text);

	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
}

static void prints_one_event(void **state)
{
	char expected[200];
	struct log_line l;

	(void)state;
	fill(&l, "feed_connected", "host=%s port=%d", "example.com", 443);
	snprintf(expected, sizeof(expected),
		"2024-08-08T23:54:15.343007Z collector[%d] info feed feed_connected "
		"host=example.com port=443\n",
		(int)getpid());
	assert_line(&l, false, expected);
	assert_line(&l, true, "<6>info feed feed_connected host=example.com port=443\n");
}

static void maps_levels_for_journald(void **state)
{
	static const char *const expected[] = {
		"<3>error feed x\n", "<4>warn feed x\n", "<6>info feed x\n", "<7>debug feed x\n"};
	struct log_line l;

	(void)state;
	for (int level = 0; level < 4; level++) {
		fill(&l, "x", "");
		l.level = level;
		assert_line(&l, true, expected[level]);
	}
}

static void one_event_stays_one_line(void **state)
{
	struct log_line l;

	(void)state;
	fill(&l, "x", "reason=\"%s\"", "a\nb\r\x1b[0m\x7f\tß");
	assert_line(&l, true, "<6>info feed x reason=\"a\\nb\\x0d\\x1b[0m\\x7f\\x09ß\"\n");
}

static void cuts_long_lines(void **state)
{
	char long_text[3 * LOG_LINE_SIZE], text[LOG_LINE_SIZE];
	struct log_line l;

	(void)state;
	memset(long_text, '\n', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	fill(&l, "x", "%s", long_text);
	assert_int_equal(strlen(l.text), LOG_TEXT_SIZE - 1);
	size_t len = log_line_print(&l, "program-with-a-very-long-name-that-is-cut", false, text);
	assert_true(len <= LOG_LINE_SIZE);
	assert_int_equal(text[len - 1], '\n');
	assert_ptr_equal(memchr(text, '\n', len), text + len - 1);
	fill(&l, long_text, "%s", "y");
	assert_int_equal(strlen(l.text), LOG_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_one_event),
		cmocka_unit_test(maps_levels_for_journald),
		cmocka_unit_test(one_event_stays_one_line),
		cmocka_unit_test(cuts_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
