/* No more attempts to connect than the exchange allows, in any five minutes, whoever of us makes them. */
#include "buf.h"
#include "daemon/feed_attempts.h"
#include "full_disk.h"
#include "metrics.h"
#include "test.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct settings *settings;
static char path[100];
static struct err e;

static int begin(void **state)
{
	char text[200];

	(void)state;
	disk_full = false;
	unsetenv("STATE_DIRECTORY");
	snprintf(path, sizeof(path), "/tmp/feed_attempts_test.XXXXXX");
	close(mkstemp(path));
	settings = settings_new(&e);
	assert_non_null(settings);
	snprintf(text, sizeof(text), "feed.attempts_file=%s", path);
	assert_int_equal(settings_set(settings, text, &e), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	settings_free(settings);
	unlink(path);
	return 0;
}

static struct feed_attempts opened(void)
{
	struct feed_attempts a;

	feed_attempts_init(&a);
	feed_attempts_open(&a, settings);
	return a;
}

/* As many as may be made now, at most `most`. */
static int make(struct feed_attempts *a, int most)
{
	for (int i = 0; i < most;) {
		int64_t wait_us = feed_attempts_wait_us(a, clock_mono_us());
		if (wait_us >= SECOND_US)
			return i;
		i += wait_us == 0; /* else others had the file */
	}
	return most;
}

static long failures(void)
{
	const char *name = "\npricegraph_feed_attempts_file_failures_total ", *at;
	struct buf b;

	buf_init(&b, 1 << 20);
	metrics_print(&b);
	at = strstr(b.data, name);
	long n = at ? strtol(at + strlen(name), NULL, 10) : 0;
	buf_done(&b);
	return n;
}

static void test_window(void **state)
{
	struct feed_attempts a;
	int64_t now_us = SECOND_US;

	(void)state;
	feed_attempts_init(&a);
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		assert_int_equal(feed_attempts_wait_us(&a, now_us + i * MS_US), 0);
	now_us += FEED_ATTEMPTS_MAX * MS_US;
	int64_t wait_us = feed_attempts_wait_us(&a, now_us);
	assert_int_equal(wait_us, FEED_ATTEMPTS_US - FEED_ATTEMPTS_MAX * MS_US);
	/* asking costs nothing */
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us - 1), 1);
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us), 0);
	assert_int_equal(feed_attempts_wait_us(&a, now_us + wait_us), MS_US);
}

/* Whoever asks whenever it may: no window of five minutes holds more than 300. */
static void test_any_window(void **state)
{
	static int64_t at_us[5000];
	struct feed_attempts a;
	int made = 0;
	int64_t now_us = 0;
	unsigned random = 5;

	(void)state;
	feed_attempts_init(&a);
	while (made < 5000) {
		int64_t wait_us = feed_attempts_wait_us(&a, now_us);
		if (wait_us == 0)
			at_us[made++] = now_us;
		random = random * 1103515245 + 12345;
		now_us += wait_us ? wait_us : (int64_t)(random >> 8) % (2 * SECOND_US);
	}
	for (int i = FEED_ATTEMPTS_MAX; i < made; i++)
		assert_true(at_us[i] - at_us[i - FEED_ATTEMPTS_MAX] >= FEED_ATTEMPTS_US);
}

static void test_kept_over_a_restart(void **state)
{
	(void)state;
	struct feed_attempts a = opened();
	assert_int_equal(make(&a, 200), 200);
	feed_attempts_done(&a);
	a = opened();
	assert_int_equal(make(&a, FEED_ATTEMPTS_MAX), FEED_ATTEMPTS_MAX - 200);
	feed_attempts_done(&a);
	a = opened();
	int64_t wait_us = feed_attempts_wait_us(&a, clock_mono_us());
	assert_true(wait_us > FEED_ATTEMPTS_US - MINUTE_US && wait_us <= FEED_ATTEMPTS_US);
	feed_attempts_done(&a);
	assert_int_equal(failures(), 0);
}

static void attempt_and_die(int to)
{
	unsigned char made = 0;
	struct feed_attempts a = opened();

	while (made < 150 && make(&a, 1))
		made++;
	bool told = write(to, &made, 1) == 1;
	_exit(told && a.fd >= 0 ? 0 : 1);
}

/* Four processes at once: together as many as one. */
static void test_shared(void **state)
{
	int pipes[2], sum = 0, status;
	unsigned char made;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			attempt_and_die(pipes[1]);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(read(pipes[0], &made, 1), 1);
		sum += made;
		assert_true(wait(&status) > 0 && status == 0);
	}
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(sum, FEED_ATTEMPTS_MAX);
}

