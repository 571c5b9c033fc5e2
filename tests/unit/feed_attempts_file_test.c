/* The attempts of all processes: whatever the clocks do none is forgotten too early, and a file that is not ours stays as it is. */
#include "clock.h"
#include "daemon/feed_attempts_file.h"
#include "full_disk.h"
#include "test.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES (64 * FEED_ATTEMPTS_MAX)

static char path[100];
static int fd;
static int64_t age_us[FEED_ATTEMPTS_MAX];
static struct err e;

static int open_new(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/feed_attempts_file_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	fd = feed_attempts_file_open(path, &e);
	assert_true(fd >= 0);
	disk_full = false;
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		age_us[i] = -1;
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	close(fd);
	unlink(path);
	return 0;
}

static struct feed_attempts_now at(int64_t boot_s, int64_t wall_s)
{
	return (struct feed_attempts_now){boot_s * SECOND_US, wall_s * SECOND_US};
}

static void add(int slot, int64_t boot_s, int64_t wall_s)
{
	struct feed_attempts_now now = at(boot_s, wall_s);
	assert_int_equal(feed_attempts_file_write(fd, slot, &now, &e), 0);
}

static void look(int64_t boot_s, int64_t wall_s)
{
	struct feed_attempts_now now = at(boot_s, wall_s);
	assert_int_equal(feed_attempts_file_read(fd, &now, age_us, &e), 0);
}

static off_t size_of(void)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

static void test_new_file(void **state)
{
	(void)state;
	look(10, 1000);
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		assert_true(age_us[i] == INT64_MAX);
	assert_int_equal(size_of(), BYTES);
}

static void test_every_line(void **state)
{
	(void)state;
	look(0, 0);
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		add(i, 1000 + i, 5000 + i);
	look(2000, 6000);
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		assert_int_equal(age_us[i], (1000 - i) * SECOND_US);
	assert_int_equal(size_of(), BYTES);
	add(7, 2000, 6000);
	look(2001, 6001);
	assert_int_equal(age_us[7], SECOND_US);
	assert_int_equal(age_us[8], 993 * SECOND_US);
}

static void test_wall_clock_jumps(void **state)
{
	(void)state;
	look(0, 0);
	add(0, 100, 5000);
	look(130, 5030);
	assert_int_equal(age_us[0], 30 * SECOND_US);
	look(130, 900000);
	assert_int_equal(age_us[0], 30 * SECOND_US);
	look(130, 0);
	assert_int_equal(age_us[0], 30 * SECOND_US);
}

/* The machine began anew: the wall clock tells the age if it can; no attempt is younger than the machine. */
static void test_machine_began_anew(void **state)
{
	(void)state;
	look(0, 0);
	add(0, 100, 5000);
	look(20, 5060);
	assert_int_equal(age_us[0], 60 * SECOND_US);
	look(20, 5005); /* set back meanwhile */
	assert_int_equal(age_us[0], 20 * SECOND_US);
	look(20, 3); /* no battery */
	assert_int_equal(age_us[0], 20 * SECOND_US);
}

/* Whoever made it was killed, or the power was cut. */
static void test_half_made(void **state)
{
	static const off_t sizes[] = {0, 1, 63, 64, 65, 4096, BYTES - 1};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		look(0, 0);
		assert_int_equal(ftruncate(fd, 0), 0);
		look(0, 0);
		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		look(0, 0);
		assert_int_equal(size_of(), BYTES);
		assert_true(age_us[FEED_ATTEMPTS_MAX - 1] == INT64_MAX);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, BYTES), 0); /* zeros */
	look(0, 0);
	add(3, 100, 100);
	look(101, 101);
	assert_int_equal(age_us[3], SECOND_US);
	assert_true(age_us[4] == INT64_MAX);
}

static void refuse(const char *content, size_t len)
{
	struct feed_attempts_now now = at(1, 1);
	char *after = malloc(len);

	assert_non_null(after);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, content, len, 0), len);
	age_us[0] = 42;
	e.text[0] = '\0';
	assert_int_equal(feed_attempts_file_read(fd, &now, age_us, &e), -1);
	assert_non_null(strstr(e.text, "damaged"));
	assert_int_equal(age_us[0], 42);
	assert_int_equal(size_of(), len);
	assert_int_equal(pread(fd, after, len, 0), len);
	assert_memory_equal(after, content, len);
	free(after);
}

static void test_not_ours(void **state)
{
	static char file[BYTES + 1];
	static const char *const lines[] = {"5", "5 ", "5 5x", "x 5", "-1 5", "5 -1", "5 5 5",
		" 5 5", "99999999999999999999 5", "5 99999999999999999999", "; pricegraph"};

	(void)state;
	refuse("short", 5);
	refuse("[feed]\nattempts_file = here, by mistake, and a little more of it\n", 66);
	memset(file, ' ', sizeof(file));
	for (int i = 1; i <= FEED_ATTEMPTS_MAX; i++)
		file[i * 64 - 1] = '\n';
	refuse(file, sizeof(file)); /* too long */
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		memset(file + 64, ' ', 63);
		memcpy(file + 64, lines[i], strlen(lines[i]));
		refuse(file, BYTES);
	}
	memset(file + 64, ' ', 64);
	refuse(file, BYTES); /* no end of line */
}

static void test_disk_full(void **state)
{
	struct feed_attempts_now now = at(1, 1);

	(void)state;
	disk_full = true;
	age_us[0] = 42;
	assert_int_equal(feed_attempts_file_read(fd, &now, age_us, &e), -1);
	assert_int_equal(age_us[0], 42);
	assert_non_null(strstr(e.text, strerror(ENOSPC)));
	disk_full = false;
	look(1, 1);
	disk_full = true;
	assert_int_equal(feed_attempts_file_write(fd, 0, &now, &e), -1);
	look(1, 1); /* nothing to make anew */
	assert_true(age_us[0] == INT64_MAX);
}

static void test_lock(void **state)
{
	int other = feed_attempts_file_open(path, &e);

	(void)state;
	assert_true(other >= 0);
	assert_int_equal(feed_attempts_file_lock(other, &e), FEED_ATTEMPTS_LOCKED);
	assert_int_equal(feed_attempts_file_lock(fd, &e), FEED_ATTEMPTS_BUSY);
	feed_attempts_file_unlock(other);
	assert_int_equal(feed_attempts_file_lock(fd, &e), FEED_ATTEMPTS_LOCKED);
	close(other);
	assert_int_equal(feed_attempts_file_lock(-1, &e), FEED_ATTEMPTS_NO_LOCK);
}

static void test_not_opened(void **state)
{
	(void)state;
	assert_int_equal(feed_attempts_file_open("/nowhere/attempts", &e), -1);
	assert_non_null(strstr(e.text, "/nowhere/attempts"));
	assert_int_equal(feed_attempts_file_open("/tmp", &e), -1);
	assert_int_equal(feed_attempts_file_open("/dev/null", &e), -1);
	assert_non_null(strstr(e.text, "no file"));
	assert_int_equal(feed_attempts_file_open("", &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_file, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_every_line, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_wall_clock_jumps, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_machine_began_anew, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_half_made, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_not_ours, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_disk_full, open_new, close_it),
		cmocka_unit_test_setup_teardown(test_lock, open_new, close_it),
		cmocka_unit_test(test_not_opened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
