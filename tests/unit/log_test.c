#include "clock.h"
#include "log.h"
#include "test.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_US (20 * SECOND_US)
#define TEXT_SIZE (1 << 22)

struct fixture {
	char dir[64], path[100];
	struct settings *s;
	char *text; /* of the file, by read_log */
	int stderr_before;
	int pipe[2]; /* stands for stderr */
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
	struct err e = {0};

	unsetenv("JOURNAL_STREAM");
	snprintf(f->dir, sizeof(f->dir), "/tmp/log_test.XXXXXX");
	if (!mkdtemp(f->dir) || pipe(f->pipe) < 0)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/log", f->dir);
	f->s = settings_new(&e);
	f->text = malloc(TEXT_SIZE);
	set(f, "file", f->path);
	set(f, "stderr", "no");
	f->stderr_before = dup(STDERR_FILENO);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	log_stop();
	dup2(f->stderr_before, STDERR_FILENO);
	close(f->stderr_before);
	close(f->pipe[0]);
	close(f->pipe[1]);
	unlink(f->path);
	rmdir(f->dir);
	settings_free(f->s);
	free(f->text);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	struct err e = {0};

	assert_int_equal(log_start(f->s, "log_test", &e), 0);
}

static size_t read_log(struct fixture *f)
{
	FILE *file = fopen(f->path, "r");
	size_t n = file ? fread(f->text, 1, TEXT_SIZE - 1, file) : 0;

	if (file)
		fclose(file);
	f->text[n] = '\0';
	return n;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static bool wait_for(struct fixture *f, const char *what)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int64_t end = clock_mono_us() + WAIT_US; clock_mono_us() < end;) {
		read_log(f);
		if (strstr(f->text, what))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void writes_events_to_the_file(void **state)
{
	struct fixture *f = *state;
	char expected[100];

	start(f);
	log_info("feed_connected", "host=%s", "h");
	log_debug("detail", "x=1");
	log_error("failed", "reason=\"%s\"", "two\nlines");
	log_stop();
	read_log(f);
	snprintf(expected, sizeof(expected), "Z log_test[%d] info main feed_connected host=h\n",
		(int)getpid());
	assert_non_null(strstr(f->text, expected));
	assert_non_null(strstr(f->text, " error main failed reason=\"two\\nlines\"\n"));
	assert_null(strstr(f->text, "detail"));
	assert_int_equal(count(f->text, "\n"), 2);
}

static void level_decides(void **state)
{
	struct fixture *f = *state;

	set(f, "level", "error");
	start(f);
	log_warn("warned", "");
	log_error("failed", "");
	log_stop();
	read_log(f);
	assert_non_null(strstr(f->text, " failed\n"));
	assert_int_equal(count(f->text, "\n"), 1);
	set(f, "level", "debug");
	start(f);
	log_debug("detail", "");
	log_stop();
	read_log(f);
	assert_non_null(strstr(f->text, " debug main detail\n"));
}

#define THREADS 4
#define LINES 500

static void *log_many(void *arg)
{
	char name[16];

	snprintf(name, sizeof(name), "t%d", *(int *)arg);
	log_thread_name(name);
	for (int i = 0; i < LINES; i++)
		log_info("tick", "n=%d of=%s end", i, name);
	return NULL;
}

/* Written + counted as dropped = sent, exactly, and no line is torn. */
static void threads_lose_nothing_uncounted(void **state)
{
	struct fixture *f = *state;
	unsigned long before = log_dropped();
	pthread_t threads[THREADS];
	int numbers[THREADS];

	set(f, "queue", "64");
	set(f, "repeats", "0");
	start(f);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, log_many, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_stop();
	read_log(f);
	size_t written = count(f->text, " end\n"), told = 0;
	assert_int_equal(written + (log_dropped() - before), THREADS * LINES);
	assert_true(strstr(f->text, " info t0 tick n=") || strstr(f->text, " info t1 tick n="));
	for (const char *p = f->text; (p = strstr(p, " log_dropped lines=")); p++)
		told += strtoul(p + strlen(" log_dropped lines="), NULL, 10);
	assert_int_equal(told, log_dropped() - before);
	assert_int_equal(count(f->text, "\n"), written + count(f->text, " log_dropped "));
}

static void wait_dropped(unsigned long expected)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int64_t end = clock_mono_us() + WAIT_US; clock_mono_us() < end;) {
		if (log_dropped() == expected)
			break;
		nanosleep(&pause, NULL);
	}
	assert_int_equal(log_dropped(), expected);
}

