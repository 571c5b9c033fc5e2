#include "feed_attempts_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE 64 /* divides a sector */
#define FILE_BYTES ((size_t)FEED_ATTEMPTS_MAX * LINE)

int feed_attempts_file_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
	struct stat st;

	if (fd < 0)
		return err_set(e, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, "'%s' is no file", path);
	}
	return fd;
}

enum feed_attempts_lock feed_attempts_file_lock(int fd, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return FEED_ATTEMPTS_LOCKED;
	if (errno == EWOULDBLOCK || errno == EINTR)
		return FEED_ATTEMPTS_BUSY;
	err_set(e, "cannot lock: %s", strerror(errno));
	return FEED_ATTEMPTS_NO_LOCK;
}

void feed_attempts_file_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

/* Digits and the blank or the end behind them. */
static bool read_time(const char **at, int64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoll(*at, &end, 10);
	if (errno || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

/* Whether nothing is from `at` on; what a power cut left of a file that was just made are zeros. */
static bool is_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\0'))
		at++;
	return at == end;
}

static int64_t age_of(const struct feed_attempts_now *then, const struct feed_attempts_now *now)
{
	int64_t wall_us = now->wall_us - then->wall_us;

	if (then->boot_us <= now->boot_us)
		return now->boot_us - then->boot_us;
	return wall_us > now->boot_us ? wall_us : now->boot_us;
}

static int read_line(const char *line, const struct feed_attempts_now *now, int64_t *age_us)
{
	char text[LINE + 1];
	const char *at = text;
	struct feed_attempts_now then;

	memcpy(text, line, LINE);
	text[LINE] = '\0';
	*age_us = INT64_MAX;
	if (text[LINE - 1] != '\n' && text[LINE - 1] != '\0')
		return -1;
	if (is_blank(text, text + LINE - 1))
		return 0;
	if (!read_time(&at, &then.boot_us) || !read_time(&at, &then.wall_us) ||
		!is_blank(at, text + LINE - 1))
		return -1;
	*age_us = age_of(&then, now);
	return 0;
}

static int write_at(int fd, const char *bytes, size_t len, size_t at, struct err *e)
{
	ssize_t n = pwrite(fd, bytes, len, (off_t)at);

	if (n < 0)
		return err_set(e, "cannot write: %s", strerror(errno));
	return (size_t)n == len ? 0 : err_set(e, "cannot write all of it");
}

int feed_attempts_file_read(int fd, const struct feed_attempts_now *now,
	int64_t age_us[FEED_ATTEMPTS_MAX], struct err *e)
{
	char bytes[FILE_BYTES + 1]; /* one more than it may have */
	int64_t ages[FEED_ATTEMPTS_MAX];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n < 0)
		return err_set(e, "cannot read: %s", strerror(errno));
	if ((size_t)n > FILE_BYTES)
		return err_set(
			e, "damaged, or no file of attempts: more than %zu bytes", FILE_BYTES);
	/* New, or whoever made it was killed. */
	size_t given = (size_t)n;
	for (size_t i = given; i < FILE_BYTES; i++)
		bytes[i] = i % LINE == LINE - 1 ? '\n' : ' ';
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		if (read_line(bytes + (size_t)i * LINE, now, &ages[i]) < 0)
			return err_set(e, "damaged, or no file of attempts: line %d", i + 1);
	if (given < FILE_BYTES && write_at(fd, bytes + given, FILE_BYTES - given, given, e) < 0)
		return -1;
	memcpy(age_us, ages, sizeof(ages));
	return 0;
}

int feed_attempts_file_write(int fd, int slot, const struct feed_attempts_now *now, struct err *e)
{
	char line[LINE];

	memset(line, ' ', sizeof(line));
	int n = snprintf(
		line, sizeof(line), "%lld %lld", (long long)now->boot_us, (long long)now->wall_us);
	line[n] = ' ';
	line[LINE - 1] = '\n';
	return write_at(fd, line, LINE, (size_t)slot * LINE, e);
}
