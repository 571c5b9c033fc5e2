/*
 * fault_socket: what faults do to a TCP connection below the library that owns its descriptor.
 *
 * The descriptor stays valid, but it is that of a socket that is not connected. Any thread.
 */
#pragma once
#include <stdbool.h>

/* The connection is reset: the other end gets RST. */
void fault_socket_reset(int fd);
/* The connection goes on under the descriptor returned, which the caller closes. -1: it could not be
 * taken, and nothing changed. */
int fault_socket_take(int fd);
/* Neither end has closed it; true also if that cannot be told. */
bool fault_socket_stands(int fd);
