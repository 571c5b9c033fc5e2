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
static ssize_t send_some(int fd, const char *data, size_t len)
{
	for (;;) {
		ssize_t n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
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

static void send_block(struct conn *c, const struct buf *block)
{
	ssize_t n = send_some(c->fd, block->data, block->len);
	if (n < 0) {
		c->state = CONN_DEAD;
	} else if ((size_t)n == block->len) {
		all_sent(c);
	} else {
		size_t rest = block->len - (size_t)n;
		c->out = malloc(rest);
		if (c->out == NULL) {
			c->state = CONN_DEAD;
			return;
		}
		memcpy(c->out, block->data + n, rest);
		c->out_len = rest;
		c->out_sent = 0;
		c->state = CONN_WRITING;
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
		struct answer sorry = {0};
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
		send_block(c, block);
}

void fcgi_conn_write(struct conn *c)
{
	ssize_t n = send_some(c->fd, c->out + c->out_sent, c->out_len - c->out_sent);
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
