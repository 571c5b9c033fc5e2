#include "fcgi_conn.h"
#include "fcgi_block.h"
#include "problem.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCRATCH_KEPT (1 << 20)

struct conn *fcgi_conn_new(int fd)
{
	struct conn *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	return c;
}

void fcgi_conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	free(c);
}

/* Bytes taken by the peer now, 0 if it takes none, -1 if it is gone. */
static ssize_t send_some(int fd, const struct iovec *v, int count)
{
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = (size_t)count};
	for (;;) {
		ssize_t n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			return n;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return -1;
	}
}

static void all_sent(struct conn *c)
{
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_sent = 0;
	c->state = c->keep ? CONN_IDLE : CONN_DEAD;
}

/* What stands behind the first `sent` bytes, in memory of its own; NULL: no memory. */
static char *copy_rest(const struct iovec *v, int count, size_t sent, size_t rest)
{
	char *out = malloc(rest), *to = out;
	for (int i = 0; i < count && out != NULL; i++) {
		size_t skip = sent < v[i].iov_len ? sent : v[i].iov_len;
		memcpy(to, (const char *)v[i].iov_base + skip, v[i].iov_len - skip);
		to += v[i].iov_len - skip;
		sent -= skip;
	}
	return out;
}

void fcgi_conn_send(struct conn *c, const struct iovec *v, int count, size_t len)
{
	ssize_t n = send_some(c->fd, v, count);
	if (n < 0) {
		c->state = CONN_DEAD;
	} else if ((size_t)n == len) {
		all_sent(c);
	} else {
		c->out_len = len - (size_t)n;
		c->out_sent = 0;
		c->out = copy_rest(v, count, (size_t)n, c->out_len);
		c->state = c->out == NULL ? CONN_DEAD : CONN_WRITING;
	}
}

void fcgi_conn_empty(struct buf *b)
{
	size_t max_bytes = b->max_bytes;
	buf_reset(b);
	if (b->room <= SCRATCH_KEPT)
		return;
	buf_done(b);
	buf_init(b, max_bytes);
}

void fcgi_conn_answer(struct conn *c, const struct answer *a, struct buf *http, struct buf *block)
{
	fcgi_conn_empty(http);
	fcgi_conn_empty(block);
	if (a->body.failed) {
		struct answer sorry = {.more = a->more};
		buf_init(&sorry.body, 4096);
		problem_answer(&sorry, PROBLEM_INTERNAL, "the answer does not fit into memory");
		answer_print(&sorry, c->head_only, http);
		buf_done(&sorry.body);
	} else {
		answer_print(a, c->head_only, http);
	}
	fcgi_block_add(block, c->request_id, http->data, http->len);
	if (http->failed || block->failed)
		c->state = CONN_DEAD;
	else
		fcgi_conn_send(c, &(struct iovec){block->data, block->len}, 1, block->len);
}

void fcgi_conn_write(struct conn *c)
{
	struct iovec rest = {c->out + c->out_sent, c->out_len - c->out_sent};
	ssize_t n = send_some(c->fd, &rest, 1);
	if (n < 0) {
		c->state = CONN_DEAD;
		return;
	}
	c->out_sent += (size_t)n;
	if (c->out_sent == c->out_len)
		all_sent(c);
}

void fcgi_conn_list_add(struct conn_list *l, struct conn *c)
{
	c->prev = NULL;
	c->next = l->first;
	if (l->first != NULL)
		l->first->prev = c;
	l->first = c;
	l->count++;
}

void fcgi_conn_list_remove(struct conn_list *l, struct conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		l->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->prev = c->next = NULL;
	l->count--;
}