static void test_no_file(void **state)
{
	long before = failures();

	(void)state;
	assert_int_equal(settings_set(settings, "feed.attempts_file=/nowhere/attempts", &e), 0);
	struct feed_attempts a = opened();
	assert_int_equal(failures(), before + 1);
	assert_int_equal(make(&a, 1000), FEED_ATTEMPTS_MAX);
	assert_int_equal(failures(), before + 1);
	assert_int_equal(settings_set(settings, "feed.attempts_file=", &e), 0);
	a = opened();
	assert_int_equal(make(&a, 1000), FEED_ATTEMPTS_MAX);
	assert_int_equal(failures(), before + 1); /* nobody wanted one */
}

static void test_damaged(void **state)
{
	long before = failures();
	int fd = open(path, O_WRONLY);

	(void)state;
	assert_int_equal(write(fd, "something else", 14), 14);
	close(fd);
	struct feed_attempts a = opened();
	assert_int_equal(failures(), before + 1);
	assert_int_equal(make(&a, 1000), FEED_ATTEMPTS_MAX);
}

/* What was known when the file failed is not forgotten. */
static void test_fails_later(void **state)
{
	long before = failures();

	(void)state;
	struct feed_attempts a = opened();
	assert_int_equal(make(&a, 100), 100);
	feed_attempts_done(&a);
	a = opened();
	disk_full = true;
	assert_int_equal(make(&a, 1000), FEED_ATTEMPTS_MAX - 100);
	assert_int_equal(failures(), before + 1);
}

/* Damaged while it is used. */
static void test_spoilt_later(void **state)
{
	long before = failures();

	(void)state;
	struct feed_attempts a = opened();
	assert_int_equal(make(&a, 100), 100);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(make(&a, 50), 50); /* somebody emptied it: from here on */
	int fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(make(&a, 1000), FEED_ATTEMPTS_MAX - 50);
	assert_int_equal(failures(), before + 1);
}

/* A process that was stopped with the file in its hand holds nobody up for long. */
static void test_held(void **state)
{
	long before = failures();
	int64_t now_us = clock_mono_us();

	(void)state;
	struct feed_attempts a = opened();
	int other = feed_attempts_file_open(path, &e);
	assert_int_equal(feed_attempts_wait_us(&a, now_us), 0);
	assert_int_equal(feed_attempts_file_lock(other, &e), FEED_ATTEMPTS_LOCKED);
	assert_int_equal(feed_attempts_wait_us(&a, now_us), 5 * MS_US);
	feed_attempts_file_unlock(other);
	assert_int_equal(feed_attempts_wait_us(&a, now_us), 0);
	assert_int_equal(feed_attempts_file_lock(other, &e), FEED_ATTEMPTS_LOCKED);
	for (int i = 0; i < 1000; i += 5)
		assert_int_equal(feed_attempts_wait_us(&a, now_us + i * MS_US), 5 * MS_US);
	assert_int_equal(failures(), before);
	assert_int_equal(feed_attempts_wait_us(&a, now_us + SECOND_US), 0);
	assert_int_equal(failures(), before + 1);
	struct feed_attempts b = opened(); /* not read yet */
	assert_int_equal(feed_attempts_wait_us(&b, now_us), 5 * MS_US);
	close(other);
	assert_int_equal(make(&b, 1000), FEED_ATTEMPTS_MAX - 2);
	feed_attempts_done(&b);
}

static void test_state_folder(void **state)
{
	char folder[] = "/tmp/feed_attempts_folder.XXXXXX", text[200];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(settings_set(settings, "feed.attempts_file=", &e), 0);
	snprintf(text, sizeof(text), "%s:/other", folder);
	setenv("STATE_DIRECTORY", text, 1);
	struct feed_attempts a = opened();
	assert_int_equal(make(&a, 299), 299);
	feed_attempts_done(&a);
	a = opened();
	assert_int_equal(make(&a, 10), 1);
	feed_attempts_done(&a);
	snprintf(text, sizeof(text), "%s/feed_attempts", folder);
	assert_int_equal(unlink(text), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_any_window),
		cmocka_unit_test_setup_teardown(test_kept_over_a_restart, begin, end),
		cmocka_unit_test_setup_teardown(test_shared, begin, end),
		cmocka_unit_test_setup_teardown(test_no_file, begin, end),
		cmocka_unit_test_setup_teardown(test_damaged, begin, end),
		cmocka_unit_test_setup_teardown(test_fails_later, begin, end),
		cmocka_unit_test_setup_teardown(test_spoilt_later, begin, end),
		cmocka_unit_test_setup_teardown(test_held, begin, end),
		cmocka_unit_test_setup_teardown(test_state_folder, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
