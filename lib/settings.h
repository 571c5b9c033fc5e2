/*
 * settings: one table of settings for all programs (settings_table.c), read over libinih.
 *
 * Precedence: default < file < environment PRICEGRAPH_<SECTION>_<KEY> < --set section.key=value.
 * Unknown key, junk after a number or a value out of range is an error with file and line.
 * Section [kafka] also takes any property that librdkafka knows; they are kept in order for kafka_conf. In the
 * environment their dots are underscores (PRICEGRAPH_KAFKA_LINGER_MS). Variables that name no
 * section of the table are not ours. In the file " ;" begins a comment, and an indented line
 * continues the list above it. Load once at start, read-only afterwards: then any thread may read.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "setting.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const struct setting setting_table[]; /* ends with section == NULL */

struct settings;

struct settings *settings_new(struct err *e); /* all at their defaults + environment */
void settings_free(struct settings *s);
/* Reads an ini file; on error nothing of it is in force and `e` names file and line. */
must_check int settings_read_file(struct settings *s, const char *path, struct err *e);
/* "section.key=value" of --set. */
must_check int settings_set(struct settings *s, const char *assignment, struct err *e);

/* Values by section and key; asking for a row that is not in the table, or as another type,
 * is a bug and asserts. Texts live as long as `s`. */
const char *settings_text(const struct settings *s, const char *section, const char *key);
int64_t settings_int(const struct settings *s, const char *section, const char *key);
double settings_float(const struct settings *s, const char *section, const char *key);
bool settings_bool(const struct settings *s, const char *section, const char *key);
/* Element `i` of a list, or NULL past its end; blanks around elements are gone. */
const char *settings_item(const struct settings *s, const char *section, const char *key, size_t i);
/* librdkafka property `i` of [kafka], in order given; false past the end. */
bool settings_kafka_property(
	const struct settings *s, size_t i, const char **key, const char **value);

/* What is in force, as an ini file with the source of each value; secrets masked. */
void settings_print(const struct settings *s, struct buf *out);

/* The options that all programs share: --config FILE, --set section.key=value,
 * --check, --print-config, --help, --version. Loads everything in the order of precedence.
 * `program` is the letter of the table above. Returns NULL when the program shall end with
 * *exit_code (help and check 0, bad option or setting 2), having said why on stdout/stderr. Without
 * --config the file that PRICEGRAPH_CONFIG names is read, if any (a plain CGI program gets no
 * options). Program 't' may have arguments behind its options: argv[optind] is the first; for the
 * others an argument is an error. main's thread. */
struct settings *settings_from_command_line(char program, int argc, char **argv, int *exit_code);
/* The same command line, file and environment once more, read anew by a running program. NULL: `e`
 * says why they can't be used. main's thread. */
struct settings *settings_reload(int argc, char **argv, struct err *e);
/* The settings reference for README, as a Markdown table, from setting_table. */
void settings_reference(struct buf *out);
