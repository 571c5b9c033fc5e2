#include "fcgi_accept.h"
#include "clock.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DESCRIPTORS_RESERVED 64 /* of Kafka or PostgreSQL, log files, epoll */
#define READ_TIMEOUT_S 2
#define PAUSE_US (100 * MS_US)

bool fcgi_accept_is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on != 0;
}

int fcgi_accept_init(struct fcgi_accept *a, int epoll_fd, int listen_fd, struct err *e)
{
	struct rlimit limit;
	int flags = fcntl(listen_fd, F_GETFL);
	if (flags < 0 || fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_set(e, "cannot prepare the listening socket: %s", strerror(errno));
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_set(e, "cannot read the limit of descriptors: %s", strerror(errno));
	*a = (struct fcgi_accept){.epoll_fd = epoll_fd, .listen_fd = listen_fd, .conns_max = 1};
	if (limit.rlim_cur > DESCRIPTORS_RESERVED)
		a->conns_max = (size_t)limit.rlim_cur - DESCRIPTORS_RESERVED;
	return 0;
}

int fcgi_accept_watch(struct fcgi_accept *a, bool on, struct err *e)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	a->again_us = 0;
	if (a->watching == on)
		return 0;
	if (epoll_ctl(a->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, a->listen_fd, &ev) != 0)
		return err_set(e, "cannot watch the listening socket: %s", strerror(errno));
	a->watching = on;
	return 0;
}

int fcgi_accept_tick(struct fcgi_accept *a, int64_t now_us, struct err *e)
{
	if (a->again_us == 0 || now_us < a->again_us)
		return 0;
	return fcgi_accept_watch(a, true, e);
}

static int pause_watching(struct fcgi_accept *a, size_t conns, const char *reason, struct err *e)
{
	log_warn("fcgi_accept_paused", "connections=%zu reason=\"%s\"", conns, reason);
	if (fcgi_accept_watch(a, false, e) != 0)
		return -1;
	a->again_us = clock_mono_us() + PAUSE_US;
	return 0;
}

int fcgi_accept_next(struct fcgi_accept *a, size_t conns, int *fd, struct err *e)
{
	struct timeval silence = {.tv_sec = READ_TIMEOUT_S};
	if (conns >= a->conns_max)
		return pause_watching(a, conns, "limit of descriptors", e);
	for (;;) {
		int got = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (got >= 0 &&
			setsockopt(got, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence)) == 0) {
			*fd = got;
			return 1;
		}
		if (got >= 0)
			close(got);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			return pause_watching(a, conns, strerror(errno), e);
		else if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO)
			return err_set(e, "cannot accept connections: %s", strerror(errno));
	}
}
