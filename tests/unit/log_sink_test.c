#include "log_sink.h"
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE "a line\n"
#define LINE_LEN (sizeof(LINE) - 1)

/* Puts `fd` in stderr's place while the sink is opened. */
static void open_on(struct log_sink *s, int fd)
{
	int old = dup(STDERR_FILENO);

	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	log_sink_open_stderr(s);
	dup2(old, STDERR_FILENO);
	close(old);
}

static size_t drain(int fd)
{
	char bytes[65536];
	size_t sum = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sum += (size_t)n;
	return sum;
}

/* Whatever stderr is: fills up, drops without blocking, takes lines again. */
static void fill_drain_and_go_on(struct log_sink *s, int reader)
{
	unsigned long taken = 0;

	while (log_sink_write(s, LINE, LINE_LEN))
		taken++;
	assert_true(taken > 10);
	assert_true(s->stuck);
	for (int i = 0; i < 1000; i++)
		assert_false(log_sink_write(s, LINE, LINE_LEN));
	assert_int_equal(s->dropped, 1001);
	size_t read_bytes = drain(reader);
	assert_true(log_sink_write(s, LINE, LINE_LEN));
	assert_false(s->stuck);
	read_bytes += drain(reader);
	assert_int_equal(read_bytes, (taken + 1) * LINE_LEN);
	assert_int_equal(s->dropped, 1001);
	log_sink_close(s);
	log_sink_close(s);
	assert_false(log_sink_write(s, LINE, LINE_LEN));
}

static void a_full_pipe_drops(void **state)
{
	struct log_sink s;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	open_on(&s, p[1]);
	assert_false(s.by_poll);
	/* The shared description stays as it was. */
	assert_int_equal(fcntl(p[1], F_GETFL) & O_NONBLOCK, 0);
	fill_drain_and_go_on(&s, p[0]);
	close(p[0]);
	close(p[1]);
}

