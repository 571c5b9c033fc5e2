#include "feed_symbols_file.h"
#include "buf.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct feed_symbols_file {
	const char *path;
	int locked; /* descriptor, -1: not to be edited */
	mode_t mode;
	struct buf text;
};

/* The file that the path names now, locked: another edit may have put a new one there while we waited. */
static int open_locked(const char *path, struct err *e)
{
	struct stat ours, now;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return err_set(e, "%s: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX) < 0 || fstat(fd, &ours) < 0) {
			err_set(e, "%s: %s", path, strerror(errno));
			close(fd);
			return -1;
		}
		if (stat(path, &now) == 0 && now.st_ino == ours.st_ino && now.st_dev == ours.st_dev)
			return fd;
		close(fd);
	}
}

static int read_all(struct feed_symbols_file *f, int fd, struct err *e)
{
	char bytes[4096];
	ssize_t len;

	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		buf_add(&f->text, bytes, (size_t)len);
	if (len < 0)
		return err_set(e, "%s: %s", f->path, strerror(errno));
	if (f->text.failed)
		return err_set(e, "%s: more than %d bytes", f->path, FEED_CHOICE_FILE_BYTES_MAX);
	if (f->text.len && memchr(f->text.data, '\0', f->text.len))
		return err_set(e, "%s: a NUL byte", f->path);
	if (f->text.len && f->text.data[f->text.len - 1] != '\n')
		buf_add_char(&f->text, '\n');
	return 0;
}

struct feed_symbols_file *feed_symbols_file_open(const char *path, bool edit, struct err *e)
{
	struct feed_symbols_file *f = calloc(1, sizeof(*f));
	struct stat st;
	int fd = -1, result = 0;

	if (!f) {
		err_set(e, "no memory");
		return NULL;
	}
	f->path = path;
	f->locked = -1;
	f->mode = 0644;
	buf_init(&f->text, FEED_CHOICE_FILE_BYTES_MAX + 1);
	if (edit) {
		fd = f->locked = open_locked(path, e);
		result = fd < 0 ? -1 : 0;
	} else if (*path && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0 && errno != ENOENT) {
		result = err_set(e, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0 && fstat(fd, &st) == 0)
		f->mode = st.st_mode & 0777;
	if (fd >= 0)
		result = read_all(f, fd, e);
	if (fd >= 0 && !edit)
		close(fd);
	if (result == 0)
		return f;
	feed_symbols_file_close(f);
	return NULL;
}

void feed_symbols_file_close(struct feed_symbols_file *f)
{
	if (!f)
		return;
	if (f->locked >= 0)
		close(f->locked);
	buf_done(&f->text);
	free(f);
}

/* The line at `*at`, without its end, and steps behind it. False: there is none. */
static bool next_line(const struct feed_symbols_file *f, size_t *at, const char **line, size_t *len)
{
	if (*at >= f->text.len)
		return false;
	*line = f->text.data + *at;
	*len = strcspn(*line, "\n");
	*at += *len + 1;
	return true;
}

/* 1: an entry; 0: a line that says nothing; -1: a faulty one. */
static int read_line(const char *line, size_t len, struct feed_choice_entry *entry, struct err *e)
{
	char text[FEED_CHOICE_LINE_BYTES];

	if (len >= sizeof(text))
		return err_set(e, "a line of more than %zu bytes", sizeof(text) - 1);
	memcpy(text, line, len);
	text[len] = '\0';
	return feed_choice_line_read(entry, text, e);
}

int feed_symbols_file_add_to(
	const struct feed_symbols_file *f, struct feed_choice *c, struct err *e)
{
	struct feed_choice_entry entry;
	const char *line;
	size_t at = 0, len;

	for (int number = 1; next_line(f, &at, &line, &len); number++) {
		int is_entry = read_line(line, len, &entry, e);
		if (is_entry < 0 || (is_entry && feed_choice_add(c, &entry, e) < 0))
			return err_wrap(e, "line %d", number);
	}
	return 0;
}

void feed_symbols_file_drop(struct feed_symbols_file *f, const struct feed_choice_entry *entry)
{
	struct feed_choice_entry its = {0};
	struct err e;
	const char *line;
	size_t at = 0, len;

	for (size_t first = 0; next_line(f, &at, &line, &len); first = at) {
		if (read_line(line, len, &its, &e) != 1 || its.out != entry->out ||
			strcmp(its.name, entry->name) != 0)
			continue;
		memmove(f->text.data + first, f->text.data + at, f->text.len - at);
		f->text.len -= at - first;
		f->text.data[f->text.len] = '\0';
		at = first;
	}
}

int feed_symbols_file_append(
	struct feed_symbols_file *f, const struct feed_choice_entry *entry, struct err *e)
{
	buf_printf(&f->text, "%s%s\n", entry->out ? "-" : "", entry->name);
	return f->text.failed ? err_set(e, "%s: it would be too long", f->path) : 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t written = write(fd, bytes, len);
		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			bytes += written;
			len -= (size_t)written;
		}
	}
	return fsync(fd);
}

/* What is renamed is durable only once its folder is. */
static void sync_folder(const char *path)
{
	char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash) {
		slash[slash == folder ? 1 : 0] = '\0';
		int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0) {
			(void)!fsync(fd);
			close(fd);
		}
	}
	free(folder);
}

int feed_symbols_file_write(struct feed_symbols_file *f, struct err *e)
{
	char *temporary = NULL;
	int fd = -1, result = -1;

	if (asprintf(&temporary, "%s.XXXXXX", f->path) < 0)
		return err_set(e, "no memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		err_set(e, "%s: %s", temporary, strerror(errno));
	} else if (fchmod(fd, f->mode) < 0 || write_all(fd, f->text.data, f->text.len) < 0 ||
		   rename(temporary, f->path) < 0) {
		err_set(e, "%s: %s", f->path, strerror(errno));
		unlink(temporary);
	} else {
		sync_folder(f->path);
		result = 0;
	}
	if (fd >= 0)
		close(fd);
	free(temporary);
	return result;
}
