#include "fault_socket.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The owner's descriptor no longer holds the connection. */
static void leave(int fd)
{
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (other < 0)
		return;
	dup3(other, fd, O_CLOEXEC);
	close(other);
}

void fault_socket_reset(int fd)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	leave(fd);
}

int fault_socket_take(int fd)
{
	int taken = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (taken >= 0)
		leave(fd);
	return taken;
}

bool fault_socket_stands(int fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	       info.tcpi_state == TCP_ESTABLISHED;
}