/* stderr is a pipe that nobody reads: neither callers nor the file wait for it. */
static void a_stuck_sink_drops_for_itself_only(void **state)
{
	struct fixture *f = *state;
	const int lines = 5000;
	unsigned long before = log_dropped();
	char bytes[65536];

	set(f, "stderr", "yes");
	set(f, "queue", "100000");
	set(f, "repeats", "0");
	fcntl(f->pipe[1], F_SETPIPE_SZ, 4096);
	dup2(f->pipe[1], STDERR_FILENO);
	start(f);
	for (int i = 0; i < lines; i++)
		log_info("tick", "n=%04d", i);
	log_info("last", "");
	assert_true(wait_for(f, " last\n"));
	assert_int_equal(count(f->text, " tick n="), lines);
	/* All lines before the last are of one length: so many are in the pipe. */
	int pending = 0;
	assert_int_equal(ioctl(f->pipe[0], FIONREAD, &pending), 0);
	long line_len = strchr(f->text, '\n') - f->text + 1;
	unsigned long dropped = (unsigned long)(lines + 1 - pending / line_len);
	assert_true(dropped > 0 && pending % line_len == 0);
	wait_dropped(before + dropped);
	/* Once it is read, it is told what it missed. */
	ssize_t n = read(f->pipe[0], bytes, sizeof(bytes) - 1);
	assert_int_equal(n, pending);
	struct pollfd p = {.fd = f->pipe[0], .events = POLLIN};
	assert_int_equal(poll(&p, 1, (int)(WAIT_US / 1000)), 1);
	n = read(f->pipe[0], bytes, sizeof(bytes) - 1);
	bytes[n] = '\0';
	char expected[100];
	snprintf(expected, sizeof(expected), " warn log log_dropped lines=%lu cause=sink\n",
		dropped);
	assert_non_null(strstr(bytes, expected));
	read_log(f);
	assert_null(strstr(f->text, "log_dropped"));
	/* It might never have been read: the file was told meanwhile, of all in the end. */
	assert_true(wait_for(f, " warn log log_sink_drops sink=stderr lines="));
	log_stop();
	read_log(f);
	unsigned long told = 0;
	for (const char *at = f->text; (at = strstr(at, "log_sink_drops sink=stderr lines="));)
		told += strtoul(at += strlen("log_sink_drops sink=stderr lines="), NULL, 10);
	assert_int_equal(told, dropped);
}

static void repeats_are_a_few_lines_and_a_count(void **state)
{
	struct fixture *f = *state;

	set(f, "repeats", "5");
	start(f);
	for (int i = 0; i < 1000; i++)
		log_warn("again", "n=%d", i);
	log_info("other", "");
	log_stop();
	read_log(f);
	assert_int_equal(count(f->text, " again n="), 5);
	assert_non_null(strstr(f->text, " warn log log_repeated event=again lines=995\n"));
	assert_non_null(strstr(f->text, " other\n"));
}

static void reopens_after_a_rotation(void **state)
{
	struct fixture *f = *state;
	char moved[120];

	start(f);
	log_info("first", "");
	assert_true(wait_for(f, " first\n"));
	snprintf(moved, sizeof(moved), "%s.1", f->path);
	assert_int_equal(rename(f->path, moved), 0);
	log_reopen();
	const int64_t end = clock_mono_us() + WAIT_US;
	while (access(f->path, F_OK) < 0 && clock_mono_us() < end)
		log_info("meanwhile", "");
	log_info("second", "");
	log_stop();
	read_log(f);
	assert_non_null(strstr(f->text, " second\n"));
	assert_null(strstr(f->text, " first\n"));
	unlink(moved);
}

/* What is written to stderr before start, after stop, and for journald. */
static void goes_to_stderr_otherwise(void **state)
{
	struct fixture *f = *state;
	char bytes[4096];

	dup2(f->pipe[1], STDERR_FILENO);
	log_info("early", "x=1");
	set(f, "file", "");
	set(f, "stderr", "yes");
	setenv("JOURNAL_STREAM", "8:1", 1);
	start(f);
	log_warn("running", "x=2");
	log_stop();
	unsetenv("JOURNAL_STREAM");
	log_info("late", "x=3");
	log_stop();
	ssize_t n = read(f->pipe[0], bytes, sizeof(bytes) - 1);
	assert_true(n > 0);
	bytes[n] = '\0';
	assert_non_null(strstr(bytes, " info main early x=1\n"));
	assert_non_null(strstr(bytes, "\n<4>warn main running x=2\n"));
	assert_non_null(strstr(bytes, " info main late x=3\n"));
	assert_int_equal(count(bytes, "\n"), 3);
}

static void a_file_that_cannot_be_opened_stops_the_start(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};

	set(f, "file", "/nowhere/log");
	set(f, "stderr", "yes");
	assert_int_equal(log_start(f->s, "log_test", &e), -1);
	assert_non_null(strstr(e.text, "'/nowhere/log'"));
	set(f, "file", f->path);
	start(f);
	log_stop();
}

/* Two processes append to one file: lines never mix. */
static void processes_share_a_file(void **state)
{
	struct fixture *f = *state;
	int status = -1;

	set(f, "repeats", "0");
	pid_t child = fork();
	assert_true(child >= 0);
	start(f);
	for (int i = 0; i < 1000; i++)
		log_info("tick", "n=%d end", i);
	log_stop();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	read_log(f);
	assert_int_equal(count(f->text, " end\n"), 2000);
	assert_int_equal(count(f->text, "\n20"), 1999);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(writes_events_to_the_file),
		TEST(level_decides),
		TEST(threads_lose_nothing_uncounted),
		TEST(a_stuck_sink_drops_for_itself_only),
		TEST(repeats_are_a_few_lines_and_a_count),
		TEST(reopens_after_a_rotation),
		TEST(goes_to_stderr_otherwise),
		TEST(a_file_that_cannot_be_opened_stops_the_start),
		TEST(processes_share_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
