#include "inifile.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct seen {
	char text[4096];    /* "line section.key=value;" each; '+' before a further line */
	const char *refuse; /* the key that is refused */
};

static int take(void *arg, const struct inifile_line *line, struct err *e)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	if (s->refuse && strcmp(line->key, s->refuse) == 0)
		return err_set(e, "no '%s' here", line->key);
	snprintf(s->text + len, sizeof(s->text) - len, "%d%s %s.%s=%.40s;", line->number,
		line->further ? "+" : "", line->section, line->key, line->text);
	return 0;
}

static void write_file(char path[64], const char *text, size_t len)
{
	snprintf(path, 64, "/tmp/inifile_test.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

/* The result of reading `text`; the file's name is cut from the error. */
static int read_text(const char *text, size_t len, struct seen *s, struct err *e)
{
	char path[64];

	write_file(path, text, len);
	int result = inifile_read(path, take, s, e);
	unlink(path);
	if (result < 0) {
		assert_memory_equal(e->text, path, strlen(path));
		memmove(e->text, e->text + strlen(path), strlen(e->text + strlen(path)) + 1);
	}
	return result;
}

static void reads_all_forms(void **state)
{
	const char text[] = "; comment\n# comment\n\n[a]\nx = 1\ny=2 ; why\n[b c]\n  z : 3 4  \n"
			    "w =\nlong = 1,\n\t2\n";
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(read_text(text, strlen(text), &s, &e), 0);
	assert_string_equal(
		s.text, "5 a.x=1;6 a.y=2;8+ b c.z=3 4;9 b c.w=;10 b c.long=1,;11+ b c.long=2;");
}

static void names_the_first_bad_line(void **state)
{
	const char text[] = "[a]\nx = 1\n\ny = 2\nnonsense\n";
	struct seen s = {.refuse = "y"};
	struct err e = {0};

	(void)state;
	assert_int_equal(read_text(text, strlen(text), &s, &e), -1);
	assert_string_equal(e.text, ":4: no 'y' here");
	s.refuse = NULL;
	assert_int_equal(read_text(text, strlen(text), &s, &e), -1);
	assert_string_equal(e.text, ":5: neither [section] nor key = value");
	assert_int_equal(read_text("[a\nx = 1\n", 9, &s, &e), -1);
	assert_string_equal(e.text, ":1: neither [section] nor key = value");
	assert_int_equal(read_text("[a]\nx = 1\0y\nz = 2\n", 17, &s, &e), -1);
	assert_string_equal(e.text, ":2: a NUL byte");
}

static void takes_long_lines_up_to_its_maximum(void **state)
{
	char *text = malloc(INIFILE_LINE_BYTES_MAX + 100);
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	memset(text, 'v', INIFILE_LINE_BYTES_MAX + 100);
	memcpy(text, "[a]\nx=", 6);
	text[4 + INIFILE_LINE_BYTES_MAX - 1] = '\n';
	assert_int_equal(read_text(text, 4 + INIFILE_LINE_BYTES_MAX, &s, &e), 0);
	assert_memory_equal(s.text, "2 a.x=vvvv", 10);
	text[4 + INIFILE_LINE_BYTES_MAX - 1] = 'v';
	text[4 + INIFILE_LINE_BYTES_MAX] = '\n';
	assert_int_equal(read_text(text, 4 + INIFILE_LINE_BYTES_MAX + 1, &s, &e), -1);
	assert_string_equal(e.text, ":2: more than 65000 bytes in a line");
	free(text);
}

static void says_why_a_file_cannot_be_read(void **state)
{
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(inifile_read("/nowhere/x.ini", take, &s, &e), -1);
	assert_string_equal(e.text, "/nowhere/x.ini: No such file or directory");
	assert_int_equal(inifile_read("/tmp", take, &s, &e), -1);
	assert_string_equal(e.text, "/tmp: is a folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_forms),
		cmocka_unit_test(names_the_first_bad_line),
		cmocka_unit_test(takes_long_lines_up_to_its_maximum),
		cmocka_unit_test(says_why_a_file_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
