#include "fcgi_pool.h"
#include "fcgi_reader.h"
#include "log.h"
#include "metrics.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(requests, "pricegraph_fcgi_requests_total", "FastCGI requests read");
METRIC_COUNTER(
	unread, "pricegraph_fcgi_unread_total", "connections closed because no whole request came");

struct worker {
	struct fcgi_pool *pool;
	int index;
	pthread_t thread;
	bool started;
	struct fcgi_reader *reader;
	struct answer answer;
	struct buf http, block;
};

struct fcgi_pool {
	struct fcgi_pool_owner owner;
	pthread_mutex_t lock; /* guards first, last, stopping */
	pthread_cond_t some;
	struct conn *first, *last;
	bool stopping;
	int workers;
	struct worker *worker;
};

/* NULL: the pool ends. */
static struct conn *take(struct fcgi_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->first == NULL && !p->stopping)
		pthread_cond_wait(&p->some, &p->lock);
	struct conn *c = p->stopping ? NULL : p->first;
	if (c != NULL) {
		p->first = c->queue_next;
		if (p->first == NULL)
			p->last = NULL;
		c->queue_next = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

static void answer_reset(struct answer *a)
{
	a->status = 200;
	a->content_type = "application/json";
	a->etag[0] = '\0';
	a->headers[0] = '\0';
	fcgi_conn_empty(&a->body);
}

static void serve(struct worker *w, struct conn *c)
{
	const struct fcgi_handler *h = w->pool->owner.handler;
	struct fcgi_read in;
	if (fcgi_reader_read(w->reader, c->fd, &in) != 0) {
		metric_add(&unread, 1);
		c->fd = -1;
		c->state = CONN_DEAD;
		return;
	}
	metric_add(&requests, 1);
	c->request_id = in.request_id;
	c->keep = in.keep;
	c->head_only = strcmp(in.rq.method, "HEAD") == 0;
	answer_reset(&w->answer);
	switch (h->handle(h->arg, w->index, &in.rq, &w->answer, &c->park)) {
	case HANDLED_ANSWER:
		fcgi_reader_release(w->reader);
		fcgi_conn_answer(c, &w->answer, &w->http, &w->block);
		break;
	case HANDLED_PARK:
		fcgi_reader_release(w->reader);
		c->state = CONN_PARKED;
		break;
	}
}

static void *run(void *arg)
{
	struct worker *w = arg;
	log_thread_name("fcgi");
	for (;;) {
		struct conn *c = take(w->pool);
		if (c == NULL)
			return NULL;
		serve(w, c);
		w->pool->owner.done(w->pool->owner.arg, c);
	}
}

static int start_worker(struct fcgi_pool *p, int index, struct err *e)
{
	struct worker *w = &p->worker[index];
	w->pool = p;
	w->index = index;
	buf_init(&w->answer.body, FCGI_ANSWER_MAX);
	buf_init(&w->http, FCGI_ANSWER_MAX + 4096);
	buf_init(&w->block, FCGI_ANSWER_MAX + 65536);
	w->reader = fcgi_reader_new(p->owner.prefix);
	if (w->reader == NULL)
		return err_set(e, "no memory for a worker");
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		return err_set(e, "cannot start worker %d of %d", index + 1, p->workers);
	w->started = true;
	return 0;
}

struct fcgi_pool *fcgi_pool_new(const struct fcgi_pool_owner *owner, int workers, struct err *e)
{
	struct fcgi_pool *p = calloc(1, sizeof(*p));
	if (p == NULL || (p->worker = calloc((size_t)workers, sizeof(*p->worker))) == NULL) {
		err_set(e, "no memory for %d workers", workers);
		free(p);
		return NULL;
	}
	p->owner = *owner;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->some, NULL);
	for (; p->workers < workers; p->workers++) {
		if (start_worker(p, p->workers, e) == 0)
			continue;
		p->workers++;
		fcgi_pool_free(p);
		return NULL;
	}
	return p;
}

void fcgi_pool_give(struct fcgi_pool *p, struct conn *c)
{
	c->queue_next = NULL;
	pthread_mutex_lock(&p->lock);
	if (p->last != NULL)
		p->last->queue_next = c;
	else
		p->first = c;
	p->last = c;
	pthread_cond_signal(&p->some);
	pthread_mutex_unlock(&p->lock);
}

static void free_worker(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	fcgi_reader_free(w->reader);
	buf_done(&w->answer.body);
	buf_done(&w->http);
	buf_done(&w->block);
}

void fcgi_pool_free(struct fcgi_pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->some);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->workers; i++)
		free_worker(&p->worker[i]);
	while (p->first != NULL) {
		struct conn *c = p->first;
		p->first = c->queue_next;
		c->state = CONN_DEAD;
		p->owner.done(p->owner.arg, c);
	}
	pthread_cond_destroy(&p->some);
	pthread_mutex_destroy(&p->lock);
	free(p->worker);
	free(p);
}
