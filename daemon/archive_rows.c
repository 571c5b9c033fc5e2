#include "archive_rows.h"
#include "clock.h"
#include <string.h>

static size_t split(char *line, size_t len, struct history_text *columns)
{
	const char *at = line, *end = line + len;
	size_t count = 0;

	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;
		if (count == HISTORY_COLUMNS_MAX)
			return count + 1;
		columns[count++] = (struct history_text){at, (size_t)(stop - at)};
		if (!comma)
			return count;
		at = comma + 1;
	}
}

/* Some files name their columns in the first line. No row begins with a letter. */
static bool is_header(const struct archive_rows *a, const char *line)
{
	return archive_file_number(a->file) == 1 &&
	       ((*line >= 'a' && *line <= 'z') || (*line >= 'A' && *line <= 'Z') || *line == '"');
}

static int read_line(
	struct archive_rows *a, char *line, size_t len, struct history_row *row, struct err *e)
{
	size_t count;

	if (!line)
		return err_set(e, "longer than %d bytes", ARCHIVE_LINE_MAX);
	count = split(line, len, a->columns);
	if (count > HISTORY_COLUMNS_MAX)
		return err_set(e, "more than %d columns", HISTORY_COLUMNS_MAX);
	if (history_row_read(a->kind, a->columns, count, row, e) < 0)
		return -1;
	if (row->end_us > a->before_us)
		return err_set(e, "its time has not come, or is not over");
	return 0;
}

int archive_rows_next(struct archive_rows *a, struct history_row *row, struct err *e)
{
	struct err why = {""};
	char *line;
	size_t len;
	int rc;

	while ((rc = archive_file_line(a->file, &line, &len, e)) > 0) {
		if (line && (len == 0 || is_header(a, line)))
			continue;
		if (read_line(a, line, len, row, &why) == 0)
			return 1;
		a->wrong++;
		a->tell(a->path, archive_file_number(a->file), why.text);
	}
	return rc;
}
