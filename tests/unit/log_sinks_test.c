#include "log.h"
#include "log_sinks.h"
#include "test.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct fixture {
	char dir[64], file[100], socket[100];
	struct settings *s;
	struct log_sinks sinks;
	int server; /* of syslog */
};

static void set(struct fixture *f, const char *key, const char *value)
{
	char assignment[300];
	struct err e = {0};

	snprintf(assignment, sizeof(assignment), "log.%s=%s", key, value);
	assert_int_equal(settings_set(f->s, assignment, &e), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct err e = {0};

	snprintf(f->dir, sizeof(f->dir), "/tmp/log_sinks_test.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/log", f->dir);
	snprintf(f->socket, sizeof(f->socket), "%s/syslog", f->dir);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", f->socket);
	f->server = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(f->server, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	f->s = settings_new(&e);
	set(f, "stderr", "no");
	set(f, "file", f->file);
	set(f, "syslog", f->socket);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	log_sinks_done(&f->sinks);
	close(f->server);
	unlink(f->file);
	unlink(f->socket);
	rmdir(f->dir);
	settings_free(f->s);
	free(f);
	return 0;
}

static void init(struct fixture *f)
{
	struct err e = {0};

	assert_int_equal(log_sinks_init(&f->sinks, f->s, "tester", &e), 0);
}

static unsigned long write_line(struct fixture *f, int level, const char *event)
{
	struct log_line l;

	log_line_own(&l, level, event, "x=%d", 1);
	return log_sinks_write(&f->sinks, &l);
}

static void file_holds(struct fixture *f, const char *what, bool holds)
{
	char text[100000];
	FILE *file = fopen(f->file, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[n] = '\0';
	assert_int_equal(strstr(text, what) != NULL, holds);
}

/* The next datagram, or "". */
static const char *received(struct fixture *f)
{
	static char bytes[2000];
	ssize_t n = recv(f->server, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

	bytes[n > 0 ? n : 0] = '\0';
	return bytes;
}

static void each_sink_has_its_level_and_form(void **state)
{
	struct fixture *f = *state;
	char expected[100];

	set(f, "level", "warn");
	set(f, "file_level", "debug");
	set(f, "syslog_facility", "local3");
	init(f);
	assert_int_equal(log_sinks_level(&f->sinks), LOG_DEBUG);
	assert_int_equal(write_line(f, LOG_DEBUG, "first"), 0);
	assert_int_equal(write_line(f, LOG_WARN, "second"), 0);
	file_holds(f, " debug log first x=1\n", true);
	file_holds(f, " warn log second x=1\n", true);
	const char *line = received(f);
	assert_memory_equal(line, "<156>", 5);
	snprintf(expected, sizeof(expected), " pricegraph-tester[%d]: warn log second x=1",
		(int)getpid());
	assert_non_null(strstr(line, expected));
	assert_string_equal(received(f), "");
}

static void the_common_level_holds_where_none_is_set(void **state)
{
	struct fixture *f = *state;

	set(f, "level", "error");
	init(f);
	assert_int_equal(log_sinks_level(&f->sinks), LOG_ERROR);
	assert_int_equal(write_line(f, LOG_WARN, "unwanted"), 0);
	file_holds(f, "unwanted", false);
	assert_string_equal(received(f), "");
}

/* Nobody reads syslog: it alone drops; the file is told how many, once, and syslog itself when it is read again. */
static void a_stuck_sink_is_told_to_the_others(void **state)
{
	struct fixture *f = *state;
	unsigned long dropped = 0;
	char expected[100];

	init(f);
	for (int i = 0; i < 1000; i++)
		dropped += write_line(f, LOG_INFO, "line");
	assert_true(dropped > 100);
	log_sinks_tell(&f->sinks);
	log_sinks_tell(&f->sinks);
	snprintf(expected, sizeof(expected), " warn log log_sink_drops sink=syslog lines=%lu\n",
		dropped);
	file_holds(f, expected, true);
	file_holds(f, "log_dropped", false);
	while (*received(f))
		;
	log_sinks_tell(&f->sinks);
	snprintf(
		expected, sizeof(expected), ": warn log log_dropped lines=%lu cause=sink", dropped);
	assert_non_null(strstr(received(f), expected));
	assert_string_equal(received(f), "");
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};

	set(f, "file", "/nowhere/log");
	assert_int_equal(log_sinks_init(&f->sinks, f->s, "tester", &e), -1);
	assert_non_null(strstr(e.text, "'/nowhere/log'"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(each_sink_has_its_level_and_form),
		TEST(the_common_level_holds_where_none_is_set),
		TEST(a_stuck_sink_is_told_to_the_others),
		TEST(what_cannot_be_opened_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
