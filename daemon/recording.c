#include "recording.h"
#include "recording_file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct source {
	struct recording_file *file;
	struct recording_line line; /* the one that is next of this file */
	bool ended;
};

struct recording {
	struct source **sources;
	size_t count;
	struct source *given; /* whose line is lent; it is read on before the next choice */
	char **skipped;
	size_t skipped_count;
	int64_t bad_lines;
};

static int source_advance(struct recording *r, struct source *s, struct err *e)
{
	int64_t before = s->line.received_us;
	char *text;
	size_t len;
	int rc;

	while ((rc = recording_file_line(s->file, &text, &len, e)) > 0) {
		if (recording_line_parse(&s->line, text, len)) {
			if (s->line.received_us < before)
				s->line.received_us = before;
			return 0;
		}
		r->bad_lines += len > 0;
	}
	s->ended = true;
	return rc;
}

/* 1: has times, its first line is read; 0: has none; -1 */
static int source_begin(struct source *s, struct err *e)
{
	char *text;
	size_t len;
	int rc = 0;

	s->line.received_us = INT64_MIN;
	for (int i = 0; i < 2; i++) {
		rc = recording_file_line(s->file, &text, &len, e);
		if (rc <= 0)
			return rc;
		if (recording_line_parse(&s->line, text, len))
			return 1;
	}
	return 0;
}

static int file_skip(struct recording *r, const char *path, struct err *e)
{
	char **more = realloc(r->skipped, (r->skipped_count + 1) * sizeof(*more));

	if (!more)
		return err_set(e, "no memory");
	r->skipped = more;
	r->skipped[r->skipped_count] = strdup(path);
	if (!r->skipped[r->skipped_count])
		return err_set(e, "no memory");
	r->skipped_count++;
	return 0;
}

static int file_add(struct recording *r, const char *path, struct err *e)
{
	struct source **more = realloc(r->sources, (r->count + 1) * sizeof(*more));
	struct source *s = calloc(1, sizeof(*s)); /* apart, because its line points into itself */
	int rc = -1;

	r->sources = more ? more : r->sources;
	if (!more || !s)
		err_set(e, "no memory");
	else if ((s->file = recording_file_open(path, e)))
		rc = source_begin(s, e);
	if (rc > 0) {
		r->sources[r->count++] = s;
		return 0;
	}
	if (s)
		recording_file_free(s->file);
	free(s);
	return rc < 0 ? -1 : file_skip(r, path, e);
}

static int name_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int folder_add(struct recording *r, const char *path, struct err *e)
{
	struct dirent **names;
	int count = scandir(path, &names, name_visible, alphasort), rc = 0;

	if (count < 0)
		return err_set(e, "cannot read folder '%s': %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *file = NULL;
		struct stat st;

		if (rc == 0 && asprintf(&file, "%s/%s", path, names[i]->d_name) < 0) {
			file = NULL;
			rc = err_set(e, "no memory");
		}
		if (rc == 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			rc = file_add(r, file, e);
		free(file);
		free(names[i]);
	}
	free(names);
	return rc;
}

struct recording *recording_open(const char *path, struct err *e)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct stat st;
	int rc;

	if (!r) {
		err_set(e, "no memory");
		return NULL;
	}
	if (stat(path, &st) < 0)
		rc = err_set(e, "cannot open '%s': %s", path, strerror(errno));
	else
		rc = S_ISDIR(st.st_mode) ? folder_add(r, path, e) : file_add(r, path, e);
	if (rc == 0 && r->count == 0)
		rc = err_set(
			e, "'%s' holds no recording: no line begins with a receive time", path);
	if (rc == 0)
		return r;
	recording_free(r);
	return NULL;
}

void recording_free(struct recording *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		recording_file_free(r->sources[i]->file);
		free(r->sources[i]);
	}
	for (size_t i = 0; i < r->skipped_count; i++)
		free(r->skipped[i]);
	free(r->skipped);
	free(r->sources);
	free(r);
}

size_t recording_files(const struct recording *r)
{
	return r->count;
}

const char *recording_skipped(const struct recording *r, size_t i)
{
	return i < r->skipped_count ? r->skipped[i] : NULL;
}

int64_t recording_bad_lines(const struct recording *r)
{
	return r->bad_lines;
}

int recording_next(struct recording *r, struct recording_line **line, size_t *file, struct err *e)
{
	struct source *least = NULL;

	if (r->given && source_advance(r, r->given, e))
		return -1;
	r->given = NULL;
	for (size_t i = 0; i < r->count; i++) {
		struct source *s = r->sources[i];

		if (s->ended || (least && s->line.received_us >= least->line.received_us))
			continue;
		least = s;
		*file = i;
	}
	if (!least)
		return 0;
	r->given = least;
	*line = &least->line;
	return 1;
}