static void a_full_socket_drops(void **state)
{
	struct log_sink s;
	int p[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	open_on(&s, p[1]);
	assert_true(s.by_poll);
	assert_int_equal(fcntl(p[1], F_GETFL) & O_NONBLOCK, 0);
	fill_drain_and_go_on(&s, p[0]);
	close(p[0]);
	close(p[1]);
}

static void a_full_pipe_that_cannot_be_reopened_drops(void **state)
{
	struct log_sink s = {.by_poll = true};
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	s.fd = dup(p[1]);
	fill_drain_and_go_on(&s, p[0]);
	close(p[0]);
	close(p[1]);
}

static void what_a_partial_write_left_comes_first(void **state)
{
	char line[5000], bytes[16384];
	struct log_sink s;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	int size = fcntl(p[1], F_SETPIPE_SZ, 4096);
	open_on(&s, p[1]);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	assert_true(log_sink_write(&s, line, sizeof(line)));
	assert_int_equal(s.rest_len, sizeof(line) - (size_t)size);
	assert_false(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(read(p[0], bytes, sizeof(bytes)), size);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	ssize_t n = read(p[0], bytes, sizeof(bytes));
	assert_int_equal(n, sizeof(line) - (size_t)size + LINE_LEN);
	assert_memory_equal(bytes + n - (ssize_t)LINE_LEN - 1, "\n" LINE, LINE_LEN + 1);
	log_sink_close(&s);
	close(p[0]);
	close(p[1]);
}

static off_t file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void a_file_is_appended_to_and_reopened(void **state)
{
	char dir[] = "/tmp/log_sink_test.XXXXXX", path[100], moved[100];
	struct err e = {0};
	struct log_sink s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(moved, sizeof(moved), "%s/log.1", dir);
	assert_int_equal(log_sink_open_file(&s, path, &e), 0);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	log_sink_close(&s);
	assert_int_equal(log_sink_open_file(&s, path, &e), 0);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(file_size(path), 2 * LINE_LEN);
	assert_int_equal(rename(path, moved), 0);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	log_sink_reopen(&s);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(file_size(moved), 3 * LINE_LEN);
	assert_int_equal(file_size(path), LINE_LEN);
	/* Where it can't be opened anew, the old one goes on. */
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	log_sink_reopen(&s);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(file_size(moved), 2 * LINE_LEN);
	log_sink_close(&s);
	rmdir(path);
	unlink(moved);
	rmdir(dir);
}

static void a_full_disk_drops(void **state)
{
	struct err e = {0};
	struct log_sink s;

	(void)state;
	assert_int_equal(log_sink_open_file(&s, "/dev/full", &e), 0);
	assert_false(log_sink_write(&s, LINE, LINE_LEN));
	assert_false(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(s.dropped, 2);
	log_sink_close(&s);
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
	struct err e = {0};
	struct log_sink s;

	(void)state;
	assert_int_equal(log_sink_open_file(&s, "/nowhere/log", &e), -1);
	assert_string_equal(
		e.text, "cannot open log file '/nowhere/log': No such file or directory");
}

/* A syslog server: a socket of the type at `path`. */
static int serve(const char *path, int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void got(int fd, const char *expected)
{
	char bytes[LOG_LINE_SIZE];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	assert_int_equal(n, strlen(expected));
	assert_memory_equal(bytes, expected, strlen(expected));
}

static void open_syslog(struct log_sink *s, const char *path)
{
	struct err e = {0};

	assert_int_equal(log_sink_open_syslog(s, path, LOG_RFC3164, &e), 0);
}

/* One datagram a line, without its end. Nobody there: dropped; there later, or anew: found. */
static void syslog_comes_and_goes(void **state)
{
	char path[] = "/tmp/log_sink_test.syslog.XXXXXX";
	struct log_sink s;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	unlink(path);
	open_syslog(&s, path);
	assert_false(log_sink_write(&s, LINE, LINE_LEN));
	fd = serve(path, SOCK_DGRAM);
	assert_false(log_sink_write(&s, LINE, LINE_LEN)); /* not looked for again within a second */
	assert_int_equal(s.dropped, 2);
	s.retry_at_us = 0;
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	got(fd, "a line");
	close(fd);
	fd = serve(path, SOCK_DGRAM);
	s.retry_at_us = 0;
	assert_true(log_sink_write(&s, "again\n", 6));
	got(fd, "again");
	log_sink_reopen(&s);
	assert_int_equal(s.fd, -1);
	assert_true(log_sink_write(&s, "reopened\n", 9));
	got(fd, "reopened");
	close(fd);
	unlink(path);
	assert_false(log_sink_write(&s, LINE, LINE_LEN));
	log_sink_close(&s);
}

/* A server that does not read: dropped and counted, without waiting, until it reads. */
static void a_stuck_syslog_drops(void **state)
{
	char path[] = "/tmp/log_sink_test.syslog.XXXXXX", bytes[100];
	unsigned long taken = 0;
	struct log_sink s;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	fd = serve(path, SOCK_DGRAM);
	open_syslog(&s, path);
	while (log_sink_write(&s, LINE, LINE_LEN))
		taken++;
	assert_true(taken > 0 && s.stuck);
	for (int i = 0; i < 1000; i++)
		assert_false(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(s.dropped, 1001);
	for (unsigned long i = 0; i < taken; i++)
		assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), LINE_LEN - 1);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	assert_int_equal(s.dropped, 1001);
	log_sink_close(&s);
	close(fd);
	unlink(path);
}

/* syslogd may listen with a stream: lines keep their ends. */
static void a_syslog_by_stream(void **state)
{
	char path[] = "/tmp/log_sink_test.syslog.XXXXXX";
	struct log_sink s;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	fd = serve(path, SOCK_STREAM);
	open_syslog(&s, path);
	assert_true(log_sink_write(&s, LINE, LINE_LEN));
	int client = accept(fd, NULL, NULL);
	assert_true(client >= 0);
	got(client, LINE);
	log_sink_close(&s);
	close(client);
	close(fd);
	unlink(path);
}

static void a_path_that_no_socket_can_have(void **state)
{
	char path[200];
	struct err e = {0};
	struct log_sink s;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(log_sink_open_syslog(&s, path, LOG_RFC5424, &e), -1);
	assert_non_null(strstr(e.text, "is too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_pipe_drops),
		cmocka_unit_test(a_full_socket_drops),
		cmocka_unit_test(a_full_pipe_that_cannot_be_reopened_drops),
		cmocka_unit_test(what_a_partial_write_left_comes_first),
		cmocka_unit_test(a_file_is_appended_to_and_reopened),
		cmocka_unit_test(a_full_disk_drops),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_named),
		cmocka_unit_test(syslog_comes_and_goes),
		cmocka_unit_test(a_stuck_syslog_drops),
		cmocka_unit_test(a_syslog_by_stream),
		cmocka_unit_test(a_path_that_no_socket_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
