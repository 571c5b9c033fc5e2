#include "pg_wait.h"
#include "clock.h"
#include <errno.h>
#include <poll.h>

#define LOOK_US (20 * MS_US) /* how often at the flag */

bool pg_limit_is_set(const struct pg_limit *l)
{
	return l->deadline_us != 0 || l->give_up != NULL;
}

static bool is_met(const struct pg_limit *l, int64_t now_us)
{
	return (l->deadline_us != 0 && now_us >= l->deadline_us) ||
	       (l->give_up != NULL && atomic_load(l->give_up));
}

static int next_look_ms(const struct pg_limit *l, int64_t now_us)
{
	int64_t left_us = l->give_up != NULL ? LOOK_US : INT32_MAX * MS_US;

	if (l->deadline_us != 0 && l->deadline_us - now_us < left_us)
		left_us = l->deadline_us - now_us;
	return (int)((left_us + MS_US - 1) / MS_US);
}

/* Until one of the events; -1: the limit was met. An error of the socket is left to libpq to find. */
static int await(const struct pg_limit *l, int fd, short events)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int64_t now_us = clock_mono_us();
		int n;

		if (is_met(l, now_us))
			return -1;
		n = poll(&p, 1, next_look_ms(l, now_us));
		if (n > 0 || (n < 0 && errno != EINTR))
			return 0;
	}
}

PGconn *pg_wait_connect(
	const struct pg_limit *l, const char *const *names, const char *const *values, bool *late)
{
	PGconn *conn = PQconnectStartParams(names, values, 1);
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	*late = false;
	if (conn == NULL || PQstatus(conn) == CONNECTION_BAD)
		return conn;
	while (next == PGRES_POLLING_WRITING || next == PGRES_POLLING_READING) {
		if (await(l, PQsocket(conn), next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN) !=
			0) {
			*late = true;
			break;
		}
		next = PQconnectPoll(conn);
	}
	return conn;
}

int pg_wait_result(const struct pg_limit *l, PGconn *conn)
{
	int unsent = PQflush(conn);

	while (unsent > 0 || PQisBusy(conn)) {
		if (await(l, PQsocket(conn), (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN)) != 0)
			return -1;
		if (PQconsumeInput(conn) == 0)
			return 0;
		if (unsent > 0)
			unsent = PQflush(conn);
	}
	return 0;
}
