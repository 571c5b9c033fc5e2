#include "log_sink.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

void log_sink_open_stderr(struct log_sink *s)
{
	*s = (struct log_sink){.journald = getenv("JOURNAL_STREAM") != NULL};
	s->fd = open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0) {
		/* A socket, or a pipe of another user. */
		s->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		s->by_poll = true;
	}
}

int log_sink_open_file(struct log_sink *s, const char *path, struct err *e)
{
	int fd = open(path, FILE_FLAGS, 0640);

	if (fd < 0)
		return err_set(e, "cannot open log file '%s': %s", path, strerror(errno));
	*s = (struct log_sink){.fd = fd, .path = path};
	return 0;
}

void log_sink_close(struct log_sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void log_sink_reopen(struct log_sink *s)
{
	int fd = s->path ? open(s->path, FILE_FLAGS, 0640) : -1;

	if (fd < 0)
		return;
	log_sink_close(s);
	s->fd = fd;
	s->rest_len = 0;
}

static bool is_ready(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, wait_ms) > 0;
}

/* One attempt. The bytes taken; -1: not now, or never. */
static ssize_t put(struct log_sink *s, const char *bytes, size_t len)
{
	ssize_t n;

	if (s->by_poll) {
		n = send(s->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0 || errno != ENOTSOCK)
			return n;
		if (!is_ready(s->fd, 0))
			return -1;
	}
	do
		n = write(s->fd, bytes, len);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Writes all of it or nothing; what is left of a part is kept for the next time. */
static bool put_whole(struct log_sink *s, const char *bytes, size_t len)
{
	ssize_t n = put(s, bytes, len);

	if (n < 0 && (errno == EAGAIN || s->by_poll) && !s->stuck &&
		is_ready(s->fd, LOG_SINK_GRACE_MS))
		n = put(s, bytes, len);
	if (n < 0) {
		s->stuck = true;
		return false;
	}
	if ((size_t)n < len && len - (size_t)n <= sizeof(s->rest)) {
		s->rest_len = len - (size_t)n;
		memmove(s->rest, bytes + n, s->rest_len);
	}
	s->stuck = s->rest_len > 0;
	return true;
}

static bool put_rest(struct log_sink *s)
{
	size_t len = s->rest_len;

	if (!len)
		return true;
	s->rest_len = 0;
	if (put_whole(s, s->rest, len))
		return s->rest_len == 0;
	s->rest_len = len;
	return false;
}

bool log_sink_write(struct log_sink *s, const char *line, size_t len)
{
	if (s->fd >= 0 && put_rest(s) && put_whole(s, line, len))
		return true;
	s->dropped++;
	return false;
}
