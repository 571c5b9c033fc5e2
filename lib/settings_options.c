#include "settings.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PRICEGRAPH_VERSION
#define PRICEGRAPH_VERSION "0.1.0"
#endif
#define EXIT_USAGE 2
#define OUTPUT_BYTES_MAX (1 << 22)

enum { OPTION_CONFIG = 256, OPTION_SET, OPTION_CHECK, OPTION_PRINT, OPTION_HELP, OPTION_VERSION };

static const struct option options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"set", required_argument, NULL, OPTION_SET},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"print-config", no_argument, NULL, OPTION_PRINT},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* What the command line asks for. */
struct asked {
	const char *config;
	const char **sets; /* of argv, in order */
	size_t set_count;
	int last; /* OPTION_CHECK, _PRINT, _HELP or _VERSION; 0 = run */
};

static const char *type_name(enum setting_type type)
{
	switch (type) {
	case SETTING_TEXT:
		return "text";
	case SETTING_SECRET:
		return "secret";
	case SETTING_NAME:
		return "name";
	case SETTING_INT:
		return "int";
	case SETTING_BOOL:
		return "yes|no";
	case SETTING_FLOAT:
		return "number";
	case SETTING_LIST:
		return "list";
	}
	return "";
}

static void help(char program, const char *name, bool arguments, struct buf *out)
{
	buf_printf(
		out, "usage: %s [option]...%s\n", name, arguments ? " command [argument]..." : "");
	buf_add_str(out,
		"  --config FILE             read this ini file\n"
		"  --set section.key=value   set one value; goes over file and environment\n"
		"  --check                   check the configuration and end\n"
		"  --print-config            print what is in force, secrets masked, and end\n"
		"  --help, --version         print and end\n"
		"Settings, by --set, environment (PRICEGRAPH_SECTION_KEY) or file:\n");
	for (const struct setting *row = setting_table; row->section; row++) {
		if (!strchr(row->programs, program))
			continue;
		buf_printf(out, "  %s.%s=%s%s%s\n      %s", row->section, row->key,
			row->default_text, *row->unit ? " " : "", row->unit, row->help);
		if (row->choices)
			buf_printf(out, " (%s)", row->choices);
		else if (row->type == SETTING_INT || row->type == SETTING_FLOAT)
			buf_printf(out, " (%.15g..%.15g)", row->min, row->max);
		buf_add_char(out, '\n');
	}
}

/* `text` in a Markdown table's cell. */
static void add_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add_char(out, '\\');
		if (*text == '<')
			buf_add_str(out, "&lt;");
		else
			buf_add_char(out, *text);
	}
}

void settings_reference(struct buf *out)
{
	buf_add_str(out, "| setting | type | default | range | meaning |\n|---|---|---|---|---|\n");
	for (const struct setting *row = setting_table; row->section; row++) {
		buf_printf(out, "| `%s.%s` | ", row->section, row->key);
		add_cell(out, row->choices ? row->choices : type_name(row->type));
		if (*row->unit)
			buf_printf(out, ", %s", row->unit);
		buf_add_str(out, *row->default_text ? " | `" : " | ");
		add_cell(out, row->default_text);
		buf_add_str(out, *row->default_text ? "` | " : "| ");
		if (row->type == SETTING_INT || row->type == SETTING_FLOAT)
			buf_printf(out, "%.15g..%.15g ", row->min, row->max);
		buf_add_str(out, "| ");
		add_cell(out, row->help);
		buf_add_str(out, " |\n");
	}
}

/* False: an unknown option, or one without its argument; getopt has said so. */
static bool read_options(int argc, char **argv, struct asked *asked)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == '?')
			return false;
		if (option == OPTION_CONFIG)
			asked->config = optarg;
		else if (option == OPTION_SET)
			asked->sets[asked->set_count++] = optarg;
		else
			asked->last = option;
	}
	return true;
}

static struct settings *load(const struct asked *asked, struct err *e)
{
	struct settings *s = settings_new(e);

	if (!s)
		return NULL;
	if (asked->config && settings_read_file(s, asked->config, e) < 0)
		goto fail;
	for (size_t i = 0; i < asked->set_count; i++)
		if (settings_set(s, asked->sets[i], e) < 0)
			goto fail;
	return s;
fail:
	settings_free(s);
	return NULL;
}

static int print(struct buf *out)
{
	bool whole = !out->failed && fwrite(out->data, 1, out->len, stdout) == out->len &&
		     fflush(stdout) == 0;

	buf_done(out);
	return whole ? 0 : 1;
}

/* Loads, and answers --check and --print-config. NULL: the program shall end. */
static struct settings *load_and_answer(const struct asked *asked, const char *name, int *exit_code)
{
	struct err e = {0};
	struct settings *s = load(asked, &e);
	struct buf out;

	buf_init(&out, OUTPUT_BYTES_MAX);
	if (!s) {
		fprintf(stderr, "%s: %s\n", name, e.text);
		*exit_code = EXIT_USAGE;
		return NULL;
	}
	if (!asked->last)
		return s;
	if (asked->last == OPTION_PRINT)
		settings_print(s, &out);
	else
		buf_add_str(&out, "the configuration is valid\n");
	*exit_code = print(&out);
	settings_free(s);
	return NULL;
}

struct settings *settings_from_command_line(char program, int argc, char **argv, int *exit_code)
{
	const char *name = argc > 0 ? argv[0] : "pricegraph";
	struct asked asked = {.config = getenv("PRICEGRAPH_CONFIG")};
	struct settings *s = NULL;
	bool arguments = program == 't';
	struct buf out;

	*exit_code = EXIT_USAGE;
	buf_init(&out, OUTPUT_BYTES_MAX);
	asked.sets = calloc((size_t)argc + 1, sizeof(*asked.sets));
	if (!asked.sets) {
		fprintf(stderr, "%s: no memory\n", name);
	} else if (!read_options(argc, argv, &asked)) {
		fprintf(stderr, "%s: --help shows the options\n", name);
	} else if (asked.last == OPTION_HELP) {
		help(program, name, arguments, &out);
		*exit_code = print(&out);
	} else if (asked.last == OPTION_VERSION) {
		buf_printf(&out, "%s %s\n", name, PRICEGRAPH_VERSION);
		*exit_code = print(&out);
	} else if (!arguments && optind < argc) {
		fprintf(stderr, "%s: '%s' is no option; --help shows them\n", name, argv[optind]);
	} else {
		s = load_and_answer(&asked, name, exit_code);
	}
	free(asked.sets);
	return s;
}

struct settings *settings_reload(int argc, char **argv, struct err *e)
{
	struct asked asked = {.config = getenv("PRICEGRAPH_CONFIG")};
	struct settings *s = NULL;

	asked.sets = calloc((size_t)argc + 1, sizeof(*asked.sets));
	if (!asked.sets)
		err_set(e, "no memory");
	else if (!read_options(argc, argv, &asked))
		err_set(e, "an unknown option");
	else
		s = load(&asked, e);
	free(asked.sets);
	return s;
}
