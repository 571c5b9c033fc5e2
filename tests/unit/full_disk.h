/* A disk that has no room: while `disk_full`, pwrite() of the program fails. One file of a program includes it. */
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool disk_full;

/* In place of the C library's. */
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (disk_full) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, bytes, len, at);
}
