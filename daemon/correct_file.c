#include "correct_file.h"
#include "archive_file.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TOLD_MAX 100 /* wrong lines that are shown one by one */

void correct_file_tell(struct correct_file *f, int64_t number, const char *reason)
{
	if (f->wrong < TOLD_MAX)
		fprintf(stderr, "%s:%" PRId64 ": %s\n", f->path, number, reason);
	else if (f->wrong == TOLD_MAX)
		fprintf(stderr, "further wrong lines are only counted\n");
	f->wrong++;
}

static struct correct_line *add(struct correct_file *f, struct err *e)
{
	if (f->count == CORRECT_LINES_MAX) {
		err_set(e, "more than %d candles: divide it", CORRECT_LINES_MAX);
		return NULL;
	}
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		struct correct_line *lines = realloc(f->lines, room * sizeof(*lines));

		if (!lines) {
			err_set(e, "no memory for %zu candles", room);
			return NULL;
		}
		f->lines = lines;
		f->room = room;
	}
	return &f->lines[f->count++];
}

/* 1: the first line, and it names the columns. */
static int read_names(struct correct_file *f, struct candle_columns *columns, const char *line,
	size_t len, int64_t number)
{
	struct err why = {""};

	if (f->count || f->wrong || !candle_columns_named(line))
		return 0;
	if (candle_columns_read(columns, line, len, &why) != 0)
		correct_file_tell(f, number, why.text);
	return 1;
}

static int read_lines(
	struct correct_file *f, struct archive_file *from, enum ladder level, struct err *e)
{
	struct candle_columns columns;
	bool begun = false;
	char *line;
	size_t len;
	int rc;

	candle_columns_init(&columns);
	while ((rc = archive_file_line(from, &line, &len, e)) > 0) {
		struct correct_line l = {.number = archive_file_number(from)};
		struct err why = {""};

		if (line && (len == 0 || *line == '#'))
			continue;
		if (!line)
			correct_file_tell(f, l.number, "the line is too long");
		else if (!begun && read_names(f, &columns, line, len, l.number))
			; /* the columns are known now */
		else if (candle_line_read(&columns, level, line, len, &l.is, &why) != 0)
			correct_file_tell(f, l.number, why.text);
		else if (f->wrong == 0) {
			struct correct_line *place = add(f, e);

			if (!place)
				return -1;
			*place = l;
		}
		begun = true;
	}
	return rc;
}

static int by_place(const void *pa, const void *pb)
{
	const struct correct_line *a = pa, *b = pb;
	int64_t x = a->is.candle.open_us, y = b->is.candle.open_us;

	if (a->is.level != b->is.level)
		return a->is.level < b->is.level ? -1 : 1;
	if (x != y)
		return x < y ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static void find_repeats(struct correct_file *f)
{
	for (size_t i = 1; i < f->count; i++) {
		const struct correct_line *a = &f->lines[i - 1], *b = &f->lines[i];
		char reason[80];

		if (a->is.level != b->is.level || a->is.candle.open_us != b->is.candle.open_us)
			continue;
		snprintf(reason, sizeof(reason), "the same candle as in line %" PRId64, a->number);
		correct_file_tell(f, b->number, reason);
	}
}

int correct_file_read(struct correct_file *f, const char *path, enum ladder level, struct err *e)
{
	struct archive_file *from;
	int rc;

	*f = (struct correct_file){.path = path};
	from = archive_file_open(path, e);
	if (!from)
		return err_wrap(e, "%s", path);
	rc = read_lines(f, from, level, e);
	archive_file_close(from);
	if (rc < 0)
		return err_wrap(e, "%s", path);
	if (f->count)
		qsort(f->lines, f->count, sizeof(*f->lines), by_place);
	find_repeats(f);
	if (f->wrong)
		return err_set(e, "%" PRId64 " lines are wrong: nothing was changed", f->wrong);
	return f->count ? 0 : err_set(e, "%s: there is no candle in it", path);
}

void correct_file_done(struct correct_file *f)
{
	free(f->lines);
	*f = (struct correct_file){0};
}
