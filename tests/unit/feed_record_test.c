/* The tee: every line as received, files by size, and a disk that blocks or fails costs lines that are counted, never time. */
#include "buf.h"
#include "clock.h"
#include "daemon/feed_record.h"
#include "daemon/recording_line.h"
#include "metrics.h"
#include "test.h"
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_bool blocked, failing;
static atomic_int waiting;

static void pause_ms(int64_t ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* In place of the C library's: a disk as the test wants it. */
ssize_t write(int fd, const void *bytes, size_t len)
{
	if (fd > 2 && atomic_load(&blocked)) {
		atomic_fetch_add(&waiting, 1);
		while (atomic_load(&blocked))
			pause_ms(1);
	}
	if (fd > 2 && atomic_load(&failing)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, bytes, len);
}

static char folder[100];

static struct feed_record *start(const char *bytes)
{
	struct err e;
	struct settings *s = settings_new(NULL);
	char text[200];

	assert_non_null(s);
	snprintf(folder, sizeof(folder), "/tmp/feed_record_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(folder + strlen(folder), 10, "/made");
	snprintf(text, sizeof(text), "feed.record=%s", folder);
	assert_int_equal(settings_set(s, text, &e), 0);
	snprintf(text, sizeof(text), "feed.record_bytes=%s", bytes);
	assert_int_equal(settings_set(s, text, &e), 0);
	struct feed_record *r = feed_record_new(s, &e);
	assert_non_null(r);
	settings_free(s);
	return r;
}

static int no_dots(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* All files one behind the other, which are then removed. Returns how many there were; *greatest is the size of one. */
static int read_all(struct buf *out, size_t *greatest)
{
	struct dirent **names;
	int count = scandir(folder, &names, no_dots, alphasort);

	buf_init(out, 256 << 20);
	*greatest = 0;
	for (int i = 0; i < count; i++) {
		char path[400], part[65536];
		size_t n, before = out->len;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		FILE *f = fopen(path, "r");
		assert_non_null(f);
		while ((n = fread(part, 1, sizeof(part), f)) > 0)
			buf_add(out, part, n);
		fclose(f);
		if (out->len - before > *greatest)
			*greatest = out->len - before;
		unlink(path);
		free(names[i]);
	}
	free(names);
	rmdir(folder);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
	return count;
}

static int64_t counter(const char *name)
{
	struct buf out;
	int64_t value = 0;

	buf_init(&out, 1 << 20);
	metrics_print(&out);
	for (const char *at = out.data; at && (at = strstr(at, name)); at++)
		if ((at == out.data || at[-1] == '\n') && at[strlen(name)] == ' ')
			value = strtoll(at + strlen(name), NULL, 10);
	buf_done(&out);
	return value;
}

#define RECORDED "pricegraph_feed_recorded_total"
#define DROPPED "pricegraph_feed_record_dropped_total"

static void test_lines_and_files(void **state)
{
	struct feed_record *r = start("4096");
	int64_t recorded = counter(RECORDED), t_us = 1723161255343001;
	struct buf all;
	size_t greatest;
	char frame[300];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int len = snprintf(frame, sizeof(frame),
			"{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"t\":%d,%c\"E\":%"
			"d}}",
			i, i % 7 ? ' ' : '\n', i);
		feed_record_frame(r, t_us + i, frame, (size_t)len);
	}
	feed_record_free(r);
	assert_true(read_all(&all, &greatest) >= 15);
	assert_true(greatest <= 4096 && greatest > 3900);
	assert_int_equal(counter(RECORDED) - recorded, 1000);
	char *line = all.data;
	for (int i = 0; i < 1000; i++) {
		struct recording_line got;
		char *end = strchr(line, '\n');

		assert_non_null(end);
		assert_true(recording_line_parse(&got, line, (size_t)(end - line)));
		assert_int_equal(got.received_us, t_us + i);
		snprintf(frame, sizeof(frame),
			"{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"t\":%d, "
			"\"E\":%d}}",
			i, i);
		assert_int_equal(got.frame.len, strlen(frame));
		assert_memory_equal(got.frame.data, frame, got.frame.len);
		assert_true(slice_is(got.name, "btcusdt@trade"));
		line = end + 1;
	}
	assert_true(*line == '\0');
	buf_done(&all);
}

/* One that is longer than a file has a file of its own. */
static void test_long_line(void **state)
{
	struct feed_record *r = start("4096");
	char *frame = malloc(1 << 20);
	struct buf all;
	size_t greatest;

	(void)state;
	memset(frame, 'x', 1 << 20);
	feed_record_frame(r, 1723161255343001, "a", 1);
	feed_record_frame(r, 1723161255343002, frame, 1 << 20);
	feed_record_frame(r, 1723161255343003, "b", 1);
	feed_record_free(r);
	assert_int_equal(read_all(&all, &greatest), 3);
	assert_int_equal(greatest, (1 << 20) + 18);
	assert_memory_equal(all.data + all.len - 3, " b\n", 3);
	buf_done(&all);
	free(frame);
}

/* A disk that hangs: the feed does not, and each frame is recorded or counted as dropped. */
static void test_blocked(void **state)
{
	struct feed_record *r = start("1000000000");
	int64_t recorded = counter(RECORDED), dropped = counter(DROPPED), began_us;
	static char frame[10000];
	struct buf all;
	size_t greatest;

	(void)state;
	memset(frame, 'x', sizeof(frame));
	atomic_store(&waiting, 0);
	atomic_store(&blocked, true);
	feed_record_frame(r, 1723161255343001, frame, sizeof(frame));
	for (int i = 0; i < 10000 && !atomic_load(&waiting); i++)
		pause_ms(1);
	assert_int_equal(atomic_load(&waiting), 1);
	began_us = clock_mono_us();
	for (int i = 0; i < 3000; i++)
		feed_record_frame(r, 1723161255343002 + i, frame, sizeof(frame));
	assert_true(clock_mono_us() - began_us < 5 * SECOND_US);
	assert_in_range(counter(DROPPED) - dropped, 3000 - FEED_RECORD_QUEUE_BYTES / 10000, 2000);
	atomic_store(&blocked, false);
	feed_record_free(r);
	read_all(&all, &greatest);
	assert_int_equal(counter(RECORDED) - recorded + counter(DROPPED) - dropped, 3001);
	assert_int_equal(all.len, (size_t)(counter(RECORDED) - recorded) * (sizeof(frame) + 18));
	buf_done(&all);
}

static void test_disk_full(void **state)
{
	struct feed_record *r = start("1000000");
	int64_t recorded = counter(RECORDED), dropped = counter(DROPPED);
	struct buf all;
	size_t greatest;

	(void)state;
	atomic_store(&failing, true);
	for (int i = 0; i < 10; i++)
		feed_record_frame(r, 1723161255343001, "{}", 2);
	for (int i = 0; i < 10000 && counter(DROPPED) == dropped; i++)
		pause_ms(1);
	for (int i = 0; i < 10; i++)
		feed_record_frame(r, 1723161255343001, "{}", 2);
	feed_record_free(r);
	atomic_store(&failing, false);
	assert_int_equal(counter(DROPPED) - dropped, 20);
	assert_int_equal(counter(RECORDED) - recorded, 0);
	assert_int_equal(read_all(&all, &greatest), 1); /* not a new file for each turn */
	buf_done(&all);
}

static void test_no_folder(void **state)
{
	struct settings *s = settings_new(NULL);
	struct err e = {""};

	(void)state;
	assert_int_equal(settings_set(s, "feed.record=/proc/nowhere/x", &e), 0);
	assert_null(feed_record_new(s, &e));
	assert_non_null(strstr(e.text, "/proc/nowhere/x"));
	settings_free(s);
	feed_record_frame(NULL, 1, "{}", 2);
	feed_record_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_and_files),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_no_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
