#include "settings.h"
#include "test.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGS_MAX 8

static char out_text[65536], err_text[4096];

/* Sends a stream's descriptor to a file; returns the descriptor to go back to. */
static int redirect(int fd, FILE *file)
{
	int old = dup(fd);

	assert_true(old >= 0);
	assert_true(dup2(fileno(file), fd) >= 0);
	return old;
}

static void restore(int fd, int old, FILE *file, char *text, size_t size)
{
	fflush(NULL);
	dup2(old, fd);
	close(old);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* Runs it with these arguments (NULL-terminated); what it printed is in out_text and err_text. */
static struct settings *run(char program, const char *const args[], int *exit_code)
{
	char *argv[ARGS_MAX + 2] = {(char[]){"pricegraph-test"}};
	FILE *out = tmpfile(), *err = tmpfile();
	int argc = 1;

	for (; args[argc - 1]; argc++)
		argv[argc] = strdup(args[argc - 1]);
	fflush(NULL);
	int old_out = redirect(STDOUT_FILENO, out), old_err = redirect(STDERR_FILENO, err);
	*exit_code = -1;
	struct settings *s = settings_from_command_line(program, argc, argv, exit_code);
	restore(STDOUT_FILENO, old_out, out, out_text, sizeof(out_text));
	restore(STDERR_FILENO, old_err, err, err_text, sizeof(err_text));
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return s;
}

#define RUN(program, exit_code, ...)                                                               \
	run(program, (const char *const[ARGS_MAX + 1]){__VA_ARGS__}, exit_code)

static int clean_environment(void **state)
{
	(void)state;
	unsetenv("PRICEGRAPH_CONFIG");
	unsetenv("PRICEGRAPH_LOG_LEVEL");
	return 0;
}

static void make_file(char path[64], const char *text)
{
	snprintf(path, 64, "/tmp/settings_options_test.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void runs_without_options(void **state)
{
	int code;
	struct settings *s = RUN('c', &code, NULL);

	(void)state;
	assert_non_null(s);
	assert_string_equal(settings_text(s, "venue", "name"), "binance");
	assert_string_equal(out_text, "");
	assert_string_equal(err_text, "");
	settings_free(s);
}

static void options_go_over_environment_over_file(void **state)
{
	char path[64];
	int code;

	(void)state;
	make_file(path, "[log]\nlevel=error\nqueue=100\n[venue]\nname=a\n");
	setenv("PRICEGRAPH_LOG_LEVEL", "warn", 1);
	struct settings *s = RUN('c', &code, "--set", "venue.name=b", "--config", path);
	assert_non_null(s);
	assert_string_equal(settings_text(s, "venue", "name"), "b");
	assert_string_equal(settings_text(s, "log", "level"), "warn");
	assert_int_equal(settings_int(s, "log", "queue"), 100);
	settings_free(s);
	setenv("PRICEGRAPH_CONFIG", path, 1);
	s = RUN('c', &code, NULL);
	assert_non_null(s);
	assert_int_equal(settings_int(s, "log", "queue"), 100);
	settings_free(s);
	unlink(path);
}

static void bad_options_and_settings_end_with_2(void **state)
{
	int code;

	(void)state;
	assert_null(RUN('c', &code, "--nonsense"));
	assert_int_equal(code, 2);
	assert_non_null(strstr(err_text, "--nonsense"));
	assert_non_null(strstr(err_text, "--help shows the options"));
	assert_null(RUN('c', &code, "--set"));
	assert_int_equal(code, 2);
	assert_null(RUN('c', &code, "--set", "log.level=loud"));
	assert_int_equal(code, 2);
	assert_non_null(strstr(err_text, "log.level: 'loud' is none of error|warn|info|debug"));
	assert_null(RUN('c', &code, "--config", "/nowhere/x.ini"));
	assert_int_equal(code, 2);
	assert_string_equal(
		err_text, "pricegraph-test: /nowhere/x.ini: No such file or directory\n");
	assert_null(RUN('c', &code, "word"));
	assert_int_equal(code, 2);
	assert_non_null(strstr(err_text, "'word' is no option"));
	assert_string_equal(out_text, "");
}

static void check_says_whether_it_is_valid(void **state)
{
	char path[64];
	int code;

	(void)state;
	assert_null(RUN('c', &code, "--check"));
	assert_int_equal(code, 0);
	assert_string_equal(out_text, "the configuration is valid\n");
	make_file(path, "[venue]\nname=a\nnmae=b\n");
	assert_null(RUN('c', &code, "--check", "--config", path));
	assert_int_equal(code, 2);
	assert_non_null(strstr(err_text, path));
	assert_non_null(strstr(err_text, ":3: section [venue] has no setting 'nmae'"));
	unlink(path);
}

static void prints_the_configuration(void **state)
{
	int code;

	(void)state;
	assert_null(RUN('l', &code, "--print-config", "--set", "live.workers=7"));
	assert_int_equal(code, 0);
	assert_non_null(strstr(out_text, "[live]\nworkers = 7 ; --set\n"));
}

static void helps_with_the_settings_of_the_program(void **state)
{
	int code;

	(void)state;
	assert_null(RUN('e', &code, "--help"));
	assert_int_equal(code, 0);
	assert_non_null(strstr(out_text, "usage: pricegraph-test [option]...\n"));
	assert_non_null(strstr(out_text, "  model.speed=1 x\n"));
	assert_null(strstr(out_text, "postgres.owner"));
	assert_null(RUN('t', &code, "--help"));
	assert_non_null(strstr(out_text, "[option]... command [argument]...\n"));
	assert_null(RUN('e', &code, "--version"));
	assert_int_equal(code, 0);
	assert_memory_equal(out_text, "pricegraph-test ", 16);
}

static void the_operators_command_keeps_its_arguments(void **state)
{
	int code;
	struct settings *s = RUN('t', &code, "--set", "venue.name=a", "status", "--json");

	(void)state;
	assert_non_null(s);
	assert_int_equal(optind, 3);
	settings_free(s);
}

static void full_output_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	char *argv[] = {(char[]){"x"}, (char[]){"--help"}, NULL};
	int code;

	(void)state;
	assert_non_null(full);
	fflush(NULL);
	int old = redirect(STDOUT_FILENO, full);
	assert_null(settings_from_command_line('c', 2, argv, &code));
	clearerr(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
	fclose(full);
	assert_int_equal(code, 1);
}

static void reference_has_every_row(void **state)
{
	char name[300];
	size_t lines = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 1 << 20);
	settings_reference(&b);
	for (const struct setting *row = setting_table; row->section; row++, lines++) {
		snprintf(name, sizeof(name), "\n| `%s.%s` | ", row->section, row->key);
		assert_non_null(strstr(b.data, name));
	}
	/* Each line has the same cells: bars in texts are escaped. */
	for (const char *p = b.data; *p; lines--) {
		int bars = 0;
		for (; *p != '\n'; p++)
			bars += *p == '|' && (p == b.data || p[-1] != '\\');
		p++;
		if (p - b.data > 1)
			assert_int_equal(bars, 6);
	}
	assert_int_equal(lines, (size_t)-2);
	buf_done(&b);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clean_environment, clean_environment)
	const struct CMUnitTest tests[] = {
		TEST(runs_without_options),
		TEST(options_go_over_environment_over_file),
		TEST(bad_options_and_settings_end_with_2),
		TEST(check_says_whether_it_is_valid),
		TEST(prints_the_configuration),
		TEST(helps_with_the_settings_of_the_program),
		TEST(the_operators_command_keeps_its_arguments),
		TEST(full_output_is_an_error),
		TEST(reference_has_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
