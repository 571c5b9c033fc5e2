#include "fcgi_reader.h"
#include "fcgi_env.h"
#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MAX                                                                                   \
	(256 * 1024) /* bytes of a request's body that are read away; the methods we serve have none */

struct fcgi_reader {
	FCGX_Request request;
	const char *prefix;
	char path[PATH_SIZE];
};

/* libfcgi puts handlers of its own on these where there are none: they would swallow a SIGTERM that comes before ours. */
static const int taken_signals[] = {SIGTERM, SIGUSR1, SIGPIPE};
#define TAKEN (sizeof(taken_signals) / sizeof(taken_signals[0]))

int fcgi_reader_start(struct err *e)
{
	struct sigaction before[TAKEN];
	sigset_t hold, mask;
	sigemptyset(&hold);
	for (size_t i = 0; i < TAKEN; i++) {
		sigaddset(&hold, taken_signals[i]);
		sigaction(taken_signals[i], NULL, &before[i]);
	}
	pthread_sigmask(SIG_BLOCK, &hold, &mask);
	/* Else libfcgi waits up to 2 s for the peer whenever it closes a connection, on a worker. */
	int failed = setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 0) != 0 || FCGX_Init() != 0;
	for (size_t i = 0; i < TAKEN; i++)
		sigaction(taken_signals[i], &before[i], NULL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return failed ? err_set(e, "cannot initialise libfcgi") : 0;
}

struct fcgi_reader *fcgi_reader_new(const char *prefix)
{
	struct fcgi_reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->prefix = prefix;
	FCGX_InitRequest(&r->request, -1, 0);
	r->request.ipcFd = -1;
	return r;
}

void fcgi_reader_free(struct fcgi_reader *r)
{
	if (r == NULL)
		return;
	fcgi_reader_release(r);
	free(r);
}

static const char *variable(void *arg, const char *name)
{
	return FCGX_GetParam(name, arg);
}

/* Reads to the end of the body: what stayed in the socket would look like the next request. */
static int skip_body(FCGX_Stream *in)
{
	char bytes[4096];
	size_t all = 0;
	while (all < BODY_MAX) {
		int n = FCGX_GetStr(bytes, sizeof(bytes), in);
		all += (size_t)n;
		if (n < (int)sizeof(bytes))
			return FCGX_GetError(in) == 0 ? 0 : -1;
	}
	return -1;
}

int fcgi_reader_read(struct fcgi_reader *r, int fd, struct fcgi_read *out)
{
	FCGX_Request *q = &r->request;
	q->ipcFd = fd;
	q->keepConnection = 1; /* else libfcgi would close it as the end of a request before */
	q->listen_sock = -1;   /* after a failed read libfcgi shall not accept by itself */
	if (FCGX_Accept_r(q) != 0) {
		q->ipcFd = -1;
		return -1;
	}
	if (skip_body(q->in) != 0) {
		fcgi_reader_release(r);
		close(fd);
		return -1;
	}
	struct fcgi_env env = {.get = variable, .arg = q->envp};
	fcgi_env_request(&env, r->prefix, r->path, &out->rq);
	out->request_id = (uint16_t)q->requestId;
	out->keep = q->keepConnection != 0;
	return 0;
}

void fcgi_reader_release(struct fcgi_reader *r)
{
	FCGX_Free(&r->request, 0);
	r->request.ipcFd = -1;
}
