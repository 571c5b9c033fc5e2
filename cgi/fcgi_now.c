#include "fcgi_now.h"
#include "fcgi_env.h"
#include "fcgi_gather.h"
#include "fcgi_peek.h"
#include "metrics.h"
#include <string.h>
#include <sys/socket.h>

METRIC_COUNTER(
	requests, "pricegraph_fcgi_now_total", "FastCGI requests answered at once, from memory");

/* The request's bytes, which were only looked at until now. */
static bool consume(int fd, size_t len)
{
	unsigned char bytes[FCGI_PEEK_BYTES];

	return recv(fd, bytes, len, MSG_DONTWAIT) == (ssize_t)len;
}

static bool lay_out(const struct fcgi_now_server *s, const struct conn *c,
	const struct fcgi_ready *ready, struct fcgi_gather *g)
{
	struct iovec pieces[FCGI_READY_PIECES + 1];
	bool bare = c->head_only || ready->head.status == 304;
	size_t body = 0;
	int count = 1;

	for (int i = 0; i < ready->count; i++)
		body += ready->pieces[i].iov_len;
	fcgi_conn_empty(s->http);
	answer_print_head(&ready->head, body, s->http);
	if (s->http->failed)
		return false;
	pieces[0] = (struct iovec){s->http->data, s->http->len};
	for (int i = 0; i < ready->count && !bare; i++)
		pieces[count++] = ready->pieces[i];
	return fcgi_gather(g, c->request_id, pieces, count) == 0;
}

bool fcgi_now(const struct fcgi_now_server *s, struct conn *c)
{
	unsigned char bytes[FCGI_PEEK_BYTES];
	char path[PATH_SIZE];
	struct fcgi_peek peek;
	struct fcgi_env env = {.get = fcgi_peek_get, .arg = &peek};
	struct request rq;
	struct fcgi_ready ready;
	struct fcgi_gather g;
	bool done;
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (n <= 0 || fcgi_peek_parse(&peek, bytes, (size_t)n) != 0)
		return false;
	fcgi_env_request(&env, s->prefix, path, &rq);
	if (!s->handler->now(s->handler->arg, &rq, &ready))
		return false;
	ready.head.more = cors_lines(s->cors, rq.origin);
	c->request_id = peek.request_id;
	c->keep = peek.keep;
	c->head_only = strcmp(rq.method, "HEAD") == 0;
	done = lay_out(s, c, &ready, &g);
	if (done && consume(c->fd, peek.len)) {
		metric_add(&requests, 1);
		fcgi_conn_send(c, g.v, g.count, g.len);
	} else if (done) {
		c->state = CONN_DEAD;
	}
	s->handler->now_done(s->handler->arg, &ready);
	return done;
}
