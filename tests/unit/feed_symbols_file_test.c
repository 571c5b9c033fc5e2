/* The file of symbols is edited whole or not at all, keeps what it does not understand as a comment, and two edits follow each other. */
#include "daemon/feed_symbols_file.h"
#include "test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/feed_symbols_file.XXXXXX";
static char path[100];

static void put(const char *text)
{
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static const char *got(void)
{
	static char text[5000];
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static struct feed_choice_entry entry_of(const char *text)
{
	struct feed_choice_entry entry;
	struct err e = {""};
	assert_int_equal(feed_choice_entry_read(&entry, text, &e), 0);
	return entry;
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/symbols", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void test_edit(void **state)
{
	struct err e = {""};
	struct feed_choice_entry a = entry_of("A"), minus_b = entry_of("-B"), c = entry_of("*C");

	(void)state;
	put("# mine\nA # first\n\n-B\n B\nA");
	assert_int_equal(chmod(path, 0640), 0);
	struct feed_symbols_file *f = feed_symbols_file_open(path, true, &e);
	assert_non_null(f);
	feed_symbols_file_drop(f, &a);
	feed_symbols_file_drop(f, &minus_b);
	assert_int_equal(feed_symbols_file_append(f, &c, &e), 0);
	assert_int_equal(feed_symbols_file_append(f, &minus_b, &e), 0);
	struct feed_choice choice = {.count = 0};
	assert_int_equal(feed_symbols_file_add_to(f, &choice, &e), 0);
	assert_int_equal(choice.count, 3);
	free(choice.entries);
	assert_string_equal(got(), "# mine\nA # first\n\n-B\n B\nA"); /* not yet */
	assert_int_equal(feed_symbols_file_write(f, &e), 0);
	feed_symbols_file_close(f);
	assert_string_equal(got(), "# mine\n\n B\n*C\n-B\n");
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_nlink, 1);
}

static void test_new_file(void **state)
{
	struct err e = {""};
	struct feed_choice_entry a = entry_of("A");

	(void)state;
	unlink(path);
	struct feed_symbols_file *f = feed_symbols_file_open(path, false, &e);
	assert_non_null(f);
	feed_symbols_file_close(f);
	assert_int_equal(access(path, F_OK), -1);
	f = feed_symbols_file_open(path, true, &e);
	assert_non_null(f);
	assert_int_equal(feed_symbols_file_append(f, &a, &e), 0);
	assert_int_equal(feed_symbols_file_write(f, &e), 0);
	feed_symbols_file_close(f);
	assert_string_equal(got(), "A\n");
}

static void test_refusals(void **state)
{
	struct err e = {""};
	struct feed_choice choice = {.count = 0};

	(void)state;
	put("A\nB C\n");
	struct feed_symbols_file *f = feed_symbols_file_open(path, false, &e);
	assert_int_equal(feed_symbols_file_add_to(f, &choice, &e), -1);
	assert_non_null(strstr(e.text, "line 2: 'B C'"));
	free(choice.entries);
	feed_symbols_file_close(f);
	assert_null(feed_symbols_file_open("/nowhere/at/all", true, &e));
	assert_non_null(strstr(e.text, "/nowhere/at/all"));
	assert_null(feed_symbols_file_open("/tmp", false, &e));
	char *large = malloc(FEED_CHOICE_FILE_BYTES_MAX + 2);
	memset(large, '\n', FEED_CHOICE_FILE_BYTES_MAX + 1);
	large[FEED_CHOICE_FILE_BYTES_MAX + 1] = '\0';
	put(large);
	free(large);
	f = feed_symbols_file_open(path, true, &e);
	struct feed_choice_entry a = entry_of("A");
	assert_int_equal(feed_symbols_file_append(f, &a, &e), -1); /* and the file stands */
	feed_symbols_file_close(f);
}

/* Four processes add 20 symbols each: all of them are there. */
static void test_together(void **state)
{
	struct err e = {""};
	struct feed_choice choice = {.count = 0};
	int status;

	(void)state;
	put("");
	for (int process = 0; process < 4; process++)
		if (fork() == 0) {
			for (int i = 0; i < 20; i++) {
				char name[SYMBOL_SIZE];
				snprintf(name, sizeof(name), "S%dX%d", process, i);
				struct feed_choice_entry entry;
				struct feed_symbols_file *f =
					feed_symbols_file_open(path, true, &e);
				if (!f || feed_choice_entry_read(&entry, name, &e) < 0 ||
					feed_symbols_file_append(f, &entry, &e) < 0 ||
					feed_symbols_file_write(f, &e) < 0)
					_exit(1);
				feed_symbols_file_close(f);
			}
			_exit(0);
		}
	for (int process = 0; process < 4; process++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct feed_symbols_file *f = feed_symbols_file_open(path, false, &e);
	assert_int_equal(feed_symbols_file_add_to(f, &choice, &e), 0);
	assert_int_equal(choice.count, 80);
	free(choice.entries);
	feed_symbols_file_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_together),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
