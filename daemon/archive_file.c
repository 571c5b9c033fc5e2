#include "archive_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zip.h>
#include <zlib.h>

#define BLOCK_BYTES 65536

struct archive_file {
	gzFile gz; /* plain files too */
	zip_t *zip;
	zip_file_t *member;
	int64_t size, taken; /* of the file itself, or of the member unpacked */
	char block[BLOCK_BYTES];
	size_t at, end;
	char line[ARCHIVE_LINE_MAX + 1];
	int64_t number;
};

static bool ends_in(const char *path, const char *tail)
{
	size_t len = strlen(path), tail_len = strlen(tail);

	return len > tail_len && strcasecmp(path + len - tail_len, tail) == 0;
}

/* The one file in it. */
static int open_member(struct archive_file *f, struct err *e)
{
	zip_int64_t count = zip_get_num_entries(f->zip, 0), found = -1;
	zip_stat_t stat;

	for (zip_int64_t i = 0; i < count; i++) {
		const char *name = zip_get_name(f->zip, (zip_uint64_t)i, 0);
		if (!name || ends_in(name, "/"))
			continue;
		if (found >= 0)
			return err_set(e, "the zip holds more than one file");
		found = i;
	}
	if (found < 0)
		return err_set(e, "the zip holds no file");
	f->member = zip_fopen_index(f->zip, (zip_uint64_t)found, 0);
	if (!f->member)
		return err_set(e, "%s", zip_strerror(f->zip));
	if (zip_stat_index(f->zip, (zip_uint64_t)found, 0, &stat) == 0 &&
		(stat.valid & ZIP_STAT_SIZE))
		f->size = (int64_t)stat.size;
	return 0;
}

static int open_zip(struct archive_file *f, const char *path, struct err *e)
{
	int code = 0;
	zip_error_t error;

	f->zip = zip_open(path, ZIP_RDONLY, &code);
	if (f->zip)
		return open_member(f, e);
	zip_error_init_with_code(&error, code);
	err_set(e, "%s", zip_error_strerror(&error));
	zip_error_fini(&error);
	return -1;
}

struct archive_file *archive_file_open(const char *path, struct err *e)
{
	struct archive_file *f = calloc(1, sizeof(*f));
	struct stat st = {0};
	int rc;

	if (!f) {
		err_set(e, "no memory");
		return NULL;
	}
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode)) {
		err_set(e, "%s", S_ISDIR(st.st_mode) ? "it is a folder" : strerror(errno));
		free(f);
		return NULL;
	}
	f->size = st.st_size;
	if (ends_in(path, ".zip")) {
		rc = open_zip(f, path, e);
	} else {
		errno = 0;
		f->gz = gzopen(path, "rbe");
		rc = f->gz ? 0 : err_set(e, "%s", errno ? strerror(errno) : "no memory");
	}
	if (rc == 0)
		return f;
	archive_file_close(f);
	return NULL;
}

void archive_file_close(struct archive_file *f)
{
	if (!f)
		return;
	if (f->member)
		zip_fclose(f->member);
	if (f->zip)
		zip_discard(f->zip);
	if (f->gz)
		gzclose_r(f->gz);
	free(f);
}

/* 1: there are bytes in the block; 0: the end; -1. */
static int fill(struct archive_file *f, struct err *e)
{
	int64_t n;
	int code;

	if (f->member) {
		n = zip_fread(f->member, f->block, sizeof(f->block));
		if (n < 0)
			return err_set(e, "%s", zip_file_strerror(f->member));
		f->taken += n;
	} else {
		n = gzread(f->gz, f->block, sizeof(f->block));
		/* A file that was cut off ends without an error, but says so when it is asked. */
		const char *reason = gzerror(f->gz, &code);
		if (n < 0 || (code != Z_OK && code != Z_STREAM_END))
			return err_set(e, "%s",
				code == Z_ERRNO       ? strerror(errno)
				: code == Z_BUF_ERROR ? "it ends early"
						      : reason);
		f->taken = gzoffset(f->gz);
	}
	f->at = 0;
	f->end = (size_t)n;
	return n > 0;
}

int archive_file_line(struct archive_file *f, char **line, size_t *len, struct err *e)
{
	size_t have = 0;
	bool any = false, too_long = false;

	for (;;) {
		if (f->at == f->end) {
			int rc = fill(f, e);
			if (rc < 0)
				return -1;
			if (rc == 0)
				break;
		}
		any = true;
		const char *from = f->block + f->at;
		const char *end = memchr(from, '\n', f->end - f->at);
		size_t part = end ? (size_t)(end - from) : f->end - f->at;
		if (part > ARCHIVE_LINE_MAX - have)
			too_long = true;
		if (!too_long) {
			memcpy(f->line + have, from, part);
			have += part;
		}
		f->at += part + (end != NULL);
		if (end)
			break;
	}
	if (!any)
		return 0;
	f->number++;
	if (have > 0 && f->line[have - 1] == '\r')
		have--;
	f->line[have] = '\0';
	*line = too_long ? NULL : f->line;
	*len = have;
	return 1;
}

int64_t archive_file_number(const struct archive_file *f)
{
	return f->number;
}

double archive_file_share(const struct archive_file *f)
{
	double share = f->size > 0 ? (double)f->taken / (double)f->size : 1;

	return share > 1 ? 1 : share;
}
