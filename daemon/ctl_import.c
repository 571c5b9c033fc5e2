#include "archive_checksum.h"
#include "archive_name.h"
#include "archive_rows.h"
#include "clock.h"
#include "ctl_command.h"
#include "ctl_options.h"
#include "history_load.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAVE_EVERY 5000                /* rows */
#define OLD_ENOUGH_US (10 * SECOND_US) /* so far must a row lie behind, as REST's do */
#define TOLD_MAX 100                   /* wrong lines that are shown one by one */

struct import {
	struct history_load load;
	const char *symbol, *kind; /* from the command line, or NULL */
	int64_t wrong, failed;     /* lines; files */
};

struct file {
	struct archive_rows rows;
	struct archive_name name;
	char what[HISTORY_LOAD_WHAT_SIZE];
};

static int64_t told;

static void tell(const char *path, int64_t line, const char *reason)
{
	if (told < TOLD_MAX)
		fprintf(stderr, "%s:%" PRId64 ": %s\n", path, line, reason);
	else if (told == TOLD_MAX)
		fprintf(stderr, "further wrong lines are only counted\n");
	told++;
}

/* What tells a file from others: where it lies and what it is now, since the exchange replaces files under their names. */
static int identify(const char *path, struct file *f, struct err *e)
{
	char *full = realpath(path, NULL);
	struct stat st;
	int rc = 0;

	if (!full || stat(full, &st) != 0)
		rc = err_set(e, "%s", strerror(errno));
	else if ((size_t)snprintf(f->what, sizeof(f->what), "%s (%lld bytes of %lld)", full,
			 (long long)st.st_size, (long long)st.st_mtime) >= sizeof(f->what))
		rc = err_set(e, "its path is too long");
	free(full);
	return rc;
}

static int find_out(const struct import *im, const char *path, struct file *f, struct err *e)
{
	archive_name_read(path, &f->name);
	if (im->symbol)
		snprintf(f->name.symbol, sizeof(f->name.symbol), "%s", im->symbol);
	if (im->kind)
		snprintf(f->name.kind, sizeof(f->name.kind), "%s", im->kind);
	if (!*f->name.symbol || !*f->name.kind)
		return err_set(e, "its name does not tell what it holds: give --symbol and --kind");
	return archive_name_kind(f->name.kind, &f->rows.kind, e);
}

/* The rows from `f->rows` on, those before were taken by an earlier run. */
static int send_rows(struct import *im, struct file *f, struct err *e)
{
	struct history_load *l = &im->load;
	struct history_row row;
	int64_t since = 0, wrong = 0;
	int rc;

	while ((rc = archive_rows_next(&f->rows, &row, e)) > 0) {
		if (f->rows.wrong > wrong && history_load_break(l, e) < 0)
			return -1;
		wrong = f->rows.wrong;
		if (archive_file_number(f->rows.file) <= l->saved) {
			history_load_passed(l, &row);
			continue;
		}
		if (since % HISTORY_PAGE == 0 && history_load_room(l, f->rows.kind.stream, e) < 0)
			return -1;
		if (history_load_row(l, &row, e) < 0)
			return -1;
		if (++since % SAVE_EVERY == 0 &&
			history_load_save(l, archive_file_number(f->rows.file), e) < 0)
			return -1;
		if (since % HISTORY_PAGE == 0)
			history_load_show(l, archive_file_share(f->rows.file));
	}
	return rc < 0 ? rc : history_load_end(l, e);
}

static int import_file(struct import *im, const char *path, struct err *e)
{
	int64_t now_us = clock_wall_us();
	struct file f = {.rows = {.path = path, .before_us = now_us - OLD_ENOUGH_US, .tell = tell}};
	int rc, sure;

	if (identify(path, &f, e) < 0 || find_out(im, path, &f, e) < 0)
		return -1;
	sure = archive_checksum_verify(path, e);
	if (sure < 0 || history_load_begin(&im->load, f.what, f.name.symbol, now_us, e) < 0)
		return -1;
	if (im->load.saved >= 0)
		printf("%s: goes on behind line %" PRId64 "\n", path, im->load.saved);
	f.rows.file = archive_file_open(path, e);
	if (!f.rows.file)
		return -1;
	rc = send_rows(im, &f, e);
	if (rc == 0)
		printf("%s: %s of %s, %" PRId64 " rows in Kafka, %" PRId64 " wrong lines%s\n", path,
			f.name.kind, f.name.symbol, im->load.rows, f.rows.wrong,
			sure > 0 ? ", checksum verified" : "");
	im->wrong += f.rows.wrong;
	archive_file_close(f.rows.file);
	return rc;
}

int ctl_import(const struct settings *s, char **arguments, struct err *e)
{
	struct import im = {.symbol = NULL};
	struct ctl_options o;

	if (ctl_options_read(&o, arguments, "symbol kind", e) != 0)
		return -1;
	if (o.word_count == 0)
		return err_set(e, "no file given");
	if (o.symbol && strlen(o.symbol) >= SYMBOL_SIZE)
		return err_set(e, "--symbol: 1 to %d bytes", SYMBOL_SIZE - 1);
	im.symbol = o.symbol;
	im.kind = o.kind;
	if (history_load_init(&im.load, s, "import", e) < 0)
		return -1;
	for (char **path = o.words; *path; path++) {
		struct err why = {""};

		if (import_file(&im, *path, &why) == 0)
			continue;
		fprintf(stderr, "%s: %s\n", *path, why.text);
		im.failed++;
	}
	history_load_done(&im.load);
	if (im.failed || im.wrong)
		return err_set(e, "%" PRId64 " files failed, %" PRId64 " lines were wrong",
			im.failed, im.wrong);
	return 0;
}
