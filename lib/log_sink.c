#include "log_sink.h"
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

void log_sink_open_stderr(struct log_sink *s)
{
	*s = (struct log_sink){
		.name = "stderr", .form = getenv("JOURNAL_STREAM") ? LOG_JOURNALD : LOG_PLAIN};
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
	*s = (struct log_sink){.name = "file", .fd = fd, .path = path};
	return 0;
}

int log_sink_open_syslog(struct log_sink *s, const char *path, enum log_form form, struct err *e)
{
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return err_set(e, "the path of syslog's socket '%s' is too long", path);
	*s = (struct log_sink){
		.name = "syslog", .fd = -1, .path = path, .form = form, .is_syslog = true};
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
	int fd;

	if (s->is_syslog) {
		log_sink_close(s);
		s->retry_at_us = 0;
		s->rest_len = 0;
	}
	if (s->is_syslog || !s->path)
		return;
	fd = open(s->path, FILE_FLAGS, 0640);
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

/* -1: nobody listens. Never waits: a full backlog is a refusal, too. */
static int connect_as(const char *path, int type)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int saved;

	if (fd < 0)
		return -1;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static bool is_connected(struct log_sink *s)
{
	int64_t now_us = clock_mono_us();

	if (s->fd >= 0)
		return true;
	if (now_us < s->retry_at_us)
		return false;
	s->retry_at_us = now_us + SECOND_US;
	s->rest_len = 0;
	s->fd = connect_as(s->path, SOCK_DGRAM);
	s->is_stream = s->fd < 0 && errno == EPROTOTYPE;
	if (s->is_stream)
		s->fd = connect_as(s->path, SOCK_STREAM);
	return s->fd >= 0;
}

/* A datagram is a line without its end. Where the server has gone it is looked for once more. */
static ssize_t put_syslog(struct log_sink *s, const char *bytes, size_t len)
{
	for (int attempt = 0; attempt < 2 && is_connected(s); attempt++) {
		ssize_t n = send(
			s->fd, bytes, s->is_stream ? len : len - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			return s->is_stream ? n : (ssize_t)len;
		if (errno == EAGAIN || errno == ENOBUFS)
			return -1;
		log_sink_close(s);
	}
	errno = ENOTCONN;
	return -1;
}

/* One attempt. The bytes taken; -1: not now, or never. */
static ssize_t put(struct log_sink *s, const char *bytes, size_t len)
{
	ssize_t n;

	if (s->is_syslog)
		return put_syslog(s, bytes, len);
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
	if ((s->fd >= 0 || s->is_syslog) && put_rest(s) && put_whole(s, line, len))
		return true;
	s->dropped++;
	return false;
}
