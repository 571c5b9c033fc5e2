#include "log_line.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

static const struct log_writer writer = {"collector", 3};

static void assert_line(const struct log_line *l, enum log_form form, const char *expected)
{
	char text[LOG_LINE_SIZE];
	size_t len = log_line_print(l, &writer, form, text);

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
	assert_line(&l, LOG_PLAIN, expected);
	assert_line(&l, LOG_JOURNALD, "<6>info feed feed_connected host=example.com port=443\n");
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
		assert_line(&l, LOG_JOURNALD, expected[level]);
	}
}

/* RFC 3164 section 4.1, as syslog(3) sends it: the priority, local time in English, the tag; no host. */
static void old_syslog(void **state)
{
	static const struct log_writer local7 = {"collector", 23};
	char expected[200];
	struct log_line l;

	(void)state;
	setenv("TZ", "UTC-2", 1);
	tzset();
	fill(&l, "feed_connected", "port=%d", 443);
	snprintf(expected, sizeof(expected),
		"<30>Aug  9 01:54:15 pricegraph-collector[%d]: info feed feed_connected port=443\n",
		(int)getpid());
	assert_line(&l, LOG_RFC3164, expected);
	l.level = 0;
	char text[LOG_LINE_SIZE];
	assert_true(log_line_print(&l, &local7, LOG_RFC3164, text) > 0);
	assert_memory_equal(text, "<187>", 5);
}

/* RFC 5424 section 6: version 1, UTC, host, program, process, the event as MSGID, no structured data. */
static void new_syslog(void **state)
{
	char expected[500], host[256] = "";
	struct log_line l;

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	fill(&l, "feed_connected", "port=%d", 443);
	snprintf(expected, sizeof(expected),
		"<30>1 2024-08-08T23:54:15.343007Z %s pricegraph-collector %d feed_connected - "
		"info feed feed_connected port=443\n",
		host, (int)getpid());
	assert_line(&l, LOG_RFC5424, expected);
	fill(&l, "an_event_with_a_name_of_more_than_32_characters", "");
	char text[LOG_LINE_SIZE + 1];
	text[log_line_print(&l, &writer, LOG_RFC5424, text)] = '\0';
	assert_non_null(strstr(text, " an_event_with_a_name_of_more_tha - info "));
}

static void facilities(void **state)
{
	(void)state;
	assert_int_equal(log_line_facility("daemon"), 3);
	assert_int_equal(log_line_facility("user"), 1);
	assert_int_equal(log_line_facility("local0"), 16);
	assert_int_equal(log_line_facility("local7"), 23);
	assert_int_equal(log_line_facility("local8"), -1);
	assert_int_equal(log_line_facility("local70"), -1);
	assert_int_equal(log_line_facility(""), -1);
}

static void one_event_stays_one_line(void **state)
{
	struct log_line l;

	(void)state;
	fill(&l, "x", "reason=\"%s\"", "a\nb\r\x1b[0m\x7f\tß");
	assert_line(&l, LOG_JOURNALD, "<6>info feed x reason=\"a\\nb\\x0d\\x1b[0m\\x7f\\x09ß\"\n");
}

static void cuts_long_lines(void **state)
{
	static const struct log_writer long_name = {"program-with-a-very-long-name-a", 3};
	char long_text[3 * LOG_LINE_SIZE], text[LOG_LINE_SIZE];
	struct log_line l;

	(void)state;
	memset(long_text, '\n', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	fill(&l, "x", "%s", long_text);
	assert_int_equal(strlen(l.text), LOG_TEXT_SIZE - 1);
	size_t len = log_line_print(&l, &long_name, LOG_PLAIN, text);
	assert_true(len <= LOG_LINE_SIZE);
	assert_int_equal(text[len - 1], '\n');
	assert_true(log_line_print(&l, &long_name, LOG_RFC3164, text) <= LOG_LINE_SIZE);
	assert_true(log_line_print(&l, &long_name, LOG_RFC5424, text) <= LOG_LINE_SIZE);
	len = log_line_print(&l, &long_name, LOG_PLAIN, text);
	assert_ptr_equal(memchr(text, '\n', len), text + len - 1);
	fill(&l, long_text, "%s", "y");
	assert_int_equal(strlen(l.text), LOG_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_one_event),
		cmocka_unit_test(maps_levels_for_journald),
		cmocka_unit_test(old_syslog),
		cmocka_unit_test(new_syslog),
		cmocka_unit_test(facilities),
		cmocka_unit_test(one_event_stays_one_line),
		cmocka_unit_test(cuts_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
