#include "fcgi_cgi.h"
#include "clock.h"
#include "fcgi_env.h"
#include "problem.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *variable(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static void await(const struct fcgi_cgi *cgi, const struct fcgi_park *park, struct answer *a)
{
	const struct fcgi_handler *h = cgi->handler;
	int64_t deadline_us = clock_mono_us() + park->wait_us;
	for (;;) {
		int64_t left_us = deadline_us - clock_mono_us();
		bool over = left_us <= 0 || atomic_load(cgi->stopping);
		atomic_store(cgi->woken, false);
		if (h->resume(h->arg, park->context, over, a) || over)
			break;
		struct pollfd p = {.fd = cgi->wake_fd, .events = POLLIN};
		uint64_t count;
		if (poll(&p, 1, (int)(left_us / MS_US + 1)) > 0 &&
			read(cgi->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
			break;
	}
	h->forget(h->arg, park->context);
}

static int write_all(int fd, const char *data, size_t len, struct err *e)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, "cannot write the answer: %s", strerror(errno));
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int fcgi_cgi_serve(const struct fcgi_cgi *cgi, struct err *e)
{
	const struct fcgi_handler *h = cgi->handler;
	struct fcgi_env env = {.get = variable};
	char path[PATH_SIZE];
	struct request rq;
	struct answer a = {.status = 200, .content_type = "application/json"};
	struct buf out;
	struct fcgi_park park = {0};

	buf_init(&a.body, FCGI_ANSWER_MAX);
	buf_init(&out, FCGI_ANSWER_MAX + 4096);
	fcgi_env_request(&env, cgi->prefix, path, &rq);
	rq.gateway_cgi = true;
	a.more = cors_lines(cgi->cors, rq.origin);
	if (!cors_preflight(cgi->cors, &rq, &a) &&
		h->handle(h->arg, 0, &rq, &a, &park) == HANDLED_PARK)
		await(cgi, &park, &a);
	if (a.body.failed) {
		buf_done(&a.body);
		buf_init(&a.body, FCGI_ANSWER_MAX);
		problem_answer(&a, PROBLEM_INTERNAL, "the answer does not fit into memory");
	}
	answer_print(&a, strcmp(rq.method, "HEAD") == 0, &out);
	int rc = out.failed ? err_set(e, "no memory for the answer")
			    : write_all(STDOUT_FILENO, out.data, out.len, e);
	buf_done(&a.body);
	buf_done(&out);
	return rc;
}
